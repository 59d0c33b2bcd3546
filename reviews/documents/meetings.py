"""The papers of a meeting: notice and record of a missing quorum; the minutes are in `minutes`. French, plain text, frozen in the act that makes them.

The notice is one for all: it names files by their reference alone and gives no sum, so that it tells a recused member nothing (art. 12).
"""

from __future__ import annotations

from django.utils import timezone, translation
from django.utils.formats import date_format

from core import documents, links
from core.documents import register_visibility
from core.models import Document
from fund.enums import College
from fund.models import FundIdentity
from reviews.enums.meeting import AgendaItemState, AttendanceKind
from reviews.models.meeting import AgendaItem, Meeting
from reviews.queries import meetings as queries

COLLEGES = ((str(College.CIVIL_SOCIETY), "Société civile"), (str(College.STATE), "État"))
PRESENCE: dict[str, str] = {
    AttendanceKind.ROOM: "dans la salle",
    AttendanceKind.REMOTE: "à distance",
    AttendanceKind.ALTERNATE: "suppléé",
    AttendanceKind.PROXY: "mandat donné",
    AttendanceKind.ABSENT: "absent",
}


def day_of(value) -> str:
    local = timezone.localtime(value)
    return "1er " + date_format(local, "F Y") if local.day == 1 else date_format(local, "j F Y")


def hour_of(value) -> str:
    local = timezone.localtime(value)
    return f"{local.hour} h {local:%M}"


def instant_of(value) -> str:
    return f"{day_of(value)} à {hour_of(value)}"


def letterhead() -> dict:
    fund = FundIdentity.current()
    return {
        "fund_name": fund.name,
        "fund_legal_name": fund.legal_name or fund.name,
        "fund_address": fund.address,
        "fund_email": fund.email,
        "fund_phone": fund.phone,
        "fund_commune": fund.commune,
    }


def place_of(meeting: Meeting) -> str:
    parts = [meeting.place] if meeting.place else []
    return " et ".join([*parts, f"à distance ({meeting.remote_link})"] if meeting.remote_link else parts)


def co_presidents(meeting: Meeting, at) -> list[dict]:
    found = queries.presidents_of(meeting, at)
    return [
        {
            "college": label,
            "name": str(found[code].user) if code in found else "",
            "title": found[code].title if code in found else "",
        }
        for code, label in COLLEGES
    ]


def subject_of(item: AgendaItem) -> str:
    return f"Dossier {item.application.reference}" if item.application else item.title


# ---- notice and record ----


def freeze_notice(meeting: Meeting, *, at, previous_on=None, moved_from=None) -> Document:
    """The notice as it is sent. `previous_on`: instant at which the sitting that this one resumes was adjourned; its agenda is then what is not settled,
    but for a second notice, whose agenda is the same (CRPA R133-10). `moved_from`: instant for which the notice it replaces was given."""
    with translation.override("fr"):
        over = (
            AgendaItemState.WITHDRAWN,
            *(() if meeting.second_notice or not previous_on else (AgendaItemState.VOTED,)),
        )
        items = meeting.items.exclude(state__in=over).select_related("application").order_by("position")
        rules = meeting.rules
        context = {
            **letterhead(),
            "reference": meeting.reference,
            "call": meeting.call.title,
            "sent_on": day_of(at),
            "day": day_of(meeting.planned_at),
            "hour": hour_of(meeting.planned_at),
            "place": place_of(meeting),
            "second_notice": meeting.second_notice,
            "previous_on": day_of(previous_on) if previous_on else "",
            "moved_from": day_of(moved_from) if moved_from else "",
            "urgency_reason": meeting.urgency_reason,
            "days_min": rules["notice_days_min"],
            "agenda": [{"number": item.position, "title": subject_of(item)} for item in items],
            "files": sum(1 for item in items if item.application_id),
            "rules_number": rules.number,
            "weighted": rules["majority"] == "college_weighted",
            "stays_in_base": rules["quorum_recused"] == "stays_in_base",
            "proxies_max": rules["proxies_max"],
            "reply_url": links.absolute(f"/commission/seances/{meeting.pk}/"),
            "presidents": co_presidents(meeting, at),
        }
        return documents.freeze(
            "meeting_notice",
            owner=meeting,
            subject=meeting.reference,
            title=f"Convocation à la séance du {day_of(meeting.planned_at)}",
            context=context,
            at=at,
        )


def freeze_quorum_record(meeting: Meeting, *, at) -> Document:
    """What was found: who was there, how many were needed, that a second notice follows."""
    with translation.override("fr"):
        room = queries.room_of(meeting, at)
        quorum = room.quorum()
        context = {
            **letterhead(),
            "reference": meeting.reference,
            "call": meeting.call.title,
            "planned_at": instant_of(meeting.planned_at),
            "recorded_at": instant_of(at),
            "place": place_of(meeting),
            "second_notice": meeting.second_notice,
            "members": [
                {
                    "name": str(seat.user),
                    "title": seat.title,
                    "college": dict(COLLEGES)[seat.college],
                    "presence": PRESENCE[room.presence(seat)],
                }
                for seat in room.seats
            ],
            "counts": [
                {
                    "college": label,
                    "present": quorum.colleges[code].present,
                    "base": quorum.colleges[code].base,
                    "needed": quorum.colleges[code].needed,
                }
                for code, label in COLLEGES
            ],
            "present": quorum.overall.present,
            "base": quorum.overall.base,
            "needed": quorum.overall.needed,
        }
        return documents.freeze(
            "quorum_record",
            owner=meeting,
            subject=meeting.reference,
            title="Constat d’absence de quorum",
            context=context,
            at=at,
        )


def _visible(user, document) -> bool:
    """Notice and record: whoever sees the meeting. Minutes: only who is recused from none of its files; the others read their sections on the page."""
    meeting = Meeting.objects.visible_to(user).filter(pk=document.owner_id).first()
    if meeting is None:
        return False
    return document.kind != "minutes" or not queries.closed_files(user, meeting)


register_visibility(Meeting.machine, _visible)
