"""The public draw between equal files: announced with a list that is bound and a source to come, made once both presidents read the same seed."""

from __future__ import annotations

import secrets

from django.utils.translation import gettext_lazy as _

from reviews import drawing
from reviews.enums.meeting import MeetingState
from reviews.models.meeting import Draw, Meeting
from reviews.queries import draws
from reviews.queries import meetings as queries
from reviews.rules.meetings import case_officer, president
from reviews.rules.meetings import drawing as rules
from reviews.transitions.deeds import deed

BEFORE_THE_LIST = (MeetingState.PLANNED, MeetingState.CONVENED, MeetingState.OPEN, MeetingState.ADJOURNED)
COMMON = (rules.rules_allow_draw, rules.list_is_open, rules.actor_sees_all)


@deed(
    on=Meeting,
    label=_("announce a draw"),
    who=(case_officer, president),
    sources=BEFORE_THE_LIST,
    guards=(*COMMON, rules.draw_is_sound),
)
def announce_draw(act, meeting, *, rank, source, source_on):
    """The list of the files that share `rank` is bound by a hash that everybody reads, with the source of the seed and its day, which is to come."""
    pool = draws.tied_groups(queries.ranking(meeting), queries.items_of(meeting))[rank]
    nonce = secrets.token_hex(16)
    draw = Draw.objects.create(
        meeting=meeting,
        pool=pool,
        nonce=nonce,
        commitment=drawing.commitment(nonce, pool),
        source=source.strip(),
        source_on=source_on,
        announced_by=act.actor,
        announced_at=act.at,
    )
    act.note(commitment=draw.commitment, source_on=source_on.isoformat())


@deed(
    on=Meeting,
    label=_("give the seed of a draw"),
    who=(president,),
    sources=BEFORE_THE_LIST,
    guards=(*COMMON, rules.seed_is_sound),
)
def give_seed(act, meeting, *, draw, seed):
    """What one president reads at the source; once both read the same, the order is drawn and no longer changes."""
    found, college = Draw.objects.get(pk=draw, meeting=meeting), queries.presides(act.actor, meeting, act.at)
    found.read(college, seed.strip(), act.actor)
    if found.read_by_other(college):
        found.drawn_at, found.order = act.at, drawing.order(seed.strip(), found.pool)
    found.save()
    act.note(commitment=found.commitment, drawn=found.drawn_at is not None)
