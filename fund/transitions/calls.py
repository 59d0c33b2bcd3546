"""The call: written by the case officers, published and amended with two keys. What looks at files (closing, review, cancelling) lives higher."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.transitions import Refusal, TwoKey, verb
from fund import notifications
from fund.models import Call, Criterion, EligibilityQuestion, FaqEntry, InstalmentLine, RuleVersion, Theme
from fund.people import case_officer, co_president
from fund.queries import rules_in_force
from fund.rules import call_amendments
from fund.rules import calls as rules
from fund.rules import content as plain
from fund.rules.common import reason_given
from fund.rules.periods import days_later, end_of_day

KEYS = (case_officer, co_president)


def _next_number() -> int:
    """One more than the last; the last row is locked so that two who write at the same time get two numbers."""
    list(Call.objects.select_for_update().order_by("-number")[:1])
    return (Call.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def _write_rows(call: Call, values: dict) -> None:
    """Replace the rows of the kinds given."""
    for name, model, place in (
        ("criteria", Criterion, "position"),
        ("instalment_lines", InstalmentLine, "number"),
        ("eligibility_questions", EligibilityQuestion, "position"),
        ("faq", FaqEntry, "position"),
    ):
        if name in values:
            getattr(call, name).all().delete()
            model.objects.bulk_create(
                model(call=call, **row, **{place: number}) for number, row in enumerate(values[name], 1)
            )
    if "themes" in values:
        call.themes.set(values["themes"])
    for label in values.get("new_themes", ()):
        theme, _made = Theme.objects.get_or_create(code=slugify(label), defaults={"label": label})
        call.themes.add(theme)


def _fill(call: Call, values: dict) -> None:
    """Put what was read on the row: plain facts only; the rules are those in force unless said otherwise."""
    for name, value in values.items():
        if name not in (*Call.CHILDREN, "themes", "new_themes"):
            setattr(call, name, value)
    if "rule_version" not in values:
        call.rule_version = rules_in_force()
    if call.rule_version:
        _propose_dates(call, call.rule_version)


def _propose_dates(call: Call, rules_of_call: RuleVersion) -> None:
    """Dates left empty follow the ones they depend on, by the days the rules give."""
    for name, start, parameter in (
        ("partner_deadline_at", call.closes_at, "partner_deadline_days_after_close"),
        ("eligibility_by_on", call.closes_at and localdate(call.closes_at), "eligibility_days"),
        ("review_closes_at", call.review_opens_on and end_of_day(call.review_opens_on), "review_days"),
        ("notified_by_on", call.meeting_on, "notification_days_after_meeting"),
    ):
        if start and not getattr(call, name):
            days = rules_of_call[parameter]
            setattr(
                call, name, days_later(start, days) if isinstance(start, datetime) else start + timedelta(days=days)
            )


@verb(
    machine=Call,
    label=_("write a call"),
    who=(case_officer,),
    creates="draft",
    on="content",
    guards=(plain.content_is_sound,),
)
def create(act, content):
    """A new draft from plain content, as `Call.content()` gives it: at least `title` and `slug`. Its number counts the calls ever written."""
    values = plain.read(content)
    call = Call(number=_next_number(), created_by=act.actor)
    _fill(call, values)
    try:
        with transaction.atomic():
            call.save(force_insert=True)
    except IntegrityError as error:
        raise Refusal(
            "version_conflict", _("Someone wrote a call at the same moment."), remedy=_("Try again.")
        ) from error
    _write_rows(call, values)
    act.note(number=call.number, slug=call.slug)
    return call


@verb(machine=Call, label=_("change the draft"), who=(case_officer,), guards=(plain.content_is_sound,))
def edit(act, call, *, content):
    """Change what is given of a draft, leave the rest; lists replace the lists there were."""
    values = plain.read(content)
    _fill(call, values)
    _write_rows(call, values)
    call.edit()
    act.note(version=call.version, fields=sorted(values))


@verb(machine=Call, label=_("discard the draft"), who=(case_officer,), danger=True)
def discard(act, call):
    """A draft nobody outside ever saw is put away; its address stays taken."""
    call.discard(act.at)


@verb(
    machine=Call,
    label=_("publish the call"),
    who=(case_officer,),
    guards=rules.PUBLICATION,
    two_key=TwoKey(
        proposes=(case_officer,),
        approves=KEYS,
        title=lambda call: _("Publish the call “%(title)s”") % {"title": call.title},
    ),
)
def publish(act, call):
    """Criteria, weights, plan, questions, rules and authority are frozen. A call whose opening has passed opens at this instant."""
    call.opens_at = max(call.opens_at, act.at)
    call.publish(call.rule_version["authority"], act.at)
    act.note(number=call.number, rules=call.rule_version.number, authority=call.authority, version=call.version)


@verb(
    machine=Call,
    label=_("amend the call"),
    who=(case_officer,),
    guards=(reason_given, *call_amendments.AMENDMENT),
    mails=("fund/call.changed",),
    two_key=TwoKey(
        proposes=(case_officer,),
        approves=KEYS,
        title=lambda call: _("Amend the call “%(title)s”") % {"title": call.title},
    ),
)
def amend(act, call, *, changes, reason):
    """Texts, and dates that move later. `changes` as `Call.content()` names them; `reason` says what changes to those who have a file under way."""
    act.because(reason)
    values = plain.read(changes)
    former = {name: getattr(call, name) for name in values if name not in Call.CHILDREN}
    call.amend({name: value for name, value in values.items() if name not in Call.CHILDREN})
    _write_rows(call, values)
    act.note(fields=sorted(values), version=call.version)
    notifications.call_changed(
        call,
        reason=reason.strip(),
        later="closes_at" in values and values["closes_at"] != former["closes_at"],
        at=act.at,
    )
