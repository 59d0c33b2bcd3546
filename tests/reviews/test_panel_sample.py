"""Random meetings through the verbs, on the database: what the vote wrote is counted again from the rows; and the ways round the rules that were found."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from django.db import transaction

from core.transitions import Refusal
from fund.models import RuleVersion
from reviews.models import AgendaItem, Assignment, Declaration, Meeting, Seat, Vote
from reviews.models.meeting import Attendance, Departure, Tally
from reviews.queries import meetings as queries
from reviews.transitions import agenda, meetings
from tests.factories.meetings import attend, called, convened, item_of, opened, recuse
from tests.factories.reviews import CIVIL, STATE
from tests.reviews.panel_machine import Case, Chair, Naive

pytestmark = [pytest.mark.django_db, pytest.mark.one_engine]
AMOUNT = 18_500_00


def put(made, item, at, mode="open", actor=None) -> AgendaItem:
    agenda.open_ballot(
        agenda_item=item,
        actor=actor or made.presidents[0],
        at=at,
        mode=mode,
        proposal="selected",
        amount=AMOUNT,
        grounds="Oui.",
    )
    return AgendaItem.objects.get(pk=item.pk)


def bystander(made, item):
    """A civil member, not president, who read nothing: his recusal takes no review away."""
    readers = set(Assignment.objects.filter(application=item.application).values_list("seat__user", flat=True))
    return next(user for user in made.members[CIVIL][1:] if user.pk not in readers)


def votes(made, item, at, choice, users) -> None:
    for user in users:
        agenda.cast(agenda_item=item, actor=user, at=at, seat=made.seat(user), choice=choice)


def tallies(item) -> dict[str, tuple[int, int]]:
    found = Tally.objects.filter(item=item, round=item.round)
    return {row.college: (row.votes_for, row.present) for row in found}


@pytest.mark.parametrize("mode", ["open", "secret"])
def test_a_ballot_of_one_who_then_steps_back_is_not_counted_for_who_takes_the_seat(at, mode):
    made, meeting, at = opened(files=1, members=3, reviews_per_college=1)
    item = put(made, called(made, item_of(meeting), at), at, mode)
    member, alternate = bystander(made, item), made.alternates[CIVIL][0]
    votes(made, item, at, "for", [member])
    recuse(member, item.application, at)
    assert Vote.objects.get(item=item).outcome == "void"
    meetings.record_attendance(
        meeting=meeting,
        actor=made.officer,
        at=at,
        seat=made.seat(member),
        presence="alternate",
        represented_by=made.seat(alternate),
    )
    item = put(made, item, at, mode)
    agenda.cast(agenda_item=item, actor=alternate, at=at, seat=made.seat(member), choice="against")
    others = [user for user in made.members[CIVIL] if user != member]
    votes(made, item, at, "for", others + made.members[STATE])
    item = agenda.close_vote(agenda_item=item, actor=made.presidents[1], at=at)
    assert item.state == "voted" and tallies(item) == {CIVIL: (2, 3), STATE: (3, 3)}


def test_a_ballot_given_by_proxy_falls_with_the_interest_of_its_holder(at):
    made, meeting = convened(files=1, members=3, reviews_per_college=1)
    at, item = meeting.planned_at, item_of(meeting)
    holder = bystander(made, item)
    giver = next(user for user in made.members[CIVIL][1:] if user != holder)
    attend(made, meeting, at=at, absent=(giver,))
    record = {"meeting": meeting, "actor": made.officer, "at": at, "seat": made.seat(giver)}
    meetings.record_attendance(**record, presence="proxy", represented_by=made.seat(holder))
    meeting = meetings.open(meeting=meeting, actor=made.presidents[0], at=at)
    item = put(made, called(made, item_of(meeting), at), at)
    agenda.cast(agenda_item=item, actor=holder, at=at, seat=made.seat(giver), choice="for")
    recuse(holder, item.application, at)
    meetings.record_attendance(**record | {"meeting": meeting}, presence="room")
    item = put(made, item, at)
    votes(made, item, at, "for", [made.presidents[0], *made.members[STATE]])
    votes(made, item, at, "against", [giver])
    item = agenda.close_vote(agenda_item=item, actor=made.presidents[1], at=at)
    assert tallies(item) == {CIVIL: (1, 2), STATE: (3, 3)}


def test_a_recusal_of_one_who_has_not_voted_leaves_the_vote_open(at):
    made, meeting, at = opened(files=1, members=3, reviews_per_college=1)
    item = put(made, called(made, item_of(meeting), at), at)
    member = bystander(made, item)
    votes(made, item, at, "for", [user for user in made.members[CIVIL] if user != member] + made.members[STATE])
    recuse(member, item.application, at)
    item = agenda.close_vote(agenda_item=item, actor=made.presidents[0], at=at)
    assert item.state == "voted" and tallies(item) == {CIVIL: (2, 2), STATE: (3, 3)}


def test_an_alternate_who_took_a_seat_for_an_item_takes_no_second_one(at):
    made, meeting, at = opened(files=1, members=3, alternates=1)
    item, alternate = item_of(meeting), made.seat(made.alternates[CIVIL][0])
    first, second = made.members[CIVIL][1:]
    recuse(first, item.application, at)
    agenda.step_out(agenda_item=item, actor=made.officer, at=at, seat=made.seat(first), replaced_by=alternate)
    with pytest.raises(Refusal) as caught:
        meetings.record_attendance(
            meeting=meeting,
            actor=made.officer,
            at=at,
            seat=made.seat(second),
            presence="alternate",
            represented_by=alternate,
        )
    assert caught.value.code == "alternate_taken"
    room = queries.room_of(meeting, at)
    assert [seat.user for seat in room.spoken_for(alternate.user, item)] == [first]


def test_who_is_recused_and_does_not_come_leaves_the_base_as_who_comes_does(at):
    made, meeting, at = opened(files=1, members=4, quorum_recused="leaves_base", quorum_college="3/4")
    item, member = item_of(meeting), made.members[CIVIL][3]
    recuse(member, item.application, at)
    for presence in ("room", "absent"):
        meetings.record_attendance(
            meeting=meeting, actor=made.officer, at=at, seat=made.seat(member), presence=presence
        )
        count = queries.room_of(meeting, at).quorum(item).colleges[CIVIL]
        assert (count.present, count.base, count.needed) == (3, 3, 3), presence


# ---- at random ----


class Story:
    """One random meeting on one file; every act is tried, a refusal is an answer like another."""

    def __init__(self, made, meeting, item, at, seed: int):
        self.made, self.meeting, self.item, self.at = made, meeting, item, at
        self.random = random.Random(seed)
        self.full = list(Seat.objects.filter(panel=made.panel, kind="full_member").select_related("user"))
        self.others = list(Seat.objects.filter(panel=made.panel, kind="alternate").select_related("user"))
        self.cast: dict[tuple[int, int], tuple[str, int]] = {}
        self.refusals: Counter = Counter()

    def attempt(self, verb, **params):
        try:
            return verb(actor=params.pop("actor", self.made.officer), at=self.at, **params)
        except Refusal as refusal:
            self.refusals[refusal.code] += 1
            return None

    def attendance(self):
        seat = self.random.choice(self.full)
        presence = self.random.choice(("room", "remote", "alternate", "proxy", "absent"))
        by = {"alternate": self.others, "proxy": self.full}.get(presence)
        self.attempt(
            meetings.record_attendance,
            meeting=self.meeting,
            seat=seat,
            presence=presence,
            represented_by=self.random.choice(by) if by else None,
        )

    def recusal(self):
        user = self.random.choice(self.full + self.others).user
        with transaction.atomic():
            if Declaration.objects.get(user=user, application=self.item.application).state == "none":
                recuse(user, self.item.application, self.at)

    def departure(self):
        taker = self.random.choice((None, *self.others))
        staying = queries.room_of(self.meeting, self.at).recused_in_room(self.item)
        if staying:
            self.attempt(agenda.step_out, agenda_item=self.item, seat=self.random.choice(staying), replaced_by=taker)

    def ballot(self):
        seat = self.random.choice(self.full)
        speaker = queries.room_of(self.meeting, self.at).speaker(seat, self.item)
        actor = speaker.user if speaker is not None else seat.user
        choice = self.random.choice(("for", "for", "against", "abstain"))
        fresh = AgendaItem.objects.get(pk=self.item.pk)
        before = fresh.ballots.filter(round=fresh.round, seat=seat).exists()
        self.attempt(agenda.cast, agenda_item=fresh, actor=actor, seat=seat, choice=choice)
        if not before and fresh.ballots.filter(round=fresh.round, seat=seat).exists():
            self.cast[fresh.round, seat.pk] = (choice, speaker.pk)

    def facts(self) -> Naive:
        """The case as the rows tell it now; what each seat wants is what was cast for it by somebody not recused."""
        rows = {row.seat_id: row for row in Attendance.objects.filter(meeting=self.meeting)}
        gone = {row.seat_id: row for row in Departure.objects.filter(item=self.item, returned_at__isnull=True)}
        away = set(
            Declaration.objects.filter(application=self.item.application, state="recused").values_list(
                "user", flat=True
            )
        )
        recused = frozenset(seat.pk for seat in self.full + self.others if seat.user_id in away)
        round_ = AgendaItem.objects.get(pk=self.item.pk).round
        chairs = []
        for seat in self.full:
            choice, voter = self.cast.get((round_, seat.pk), ("", None))
            row, left = rows[seat.pk], gone.get(seat.pk)
            chairs.append(
                Chair(
                    seat.pk,
                    seat.college,
                    row.presence,
                    row.represented_by_id,
                    left is not None,
                    left.replaced_by_id if left is not None else None,
                    "" if voter in recused else choice,
                )
            )
        rules = self.meeting.rules
        case = Case(
            tuple(chairs),
            {seat.pk: seat.college for seat in self.others},
            recused,
            {name: rules[name] for name in RULES},
            self.meeting.second_notice,
            1,
            {},
            False,
            False,
        )
        return Naive(case)

    def play(self) -> str:
        for _turn in range(self.random.randint(0, 6)):
            self.random.choice((self.attendance, self.attendance, self.recusal))()
        for _turn in range(4):
            self.departure()
        self.attempt(agenda.discuss, agenda_item=self.item)
        for _vote in range(3):
            fresh = AgendaItem.objects.get(pk=self.item.pk)
            mode = self.random.choice(("open", "secret"))
            self.attempt(
                agenda.open_ballot, agenda_item=fresh, mode=mode, proposal="selected", amount=AMOUNT, grounds="Oui."
            )
            for _turn in range(self.random.randint(4, 18)):
                self.random.choice((self.ballot,) * 9 + (self.recusal, self.attendance, self.departure))()
            if (end := self.close()) is not None:
                return end
        return "nothing"

    def close(self) -> str | None:
        fresh = AgendaItem.objects.get(pk=self.item.pk)
        naive, open_one = self.facts(), Vote.objects.filter(item=fresh, closed_at__isnull=True).first()
        done = self.attempt(agenda.close_vote, agenda_item=fresh, anyway=True)
        if done is None:
            return None
        vote = Vote.objects.get(pk=open_one.pk)
        assert naive.quorum() and vote.outcome == naive.outcome(), (vote.outcome, naive)
        for row in Tally.objects.filter(item=fresh, round=vote.round):
            said = [naive.said(row.college, word) for word in ("for", "against", "abstain")]
            assert [row.votes_for, row.against, row.abstained] == said, (row, naive)
            assert (row.present, row.base) == (naive.present(row.college), naive.base(row.college))
        return vote.outcome


RULES = (
    "quorum",
    "quorum_college",
    "quorum_recused",
    "second_notice_voters_per_college_min",
    "majority",
    "tie",
)


@pytest.mark.slow
def test_random_meetings_through_the_verbs(at):
    made, meeting, at = opened(files=1, members=4, alternates=2, reviews_per_college=1)
    version = made.call.rule_version_id
    parameters = RuleVersion.objects.get(pk=version).parameters
    ends: Counter = Counter()
    for seed in range(30):
        with transaction.atomic():
            draw = random.Random(-seed - 1)
            changes = {
                "majority": draw.choice(("r133_11", "college_weighted")),
                "quorum_recused": draw.choice(("stays_in_base", "leaves_base")),
                "tie": draw.choice(("second_discussion", "defer", "reject")),
                "quorum": draw.choice(("1/2", "1/3", "2/3")),
                "legal_basis": "Statuts, article 4",
            }
            RuleVersion.objects.filter(pk=version).update(parameters=parameters | changes)
            Meeting.objects.filter(pk=meeting.pk).update(second_notice=draw.random() < 0.3)
            fresh = Meeting.objects.select_related("call__rule_version").get(pk=meeting.pk)
            story = Story(made, fresh, item_of(fresh), at, seed)
            ends[story.play()] += 1
            transaction.set_rollback(True)
    assert ends["adopted"] >= 3 and sum(ends.values()) - ends["nothing"] >= 10, ends
