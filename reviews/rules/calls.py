"""Guards of the verbs of a call that look at its files."""

from __future__ import annotations

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from applications.models import Application
from core.transitions import Act, Refusal
from fund.rules.common import when
from reviews.enums.reading import NOT_NOTIFIED, DecisionState
from reviews.models import Decision

OVER = ("lapsed", "ineligible", "selected", "on_reserve", "rejected", "withdrawn", "renounced", "dismissed")


def closing_time_passed(act: Act) -> None:
    call = act.obj
    if act.at < call.closes_at + timedelta(minutes=call.rule_version["closing_grace_minutes"]):
        raise Refusal(
            "too_early",
            _("The call closes on %(instant)s.") % {"instant": when(call.closes_at)},
            article="art. 8",
            status=409,
        )


def no_decision_signed(act: Act) -> None:
    if Decision.objects.filter(
        application__call=act.obj, state__in=(DecisionState.SIGNED, DecisionState.NOTIFIED, DecisionState.REPLACED)
    ).exists():
        raise Refusal(
            "decision_already_signed",
            _("A decision is already signed in this call, so it can no longer be reopened or cancelled."),
            remedy=_("Annul that decision first if it is not notified."),
            article="art. 6",
            status=409,
        )


def no_decision_waits(act: Act) -> None:
    no_decision_signed(act)
    waiting = Decision.objects.filter(application__call=act.obj, state__in=NOT_NOTIFIED).count()
    if waiting:
        raise Refusal(
            "decisions_to_annul",
            ngettext("%(n)s decision waits for a signature.", "%(n)s decisions wait for a signature.", waiting)
            % {"n": waiting},
            remedy=_("Annul them first."),
            article="art. 6",
            status=409,
        )


def new_closing_is_later(act: Act) -> None:
    from django.utils.dateparse import parse_datetime

    if act.preview:
        return
    closes_at = parse_datetime(str(act.get("closes_at") or ""))
    if closes_at is None or closes_at <= act.at:
        raise Refusal(
            "closing_not_later", _("The new closing must be an instant to come."), field="closes_at", article="art. 6"
        )


def everything_is_notified(act: Act) -> None:
    open_files = Application.objects.filter(call=act.obj).exclude(state__in=OVER).exclude(state="draft").count()
    waiting = Decision.objects.filter(application__call=act.obj, state__in=NOT_NOTIFIED).count()
    left = []
    if open_files:
        left.append(
            ngettext(
                "%(n)s application without a notified decision",
                "%(n)s applications without a notified decision",
                open_files,
            )
            % {"n": open_files}
        )
    if waiting:
        left.append(ngettext("%(n)s decision to notify", "%(n)s decisions to notify", waiting) % {"n": waiting})
    if left:
        raise Refusal(
            "call_not_finished",
            _("%(things)s remain before this call can be concluded or archived.") % {"things": ", ".join(left)},
            article="art. 6",
            status=409,
        )


def nothing_to_review(act: Act) -> None:
    if Application.objects.filter(call=act.obj, state__in=("submitted", "information_requested", "eligible")).exists():
        raise Refusal(
            "files_pending",
            _("Applications still await eligibility, or are eligible."),
            remedy=_("Finish them, then start the review."),
            article="art. 9",
            status=409,
        )
