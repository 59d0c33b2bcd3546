"""Votes: who may vote, when a vote may be closed, what it gives (rulebook, art. 16)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.transitions import Act, Refusal
from fund.enums import Role
from fund.queries import has_role
from fund.rules.common import when
from reviews import voting
from reviews.enums.meeting import (
    AttendanceKind,
    BallotChoice,
    VoteMode,
)
from reviews.models import Seat
from reviews.models.meeting import AgendaItem, Ballot, Vote
from reviews.queries import meetings as queries
from reviews.rules.meetings.attendance import seat_named
from reviews.rules.meetings.discussion import all_have_declared
from reviews.rules.meetings.frame import LABELS, lacks


def open_vote(item: AgendaItem) -> Vote | None:
    return Vote.objects.filter(item=item, closed_at__isnull=True).first()


def vote_is_open(act: Act) -> None:
    if open_vote(act.obj) is None:
        last = Vote.objects.filter(item=act.obj, closed_at__isnull=False).order_by("-round").first()
        if last is not None:
            raise Refusal(
                "vote_closed",
                _("The vote has been closed since %(instant)s.") % {"instant": when(last.closed_at)},
                remedy=_("A second vote is possible in the same meeting if a motion carries."),
                article="art. 16",
                status=409,
            )
        raise Refusal(
            "vote_not_open",
            _("No vote is open on this item."),
            remedy=_("The chair puts the proposal to the vote."),
            article="art. 16",
            status=409,
        )


def ballot_stands(act: Act) -> None:
    """One vote a seat, by whoever speaks for it; nobody recused; the secretary enters shows of hands only."""
    if lacks(act, "choice"):
        return
    item, vote = act.obj, open_vote(act.obj)
    room = queries.room_of(item.meeting, act.at)
    seat = seat_named(act, room)
    if act.get("choice") not in BallotChoice.values:
        raise Refusal("choice_missing", _("Vote for, against, or abstain."), field="choice", article="art. 16")
    giver = room.attendance.get(seat.pk)
    speaker = room.speaker(seat, item)
    if (
        speaker is None
        and giver is not None
        and giver.presence == AttendanceKind.PROXY
        and room.is_recused(seat.user_id, item)
    ):
        raise Refusal(
            "proxy_void",
            _("This proxy is not valid for this file: one of you two is recused from it."),
            article="art. 12, 15",
            status=409,
        )
    own = Seat.objects.filter(panel__call=item.meeting.call_id, user=act.actor).current(act.at).first()
    if own is not None and room.is_recused(act.actor.pk, item):
        raise Refusal(
            "recused",
            _("Recusal on %(reference)s: this file is closed to you.") % {"reference": item.application.reference},
            article="art. 12",
            status=403,
        )
    if speaker is None:
        raise Refusal(
            "not_present",
            _("This seat is not recorded as present on this item."),
            remedy=_("Tell the secretariat: once the arrival is recorded, the vote is possible."),
            article="art. 16",
            status=409,
        )
    entered = speaker.user_id != act.actor.pk
    if entered and not (
        has_role(act.actor, Role.CASE_OFFICER, act.at)
        or queries.presides(act.actor, item.meeting, act.at)
        and queries.is_there(act.actor, item.meeting)
    ):
        raise Refusal("not_permitted", _("You do not speak for this seat."), status=403)
    if entered and vote.is_secret:
        raise Refusal(
            "secret_is_personal",
            _("In a secret ballot each member votes on his own device."),
            article="art. 16",
            status=403,
        )
    if item.application_id and speaker.user_id not in room.declared.get(item.application_id, ()):
        raise Refusal(
            "interest_declaration_missing",
            _("%(people)s did not say whether they have a link with this file.") % {"people": speaker.user},
            remedy=_("They declare it from their own page, or are recorded absent."),
            article="art. 12",
            status=403,
        )
    if Ballot.objects.filter(item=item, round=vote.round, seat=seat).exists():
        raise Refusal(
            "already_voted",
            _("A vote is already recorded for this seat on this item."),
            remedy=_("It is final unless there is a second vote."),
            article="art. 16",
            status=409,
        )


@dataclass(frozen=True)
class Count:
    """What a vote gives when it is closed now."""

    result: voting.Result
    quorum: voting.Quorum
    missing: tuple[Seat, ...]


def count(item: AgendaItem, vote: Vote, room: queries.Room) -> Count:
    """The result of a vote as it stands: ballots of seats present and not recused. Raises Refusal when a secret ballot can no longer be told apart."""
    voices = {voice.seat: voice for voice in room.voices(item)}
    present = {name: sum(1 for voice in voices.values() if voice.college == name and voice.present) for name in LABELS}
    ballots = list(Ballot.objects.filter(item=item, round=vote.round).select_related("seat"))
    voted = {ballot.seat_id for ballot in ballots}
    missing: tuple[Seat, ...] = ()
    if vote.mode == VoteMode.CONSENT:
        tallies = {name: voting.CollegeTally(number, 0, 0, number) for name, number in present.items()}
    elif vote.is_secret:
        if any(not voices[pk].present if pk in voices else True for pk in voted):
            raise Refusal(
                "vote_void",
                _("A member who voted in secret has since left or stepped back: the ballot cannot be counted."),
                remedy=_("Abandon this vote and open another one."),
                article="art. 12, 16",
                status=409,
            )
        rows = {row.college: row for row in item.tallies.filter(round=vote.round)}
        tallies = {
            name: voting.CollegeTally(rows[name].votes_for, rows[name].against, rows[name].abstained, number)
            if name in rows
            else voting.CollegeTally(present=number)
            for name, number in present.items()
        }
    else:
        stand = [
            (ballot.seat.college, ballot.choice)
            for ballot in ballots
            if ballot.seat_id in voices and voices[ballot.seat_id].present
        ]
        tallies = voting.tally(stand, present)
    if vote.mode != VoteMode.CONSENT:
        missing = tuple(seat for seat in room.seats if voices[seat.pk].present and seat.pk not in voted)
    rules = item.meeting.rules
    result = voting.decide(tallies, rule=rules["majority"], round_number=2 if vote.second else 1, tie=rules["tie"])
    return Count(result, room.quorum(item), missing)


def everyone_has_voted(act: Act) -> None:
    if act.get("anyway"):
        return
    item, vote = act.obj, open_vote(act.obj)
    if vote is None:
        return
    missing = count(item, vote, queries.room_of(item.meeting, act.at)).missing
    if missing:
        raise Refusal(
            "votes_expected",
            _("Votes are still expected: %(people)s.") % {"people": ", ".join(str(seat.user) for seat in missing)},
            remedy=_("Wait, or close the vote noting that they did not vote."),
            article="art. 16",
            status=409,
        )


def consent_is_possible(act: Act) -> None:
    """Consent counts everyone present in favour: everyone must have declared and none be recused in the room."""
    vote = open_vote(act.obj)
    if vote is not None and vote.mode == VoteMode.CONSENT:
        all_have_declared(act)
