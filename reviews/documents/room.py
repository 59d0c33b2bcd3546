"""What the minutes say of the room on one item: settled without debate, taken out, who stood in for a president, signed dissents."""

from __future__ import annotations

from django.utils import timezone

from fund.enums import College
from reviews.models.meeting import ActingPresident, AgendaItem, ClearPoint, Dissent, Meeting
from reviews.queries import meetings as queries

COLLEGES = {str(College.CIVIL_SOCIETY): "Société civile", str(College.STATE): "État"}


def dissent_line(row: Dissent) -> str:
    local = timezone.localtime(row.signed_at)
    return f"Désaccord signé par {row.user} ({COLLEGES[row.seat.college]}) le {local:%d/%m/%Y} : « {row.text} »"


def clear_line(row: ClearPoint) -> str:
    if row.taken_out_by is not None:
        return "Proposé sans débat, puis traité à part à la demande d’un membre."
    return (
        "Réglé sans débat : mis aux voix en un seul acte avec d’autres dossiers, aucun membre n’ayant demandé à le traiter à part ; "
        "quorum, déports et voix sont ceux de ce dossier."
    )


def acting_line(row: ActingPresident) -> str:
    return f"Présidence du collège {COLLEGES[row.college]} sur ce point, le co-président étant en déport : {row.seat.user}, par intérim."


def lines_of(meeting: Meeting, room: queries.Room) -> dict[int, list[str]]:
    """By item, in the order of the minutes. Four queries whatever the agenda."""
    found: dict[int, list[str]] = {}
    for item, row in _acting(meeting, room):
        found.setdefault(item.pk, []).append(acting_line(row))
    settled = ClearPoint.objects.filter(meeting=meeting).select_related("taken_out_by")
    for point in settled:
        if point.put_at is not None or point.taken_out_at is not None:
            found.setdefault(point.item_id, []).append(clear_line(point))
    for dissent in Dissent.objects.filter(item__meeting=meeting).select_related("user", "seat"):
        found.setdefault(dissent.item_id, []).append(dissent_line(dissent))
    return found


def _acting(meeting: Meeting, room: queries.Room):
    """(item, acting president) of the items from which a co-president is recused, as designated when the item was settled."""
    presidents = {seat.college: seat for seat in room.seats if seat.is_president}
    acting = list(meeting.acting_presidents.select_related("seat__user"))
    items: list[AgendaItem] = list(meeting.items.filter(discussed_at__isnull=False)) if acting else []
    for item in items:
        then = item.voted_at or item.discussed_at
        for college, seat in presidents.items():
            standing = [
                row
                for row in acting
                if row.college == college
                and row.designated_at <= then
                and (row.ended_at is None or row.ended_at > then)
            ]
            if standing and room.is_recused(seat.user_id, item):
                yield item, standing[-1]
