"""Guards of the call: what keeps it from being published, and what may still change afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import format_euros
from core.transitions import Act, Refusal
from fund.models import Call
from fund.models.ledger import EnvelopeState
from fund.rules import content
from fund.rules.common import name_of, when
from fund.rules.envelopes import sits_on_panel

NEEDED_DATES = (
    "opens_at",
    "closes_at",
    "partner_deadline_at",
    "eligibility_by_on",
    "review_opens_on",
    "review_closes_at",
    "meeting_on",
    "notified_by_on",
)
"""The calendar a call shows, up to the notification (article 6)."""
CALENDAR = (
    "opens_at",
    "closes_at",
    "eligibility_by_on",
    "review_opens_on",
    "review_closes_at",
    "meeting_on",
    "notified_by_on",
    "agreements_by_on",
    "projects_end_by_on",
    "reports_by_on",
)
"""The order of the life of a call; a day may equal the one before."""


def label(name: str) -> str:
    return name_of(Call, name)


def day_of(value):
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


def texts_are_written(act: Act) -> None:
    """Title, summary, description and contact are written."""
    for name in ("title", "summary", "description", "contact_email"):
        if not getattr(act.obj, name).strip():
            raise Refusal(
                "content_incomplete",
                _("The call does not say: %(field)s.") % {"field": label(name)},
                remedy=_("Write it, then save."),
                field=name,
                article="art. 6",
            )


def dates_are_given(act: Act) -> None:
    """The calendar is given up to the notification."""
    missing = [name for name in NEEDED_DATES if not getattr(act.obj, name)]
    if missing:
        raise Refusal(
            "content_incomplete",
            _("The calendar lacks: %(fields)s.") % {"fields": ", ".join(map(label, missing))},
            remedy=_("Give these dates, then save."),
            field=missing[0],
            article="art. 6",
        )


def check_order(value: Callable[[str], Any]) -> None:
    """Raises Refusal when a date of the calendar comes before the one that precedes it."""
    opens, closes, partners = value("opens_at"), value("closes_at"), value("partner_deadline_at")
    if opens and closes and opens >= closes:
        raise Refusal("dates_out_of_order", _("Opening must come before closing."), field="closes_at", article="art. 6")
    if closes and partners and partners < closes:
        raise Refusal(
            "dates_out_of_order",
            _("Closing must come before the partner time limit, or at the same instant."),
            field="partner_deadline_at",
            article="art. 6",
        )
    given = [(name, value(name)) for name in CALENDAR if value(name)]
    for (former, before), (name, after) in zip(given, given[1:], strict=False):
        if day_of(before) > day_of(after):
            raise Refusal(
                "dates_out_of_order",
                _("“%(later)s” comes before “%(earlier)s”.") % {"later": label(name), "earlier": label(former)},
                remedy=_("Put the dates in order."),
                field=name,
                article="art. 6",
            )


def dates_are_in_order(act: Act) -> None:
    """Opening, closing, partners, eligibility, reading, meeting, notification follow one another."""
    check_order(lambda name: getattr(act.obj, name))


def open_long_enough(act: Act) -> None:
    """Open at least as long as the rules say, counted from its publication when that comes after the opening."""
    call = act.obj
    if not (call.opens_at and call.closes_at and call.rule_version):
        return
    days = call.rule_version["call_open_min_days"]
    start = max(call.opens_at, act.at)
    if day_of(call.closes_at) < day_of(start) + timedelta(days=days):
        raise Refusal(
            "open_too_short",
            _("A call stays open %(days)s days at least; this one would close on %(closing)s.")
            % {"days": days, "closing": when(call.closes_at)},
            remedy=_("Close it on %(day)s or later.")
            % {"day": date_format(day_of(start) + timedelta(days=days), "j F Y")},
            field="closes_at",
            article="art. 6",
        )


def partners_have_time(act: Act) -> None:
    """Partners may confirm for as long after closing as the rules say."""
    call = act.obj
    if not (call.closes_at and call.partner_deadline_at and call.rule_version):
        return
    days = call.rule_version["partner_deadline_days_after_close"]
    if day_of(call.partner_deadline_at) < day_of(call.closes_at) + timedelta(days=days):
        raise Refusal(
            "partner_deadline_short",
            _("Partners have %(days)s days after closing to confirm.") % {"days": days},
            remedy=_("Set their time limit on %(day)s or later.")
            % {"day": date_format(day_of(call.closes_at) + timedelta(days=days), "j F Y")},
            field="partner_deadline_at",
            article="art. 3",
        )


def told_in_time(act: Act) -> None:
    """The result of the eligibility check and the notification are promised within the days the rules give."""
    call = act.obj
    if not call.rule_version:
        return
    for name, start, parameter, article in (
        ("eligibility_by_on", "closes_at", "eligibility_days", "art. 9"),
        ("notified_by_on", "meeting_on", "notification_days_after_meeting", "art. 18"),
    ):
        since, until, days = getattr(call, start), getattr(call, name), call.rule_version[parameter]
        if since and until and until > (last := day_of(since) + timedelta(days=days)):
            raise Refusal(
                "promised_too_late",
                _("“%(date)s” is more than %(days)s days after “%(start)s”.")
                % {"date": label(name), "days": days, "start": label(start)},
                remedy=_("Set it on %(day)s or earlier.") % {"day": date_format(last, "j F Y")},
                field=name,
                article=article,
            )


def criteria_are_complete(act: Act) -> None:
    """At least one criterion, each with its six anchors."""
    rows = list(act.obj.criteria.all())
    if not rows:
        raise Refusal(
            "criteria_missing",
            _("The call has no criterion."),
            remedy=_("Write at least one, with its weight and its anchors."),
            field="criteria",
            article="art. 6, 14",
        )
    for number, row in enumerate(rows):
        if [anchor.get("score") for anchor in row.anchors] != list(content.SCORES) or not all(
            anchor.get("label") for anchor in row.anchors
        ):
            raise Refusal(
                "anchors_missing",
                _("The criterion “%(label)s” does not say what each score from 0 to 5 means.") % {"label": row.label},
                remedy=_("Write its six anchors."),
                field=f"criteria-{number}-anchors",
                article="art. 14",
            )


def weights_sum(act: Act) -> None:
    """The weights of the criteria add up to 100 %."""
    total = sum(row.weight for row in act.obj.criteria.all())
    if act.obj.criteria.all() and total != 100:
        raise Refusal(
            "weights_not_hundred",
            _("The weights add up to %(total)s; they must be 100%%.") % {"total": total},
            remedy=_("Add %(gap)s.") % {"gap": 100 - total}
            if total < 100
            else _("Take away %(gap)s.") % {"gap": total - 100},
            field="criteria",
            article="art. 6",
        )


def plan_sums(act: Act) -> None:
    """The instalment plan adds up to 100 %."""
    rows = list(act.obj.instalment_lines.all())
    total = sum(row.percent for row in rows)
    if total != 100:
        raise Refusal(
            "plan_not_hundred",
            _("The payments add up to %(total)s%%; they must be 100%%.") % {"total": total},
            remedy=_("Write a plan such as 70% at the signature, 30% when the final report is accepted."),
            field="instalment_lines",
            article="art. 6",
        )


def questions_are_asked(act: Act) -> None:
    """At least one eligibility question."""
    if not act.obj.eligibility_questions.all():
        raise Refusal(
            "questions_missing",
            _("The call asks no eligibility question."),
            remedy=_("Write at least one: it spares people a file that cannot pass."),
            field="eligibility_questions",
            article="art. 6, 9",
        )


def envelope_holds_a_grant(act: Act) -> None:
    """The envelope is open and has at least the ceiling of one grant free."""
    call, envelope = act.obj, act.obj.envelope
    if envelope is None:
        raise Refusal(
            "envelope_missing",
            _("No envelope is chosen."),
            remedy=_("Choose the envelope this call draws on."),
            field="envelope",
            article="art. 4, 6",
            status=409,
        )
    if envelope.state != EnvelopeState.OPEN:
        raise Refusal(
            "envelope_not_open",
            _("This envelope is not open."),
            remedy=_("The authorising officer proposes opening it, a co-president approves."),
            field="envelope",
            article="art. 4",
            status=409,
        )
    if envelope.free_amount < call.ceiling_amount:
        reason = _("The envelope has less free than one project’s ceiling.")
        if not sits_on_panel(act.actor, act.at):
            reason = _("The envelope has only %(free)s free, less than one project’s ceiling.") % {
                "free": format_euros(envelope.free_amount, cents_if_round=False)
            }
        raise Refusal(
            "envelope_below_ceiling",
            reason,
            remedy=_("Raise it before publishing."),
            field="envelope",
            article="art. 4, 6",
            status=409,
        )


def rules_are_in_force(act: Act) -> None:
    """The rules it was written under are those in force."""
    version = act.obj.rule_version
    if version is None:
        raise Refusal(
            "rules_not_in_force",
            _("No version of the rules is in force."),
            remedy=_("The two co-presidents put one in force first."),
            field="rule_version",
            article="art. 30",
            status=409,
        )
    if version.state != "in_force":
        raise Refusal(
            "rules_not_in_force",
            _("The rules have changed since this call was saved (version %(number)s).") % {"number": version.number},
            remedy=_("Read it again and save it: it then follows the rules in force."),
            field="rule_version",
            article="art. 30",
            status=409,
        )


def within_the_rules(act: Act) -> None:
    """Ceiling and length of projects stay within the rules."""
    call = act.obj
    if call.rule_version is None:
        return
    if call.ceiling_amount > call.rule_version["ceiling_amount"]:
        raise Refusal(
            "ceiling_above_rules",
            _("The ceiling is above that of the rules, %(most)s.")
            % {"most": format_euros(call.rule_version["ceiling_amount"], cents_if_round=False)},
            field="ceiling_amount",
            article="art. 4",
        )
    if call.max_duration_months > call.rule_version["project_max_months"]:
        raise Refusal(
            "duration_above_rules",
            _("Projects last %(most)s months at most by the rules.")
            % {"most": call.rule_version["project_max_months"]},
            field="max_duration_months",
            article="art. 5",
        )


PUBLICATION = (
    texts_are_written,
    dates_are_given,
    dates_are_in_order,
    rules_are_in_force,
    open_long_enough,
    partners_have_time,
    told_in_time,
    within_the_rules,
    criteria_are_complete,
    weights_sum,
    plan_sums,
    questions_are_asked,
    envelope_holds_a_grant,
)
PREFLIGHT_LABELS = {
    "texts_are_written": gettext_lazy("The texts are written"),
    "dates_are_given": gettext_lazy("The calendar is given, up to the notification"),
    "dates_are_in_order": gettext_lazy("The dates follow one another"),
    "rules_are_in_force": gettext_lazy("It follows the rules in force"),
    "open_long_enough": gettext_lazy("It stays open long enough"),
    "partners_have_time": gettext_lazy("Partners have time to confirm"),
    "told_in_time": gettext_lazy("Eligibility and decisions are promised in time"),
    "within_the_rules": gettext_lazy("Ceiling and length of projects stay within the rules"),
    "criteria_are_complete": gettext_lazy("Each criterion says what its scores mean"),
    "weights_sum": gettext_lazy("The weights add up to 100%"),
    "plan_sums": gettext_lazy("The payments add up to 100%"),
    "questions_are_asked": gettext_lazy("Eligibility can be checked in a minute"),
    "envelope_holds_a_grant": gettext_lazy("The envelope is open and holds at least one grant"),
}


@dataclass(frozen=True)
class Check:
    """One line of the pre-flight list."""

    label: object
    refusal: Refusal | None

    @property
    def ok(self) -> bool:
        return self.refusal is None


def preflight(verb, call: Call, actor, at: datetime) -> Iterator[Check]:
    """Every guard of the publication with what it says now, so that all that is missing is seen at once."""
    for guard in PUBLICATION:
        try:
            guard(Act(verb, call, actor, at, preview=True))
            yield Check(PREFLIGHT_LABELS[guard.__name__], None)
        except Refusal as refusal:
            yield Check(PREFLIGHT_LABELS[guard.__name__], refusal)
