"""A dissent, signed by its author alone, in the part of the minutes that tells of the item."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from reviews.documents.room import dissent_line
from reviews.enums.meeting import AgendaItemState, MeetingState
from reviews.models.meeting import AgendaItem, Dissent
from reviews.queries import meetings as queries
from reviews.rules import meetings as rules
from reviews.rules.meetings import dissent as dissent_rules
from reviews.rules.meetings import seat_holder
from reviews.transitions import agenda, minutes
from reviews.transitions.deeds import deed


@deed(
    on=AgendaItem,
    label=_("sign a dissent"),
    who=(seat_holder,),
    sources=(AgendaItemState.VOTED,),
    lock=agenda._lock_meeting,
    documents=("minutes",),
    mails=("reviews/meeting.minutes_to_sign",),
    guards=(
        rules.actor_may_see_item,
        dissent_rules.minutes_not_adopted,
        dissent_rules.voted_otherwise,
        dissent_rules.text_is_short,
    ),
)
def sign_dissent(act, agenda_item, *, text):
    """A member whose vote did not carry says why in a few lines. Written again, the new text replaces the former; once drafted, the minutes get a version."""
    vote = dissent_rules.last_vote(agenda_item)
    seat = queries.room_of(agenda_item.meeting, act.at).seat_of(act.actor)
    row = Dissent.objects.filter(item=agenda_item, round=vote.round, user=act.actor).select_related("seat").first()
    former = dissent_line(row) if row is not None else ""
    row = row or Dissent(item=agenda_item, round=vote.round, user=act.actor, seat=seat)
    row.text, row.signed_at = " ".join(text.split()), act.at
    row.save()
    act.note(round=vote.round, seat=row.seat_id)
    if agenda_item.meeting.state == MeetingState.CLOSED:
        minutes.revise_with_dissent(
            meeting=agenda_item.meeting,
            actor=act.actor,
            at=act.at,
            item=agenda_item,
            former=former,
            line=dissent_line(row),
        )
