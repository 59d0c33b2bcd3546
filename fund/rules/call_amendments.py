"""Guards of a published call's amendment: texts and dates only, dates move later, what was promised stays."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from fund.models import Call
from fund.rules import content
from fund.rules.calls import check_order, day_of, label
from fund.rules.common import when

AMENDABLE_TEXTS = ("title", "summary", "description", "contact_email", "faq")
AMENDABLE_DATES = (*Call.INSTANTS, *Call.DAYS)


def changes_are_allowed(act: Act) -> None:
    """Texts and dates only: criteria, weights, plan, questions and rules are frozen since publication."""
    if act.preview:
        return
    changes = act.get("changes") or {}
    if not isinstance(changes, dict) or not changes:
        raise Refusal("nothing_changes", _("Nothing would change."), remedy=_("Change a text or move a date later."))
    for name in changes:
        if name not in (*AMENDABLE_TEXTS, *AMENDABLE_DATES):
            raise Refusal(
                "rule_frozen",
                _("This rule is frozen since the call was published: %(field)s.") % {"field": name},
                remedy=_("The change will apply to later calls."),
                field=name,
                article="art. 6, 30",
                status=409,
            )
    content.read(changes)


def amended_texts_stay_written(act: Act) -> None:
    """A text the publication needs is not emptied."""
    if act.preview:
        return
    values = content.read(act.get("changes") or {})
    for name in ("title", "summary", "description", "contact_email"):
        if name in values and not values[name]:
            raise Refusal(
                "content_incomplete",
                _("The call does not say: %(field)s.") % {"field": label(name)},
                field=name,
                article="art. 6",
            )


def dates_move_later(act: Act) -> None:
    """A published date moves later, never earlier; a passed opening or closing does not move."""
    if act.preview:
        return
    call, values = act.obj, content.read(act.get("changes") or {})
    for name in AMENDABLE_DATES:
        if name not in values or values[name] == getattr(call, name):
            continue
        former, new = getattr(call, name), values[name]
        if former is None and new is not None:
            continue
        if new is None or new < former:
            raise Refusal(
                "date_moved_earlier",
                _("A published date can be moved later, never earlier: %(field)s.") % {"field": label(name)},
                field=name,
                article="art. 6",
            )
        if name == "opens_at" and act.at >= former:
            raise Refusal(
                "already_open",
                _("The call has been open since %(instant)s: its opening no longer moves.") % {"instant": when(former)},
                field=name,
                article="art. 6",
                status=409,
            )
        if name == "closes_at" and act.at >= former:
            raise Refusal(
                "deadline_passed",
                _("The call closed on %(closed)s.") % {"closed": when(former)},
                remedy=_("After an outage, a closed call can be reopened."),
                field=name,
                article="art. 6, 8",
                status=409,
            )


def amended_dates_are_in_order(act: Act) -> None:
    """The dates still follow one another, and partners still have their time."""
    if act.preview:
        return
    call, values = act.obj, content.read(act.get("changes") or {})
    if set(values) & set(AMENDABLE_DATES):
        check_order(lambda name: values[name] if name in values else getattr(call, name))
        closes, partners = (values.get(name) or getattr(call, name) for name in ("closes_at", "partner_deadline_at"))
        days = call.rule_version["partner_deadline_days_after_close"]
        if "closes_at" in values and day_of(partners) < day_of(closes) + timedelta(days=days):
            raise Refusal(
                "partner_deadline_short",
                _("Partners have %(days)s days after closing to confirm.") % {"days": days},
                remedy=_("Move their time limit too."),
                field="partner_deadline_at",
                article="art. 3",
            )


AMENDMENT = (changes_are_allowed, amended_texts_stay_written, dates_move_later, amended_dates_are_in_order)
