"""A signed dissent (CRPA R133-13): who may write one, until when. The text is its author's alone."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from reviews.enums.meeting import BallotChoice, MeetingState, VoteMode, VoteOutcome
from reviews.models import Seat
from reviews.models.meeting import AgendaItem, Attendance, Ballot, Departure, Dissent, Tally, Vote

LONGEST = 1000
BEFORE_ADOPTION = (MeetingState.OPEN, MeetingState.ADJOURNED, MeetingState.CONVENED, MeetingState.CLOSED)


def last_vote(item: AgendaItem) -> Vote | None:
    """The vote that settled the item."""
    settled = Vote.objects.filter(item=item, outcome__in=(VoteOutcome.ADOPTED, VoteOutcome.REJECTED))
    return settled.order_by("-round").first()


def seats_held(user, item: AgendaItem) -> list[Seat]:
    """Voting seats for which this person may have voted on the item: his own when he was there, those he stood for, at any sitting."""
    rows = Attendance.objects.filter(
        Q(seat__user=user, represented_by__isnull=True, arrived_at__isnull=False) | Q(represented_by__user=user),
        meeting=item.meeting_id,
    )
    left = Departure.objects.filter(item=item, replaced_by__user=user)
    ids = {*rows.values_list("seat", flat=True), *left.values_list("seat", flat=True)}
    return list(Seat.objects.filter(pk__in=ids, college__in=_college_of(user, item)))


def _college_of(user, item: AgendaItem):
    return Seat.objects.filter(panel__call=item.meeting.call_id, user=user).values("college")


def losing_choice(vote: Vote) -> str:
    """The side that did not carry: against what was adopted, for what was not."""
    return str(BallotChoice.AGAINST if vote.outcome == VoteOutcome.ADOPTED else BallotChoice.FOR)


def _voted_so(user, item: AgendaItem, vote: Vote) -> bool:
    """Whether this person may say that his vote did not carry. Secret: that he voted, and that his college has such votes nobody signed for yet."""
    mine = Ballot.objects.filter(item=item, round=vote.round, seat__in=seats_held(user, item))
    lost = losing_choice(vote)
    if vote.mode == VoteMode.OPEN:
        return mine.filter(choice=lost).exists()
    ballot = mine.select_related("seat").first()
    if vote.mode != VoteMode.SECRET or ballot is None:
        return False
    college = ballot.seat.college
    tally = Tally.objects.filter(item=item, round=vote.round, college=college).first()
    signed = Dissent.objects.filter(item=item, round=vote.round, seat__college=college).exclude(user=user).count()
    votes = (tally.against if lost == BallotChoice.AGAINST else tally.votes_for) if tally is not None else 0
    return votes > signed


def voted_otherwise(act: Act) -> None:
    vote = last_vote(act.obj)
    if vote is None or not _voted_so(act.actor, act.obj, vote):
        raise Refusal(
            "did_not_dissent",
            _("A dissent is signed by a member whose vote on this item did not carry."),
            remedy=_("The secretary may note a disagreement said aloud in the summary of the discussion."),
            article="art. 16",
            status=409,
        )


def minutes_not_adopted(act: Act) -> None:
    if act.obj.meeting.state not in BEFORE_ADOPTION:
        raise Refusal(
            "minutes_adopted",
            _("The minutes are adopted: nothing is added to them."),
            remedy=_("A later meeting may take note of it."),
            article="art. 16",
            status=409,
        )


def text_is_short(act: Act) -> None:
    if act.preview:
        return
    text = " ".join((act.get("text") or "").split())
    if not text or len(text) > LONGEST:
        raise Refusal(
            "dissent_length",
            _("Write your dissent in %(n)s characters at most.") % {"n": LONGEST},
            field="text",
            article="art. 16",
        )
