"""Clear files in one act: proposed by a president, taken out by any member, put to the vote together and voted one by one by the usual verbs."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.transitions import Refusal, locked
from reviews.enums.meeting import AgendaItemState, MeetingState
from reviews.models.meeting import AgendaItem, ClearPoint, Meeting
from reviews.queries import meetings as queries
from reviews.queries.clear import points_of, waiting
from reviews.rules import meetings as rules
from reviews.rules.meetings import clear as clear_rules
from reviews.rules.meetings import president, seat_holder
from reviews.transitions import agenda
from reviews.transitions.deeds import deed


@deed(
    on=Meeting,
    label=_("propose the clear files in one act"),
    who=(president,),
    sources=(MeetingState.OPEN,),
    guards=(rules.chair_is_there, clear_rules.chair_sees_all, rules.list_not_adopted_yet, clear_rules.files_are_clear),
)
def propose_clear(act, meeting, *, items):
    """These files are proposed together, in place of those proposed before; none takes the proposal back. What was taken out stays out."""
    chosen = {item.pk: item for item in items}
    ClearPoint.objects.filter(meeting=meeting, taken_out_at__isnull=True, put_at__isnull=True).delete()
    known = act.found["clear"]
    ClearPoint.objects.bulk_create(
        ClearPoint(
            meeting=meeting,
            item=item,
            proposal=known[pk].proposal,
            amount=known[pk].amount,
            proposed_by=act.actor,
            proposed_at=act.at,
        )
        for pk, item in chosen.items()
    )
    act.note(files=len(chosen))


@deed(
    on=AgendaItem,
    label=_("take out of the clear files"),
    who=(seat_holder,),
    sources=(AgendaItemState.LISTED,),
    lock=agenda._lock_meeting,
    guards=(
        rules.meeting_is_open,
        rules.actor_may_see_item,
        clear_rules.is_proposed,
        clear_rules.speaks_on_item,
    ),
)
def take_out(act, agenda_item):
    """A member wants this file dealt with on its own: no reason is asked, and the chairs cannot put it back."""
    seat = queries.room_of(agenda_item.meeting, act.at).spoken_for(act.actor, agenda_item)[0]
    ClearPoint.objects.filter(meeting=agenda_item.meeting, item=agenda_item).update(
        taken_out_by=seat, taken_out_at=act.at
    )
    act.note(seat=seat.pk)


def note_departures(*, meeting: Meeting, actor, at=None) -> int:
    """Record that those recused from a file proposed leave now: each departure is one of its item, for it alone. Returns how many."""
    at = at or timezone.now()
    with transaction.atomic():
        room = queries.room_of(locked(meeting), at)
        leaving = [
            (point.item, seat) for point in waiting(points_of(meeting)) for seat in room.recused_in_room(point.item)
        ]
        for item, seat in leaving:
            agenda.step_out(agenda_item=item, actor=actor, at=at, seat=seat)
    return len(leaving)


@deed(
    on=Meeting,
    label=_("put the clear files to the vote"),
    who=(president,),
    sources=(MeetingState.OPEN,),
    guards=(
        rules.chair_is_there,
        clear_rules.chair_sees_all,
        rules.list_not_adopted_yet,
        clear_rules.something_waits,
        clear_rules.as_announced,
        clear_rules.still_clear,
    ),
)
def put_clear(act, meeting, *, grounds=None, announced=None):
    """One act: each file is called and adopted without objection by the same verbs as an item of its own, with its own quorum, recusals, count and vote.
    When one is refused nothing is voted, and the refusal names it. `grounds` {proposal: text} are those of every file so proposed; `announced` are the ids
    of the items that were read out: when they are others now, nothing is voted."""
    points, given = act.found["points"], grounds or {}
    common = {"actor": act.actor, "at": act.at}
    with queries.still_room(meeting, act.at):
        for point in points:
            proposed = {"proposal": point.proposal, "amount": point.amount, "grounds": given.get(point.proposal)}
            try:
                agenda.agree(agenda_item=agenda.discuss(agenda_item=point.item, **common), **common, **proposed)
            except Refusal as refusal:
                refusal.reason = f"{point.reference} : {refusal.reason}"
                raise
    ClearPoint.objects.filter(pk__in=[point.pk for point in points]).update(put_at=act.at)
    act.note(files=len(points))
