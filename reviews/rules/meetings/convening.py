"""Planning, notice and quorum at the opening (rulebook, art. 11; CRPA R133-8, R133-10)."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from fund.enums import CallState
from fund.rules.common import when
from reviews import voting
from reviews.enums.meeting import (
    ITEM_OPEN,
    AgendaItemState,
    MeetingState,
)
from reviews.models.meeting import Meeting
from reviews.queries import meetings as queries
from reviews.rules import seats
from reviews.rules.meetings.frame import LABELS, lacks, meeting_of


def call_is_under_review(act: Act) -> None:
    if act.obj.state in (CallState.DECIDED, CallState.ARCHIVED, CallState.CANCELLED):
        raise Refusal(
            "call_concluded",
            _("This call is cancelled: no meeting is planned on it.")
            if act.obj.state == CallState.CANCELLED
            else _("This call is concluded, its decisions are notified: no more meeting is planned on it."),
            remedy=_("Plan the meeting from a call that is under review."),
            article="art. 15",
            status=409,
        )
    if act.obj.state != "under_review":
        raise Refusal(
            "call_not_under_review",
            _("A meeting is planned once the call is under review."),
            remedy=_("Finish the eligibility of its files and start the review."),
            article="art. 15",
            status=409,
        )


def date_to_come(act: Act) -> None:
    planned = act.get("planned_at")
    if planned is not None and planned <= act.at:
        raise Refusal("date_passed", _("The meeting must be in the future."), field="planned_at", article="art. 15")


def files_are_free(act: Act) -> None:
    """Files put on the agenda are under review in the call and in no other live meeting."""
    wanted = act.get("applications")
    if not wanted:
        return
    obj = act.obj
    call = obj.call if isinstance(obj, Meeting) else obj
    free = {application.pk for application in queries.unscheduled(call)}
    own = (
        set(
            obj.items.filter(state=AgendaItemState.LISTED, application__isnull=False).values_list(
                "application", flat=True
            )
        )
        if isinstance(obj, Meeting)
        else set()
    )
    stray = [application.reference for application in wanted if application.pk not in free | own]
    if stray:
        raise Refusal(
            "file_not_free",
            _("These files are not under review, or another meeting deals with them: %(files)s.")
            % {"files": ", ".join(stray)},
            article="art. 15",
            field="applications",
        )


def panel_is_equal(act: Act) -> None:
    """A panel that is not composed in equality is not convened and opens no meeting."""
    meeting = meeting_of(act.obj)
    panel = queries.panel_of(meeting)
    if panel is not None:
        seats.colleges_sit_equal(panel, act.at)


def agenda_is_set(act: Act) -> None:
    meeting = meeting_of(act.obj)
    if act.get("applications") or act.get("titles"):
        return
    if not meeting.items.filter(state__in=(*ITEM_OPEN, AgendaItemState.DEFERRED)).exists():
        raise Refusal(
            "agenda_empty",
            _("The agenda has no item."),
            remedy=_("Add the files to deal with."),
            article="art. 15",
            status=409,
        )


def _screen_asks(act: Act) -> bool:
    """A screen that offers to give day and place is not held to what it would replace."""
    moves = meeting_of(act.obj).state == MeetingState.ADJOURNED or act.verb.name == "reschedule"
    return moves and lacks(act, "planned_at")


def _where(act: Act) -> tuple[str, str]:
    """Place and link once the act is done: what it says counts, even when it empties; what it does not say stays."""
    meeting = meeting_of(act.obj)
    place, link = act.get("place"), act.get("remote_link")
    return meeting.place if place is None else place.strip(), meeting.remote_link if link is None else link.strip()


def place_is_given(act: Act) -> None:
    if not _screen_asks(act) and not any(_where(act)):
        raise Refusal(
            "place_missing",
            _("Say where the panel meets, or give the link to take part remotely."),
            field="place",
            article="art. 15",
        )


def something_moves(act: Act) -> None:
    """Nobody is convened anew for what he knows already."""
    meeting = act.obj
    if act.get("planned_at") == meeting.planned_at and _where(act) == (meeting.place, meeting.remote_link):
        raise Refusal(
            "nothing_changes",
            _("Day, place and link are those of the notice already sent."),
            remedy=_("Change one of them, or leave the notice as it is."),
            field="planned_at",
        )


def notice_in_time(act: Act) -> None:
    """Five days at least between the notice and the meeting, or an urgency with its reason (R133-8)."""
    meeting = meeting_of(act.obj)
    if _screen_asks(act):
        return
    planned = act.get("planned_at") or meeting.planned_at
    if planned <= act.at:
        raise Refusal("date_passed", _("The meeting must be in the future."), field="planned_at", article="art. 15")
    days = meeting.rules["notice_days_min"]
    first = timezone.localdate(act.at) + timedelta(days=days)
    said = meeting.urgency_reason if meeting.state == MeetingState.PLANNED else ""
    if timezone.localdate(planned) < first and not (act.get("urgency_reason") or said).strip():
        raise Refusal(
            "notice_too_short",
            _("Notice must go out at least %(days)s days before the meeting.") % {"days": days},
            remedy=_("Choose a date from %(day)s, or give the reason for the urgency.")
            % {"day": date_format(first, "j F Y")},
            article="art. 15",
            field="urgency_reason",
            status=409,
        )


def same_agenda_on_second_notice(act: Act) -> None:
    if meeting_of(act.obj).second_notice:
        raise Refusal(
            "same_agenda",
            _("This meeting is held on a second notice: its agenda cannot change."),
            remedy=_("Plan another meeting for anything else."),
            article="art. 15",
            status=409,
        )


def date_given(act: Act) -> None:
    if not act.preview and act.get("planned_at") is None:
        raise Refusal("date_missing", _("Give the date and time of the meeting."), field="planned_at")


def quorum_words(found: voting.Quorum) -> str:
    civil, state = (found.colleges[name] for name in LABELS)
    return _(
        "Quorum not met: civil society %(civil)s of %(civil_base)s (%(civil_needed)s needed), State %(state)s of %(state_base)s (%(state_needed)s needed)."
    ) % {
        "civil": civil.present,
        "civil_base": civil.base,
        "civil_needed": civil.needed,
        "state": state.present,
        "state_base": state.base,
        "state_needed": state.needed,
    }


def _quorum_missing(found: voting.Quorum, remedy) -> Refusal:
    return Refusal("quorum_missing", quorum_words(found), remedy=remedy, article="art. 15", status=409)


def time_of_notice_passed(act: Act) -> None:
    meeting = act.obj
    if act.at < meeting.planned_at:
        raise Refusal(
            "too_early",
            _("The meeting is convened for %(instant)s.") % {"instant": when(meeting.planned_at)},
            remedy=_("Open it at that time.")
            if act.verb.name == "open"
            else _("From that hour on, if the quorum is missing, it can be recorded."),
            article="art. 15",
            status=409,
        )


def quorum_at_opening(act: Act) -> None:
    found = queries.room_of(act.obj, act.at).quorum()
    if not found.met:
        raise _quorum_missing(
            found, _("Wait, receive a proxy, or record that the quorum is missing: the second notice needs no quorum.")
        )


def quorum_is_missing(act: Act) -> None:
    if queries.room_of(act.obj, act.at).quorum().met:
        raise Refusal("quorum_met", _("The quorum is met: the meeting can be opened."), article="art. 15", status=409)
