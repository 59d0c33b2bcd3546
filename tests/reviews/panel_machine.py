"""Random panels against the rules of votes, without a database: `tests/reviews/test_panel_properties.py` runs some, `make prove` runs many.

A panel is drawn as plain facts (who sits, how each seat is held, who is recused, what each wants to vote). The product's `Room` and `voting` read them; beside
them `Naive` counts again from the same facts, in whole numbers and in the plainest way, and `check` compares the two and tests what must never break.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fund.enums import College
from reviews import voting
from reviews.queries.meetings import Room

CIVIL, STATE = str(College.CIVIL_SOCIETY), str(College.STATE)
HELD = ("room", "room", "remote", "alternate", "proxy", "absent")
CHOICES = ("for", "for", "against", "abstain", "")
SHARES = ("0", "1/3", "1/2", "1/2", "0.5", "2/3", "1")
ITEM = SimpleNamespace(pk=1, application_id=7)


@dataclass(frozen=True)
class Chair:
    """A full member's place. `by`: the alternate or holder recorded for it; `taken`: the alternate who sits there once its recused voice has left."""

    seat: int
    college: str
    held: str
    by: int | None
    left: bool
    taken: int | None
    wants: str


@dataclass(frozen=True)
class Case:
    chairs: tuple[Chair, ...]
    alternates: dict[int, str]
    recused: frozenset[int]
    rules: dict
    second_notice: bool
    round_number: int
    reviews: dict[str, int]
    fallback: bool
    recorded: bool


@dataclass(frozen=True)
class Plan:
    held: str
    wants: str
    recused: bool
    is_replaced: bool
    holder: int


PLANS = st.integers(0, len(HELD) * len(CHOICES) * 4 * 2 * 8 - 1)
SIZES, FEW = st.integers(1, 8), st.integers(0, 3)
"""FEW also says whether an alternate is recused: one in four, as members are."""


def _plan(number: int) -> Plan:
    """What a seat has in mind, from one number: a single draw a seat keeps a hundred thousand panels short."""
    number, held = divmod(number, len(HELD))
    number, wants = divmod(number, len(CHOICES))
    number, recused = divmod(number, 4)
    holder, is_replaced = divmod(number, 2)
    return Plan(HELD[held], CHOICES[wants], recused == 3, bool(is_replaced), holder)


@st.composite
def cases(draw) -> Case:
    """Attendance as the verbs let it be recorded: an alternate stands once and in his college, a proxy stays in its college and within the limit. Its holder
    may have left since, or given a proxy himself."""
    proxies_max = draw(st.integers(0, 2))
    chairs: list[Chair] = []
    alternates: dict[int, str] = {}
    recused: set[int] = set()
    for place, college in enumerate((CIVIL, STATE)):
        seats = [100 * (place + 1) + number for number in range(draw(SIZES))]
        others = [100 * (place + 1) + 50 + number for number in range(draw(FEW))]
        alternates |= dict.fromkeys(others, college)
        recused |= {one for one in others if draw(FEW) == 3}
        plans = {seat: _plan(draw(PLANS)) for seat in seats}
        recused |= {seat for seat, plan in plans.items() if plan.recused}
        free, given_to = list(others), Counter()
        for seat, plan in plans.items():
            held, by, taken = plan.held, None, None
            if held == "alternate":
                held, by = ("alternate", free.pop()) if free else ("absent", None)
            elif held == "proxy":
                holder = seats[plan.holder % len(seats)]
                held, by = ("proxy", holder) if holder != seat and given_to[holder] < proxies_max else ("absent", None)
                given_to[by] += 1
            voice = seat if held in ("room", "remote") else by
            left = voice in recused and held in ("room", "remote", "alternate")
            if left and free and plan.is_replaced:
                taken = free.pop()
            chairs.append(Chair(seat, college, held, by, left, taken, plan.wants))
    rules = {
        "quorum": draw(st.sampled_from(SHARES)),
        "quorum_college": draw(st.sampled_from(SHARES)),
        "quorum_recused": draw(st.sampled_from(("stays_in_base", "leaves_base"))),
        "second_notice_voters_per_college_min": draw(st.integers(0, 2)),
        "majority": draw(st.sampled_from(("r133_11", "college_weighted"))),
        "tie": draw(st.sampled_from(("second_discussion", "defer", "reject"))),
    }
    return Case(
        tuple(chairs),
        alternates,
        frozenset(recused),
        rules,
        draw(st.booleans()),
        draw(st.integers(1, 2)),
        {CIVIL: draw(st.integers(0, 3)), STATE: draw(st.integers(0, 3))},
        draw(FEW) == 3,
        draw(st.booleans()),
    )


# ---- as the product reads it ----


class Rules(dict):
    @property
    def parameters(self):
        return self


def room_of(case: Case) -> Room:
    """The product's room. A user has the number of his seat."""
    full = [SimpleNamespace(pk=one.seat, college=one.college, user_id=one.seat) for one in case.chairs]
    others = {pk: SimpleNamespace(pk=pk, college=college, user_id=pk) for pk, college in case.alternates.items()}
    return Room(
        SimpleNamespace(rules=Rules(case.rules), second_notice=case.second_notice),
        full,
        list(others.values()),
        {
            one.seat: SimpleNamespace(seat_id=one.seat, presence=one.held, represented_by_id=one.by)
            for one in case.chairs
        },
        recused={ITEM.application_id: set(case.recused)},
        departures={
            ITEM.pk: {
                one.seat: SimpleNamespace(replaced_by_id=one.taken, replaced_by=others.get(one.taken))
                for one in case.chairs
                if one.left
            }
        },
    )


def result_of(case: Case, voices: list[voting.Voice], wants: dict[int, str]) -> voting.Result:
    """Every seat hands in what it wants, recused and absent ones too: those must not count."""
    standing = {voice.seat: voice.college for voice in voices if voice.present}
    present = Counter(standing.values())
    choices = [(standing[seat], choice) for seat, choice in wants.items() if choice and seat in standing]
    return voting.decide(
        voting.tally(choices, present),
        rule=case.rules["majority"],
        round_number=case.round_number,
        tie=case.rules["tie"],
    )


# ---- counted again ----


@dataclass
class Naive:
    case: Case
    speaker: dict[int, int] = field(default_factory=dict)

    def __post_init__(self):
        held = {one.seat: one.held for one in self.case.chairs}
        for one in self.case.chairs:
            concerned = {one.seat} if one.held in ("room", "remote") else {one.by} if one.held == "alternate" else set()
            if one.held == "proxy" and held[one.by] in ("room", "remote"):
                concerned = {one.seat, one.by}
            if not concerned:
                continue
            if not concerned & self.case.recused:
                self.speaker[one.seat] = one.seat if one.held in ("room", "remote") else one.by
            elif one.taken is not None and one.taken not in self.case.recused:
                self.speaker[one.seat] = one.taken

    def college(self, name: str) -> list[Chair]:
        return [one for one in self.case.chairs if one.college == name]

    def present(self, name: str) -> int:
        return sum(one.seat in self.speaker for one in self.college(name))

    def base(self, name: str) -> int:
        """Seats of the college, without those that only an interest keeps from the item when the rules say that these leave the base."""
        if self.case.rules["quorum_recused"] == "stays_in_base":
            return len(self.college(name))
        return len([one for one in self.college(name) if one.seat in self.speaker or not self.off(one)])

    def off(self, one: Chair) -> bool:
        """An interest in the file silences this seat: the one who would speak for it, or the member himself when nobody does."""
        lapsed = one.held == "proxy" and {row.seat: row.held for row in self.case.chairs}[one.by] not in (
            "room",
            "remote",
        )
        if one.held == "alternate":
            return one.by in self.case.recused
        if one.held == "proxy" and not lapsed:
            return one.seat in self.case.recused or one.by in self.case.recused
        return one.seat in self.case.recused

    def quorum(self) -> bool:
        rules = self.case.rules
        if any(self.present(name) < 1 for name in (CIVIL, STATE)):
            return False
        if self.case.second_notice:
            return all(self.present(name) >= rules["second_notice_voters_per_college_min"] for name in (CIVIL, STATE))
        whole, part = Fraction(rules["quorum"]), Fraction(rules["quorum_college"])
        there, seats = sum(map(self.present, (CIVIL, STATE))), sum(map(self.base, (CIVIL, STATE)))
        return there * whole.denominator >= whole.numerator * seats and all(
            self.present(name) * part.denominator >= part.numerator * self.base(name) for name in (CIVIL, STATE)
        )

    def said(self, name: str, word: str) -> int:
        return sum(one.wants == word and one.seat in self.speaker for one in self.college(name))

    def outcome(self) -> str:
        rules = self.case.rules
        civil, state = ((self.said(name, "for"), self.said(name, "against")) for name in (CIVIL, STATE))
        split = {"defer": "deferred", "reject": "rejected"}.get(
            rules["tie"], "tied" if self.case.round_number == 1 else "rejected"
        )
        if rules["majority"] == "college_weighted":
            if not sum(civil) or not sum(state):
                return "deferred"
            # for / cast of one college against the part against of the other, crosswise: no division
            left, right = civil[0] * sum(state), state[1] * sum(civil)
            return split if left == right else "adopted" if left > right else "rejected"
        pro, contra = civil[0] + state[0], civil[1] + state[1]
        if pro > self.present(CIVIL) + self.present(STATE) - pro:
            return "adopted"
        return split if pro == contra and pro else "rejected"

    def paritary(self) -> bool:
        reviews = self.case.reviews
        if not (self.case.fallback or reviews[CIVIL] == reviews[STATE] > 0):
            return False
        if self.case.rules["majority"] == "college_weighted":
            return all(self.said(name, "for") + self.said(name, "against") for name in (CIVIL, STATE))
        voters = [sum(self.said(name, word) for word in ("for", "against", "abstain")) for name in (CIVIL, STATE)]
        return self.case.recorded or voters[0] == voters[1] > 0


# ---- what must hold ----


def check(case: Case, seen: Counter | None = None) -> None:
    room, naive = room_of(case), Naive(case)
    voices = room.voices(ITEM)
    wants = {one.seat: one.wants for one in case.chairs}
    speakers = {seat.pk: room.speaker(seat, ITEM) for seat in room.seats}
    quorum, result = room.quorum(ITEM), result_of(case, voices, wants)

    assert {pk: one.pk for pk, one in speakers.items() if one is not None} == naive.speaker
    assert {voice.seat for voice in voices if voice.present} == set(naive.speaker)
    people_are_sound(room, naive)
    assert quorum.met == naive.quorum(), (quorum, naive.base(CIVIL), naive.base(STATE))
    for name in (CIVIL, STATE):
        tally = result.colleges[name]
        assert (tally.votes_for, tally.against, tally.abstained, tally.present) == (
            *(naive.said(name, word) for word in ("for", "against", "abstain")),
            naive.present(name),
        )
        assert (quorum.colleges[name].present, quorum.colleges[name].base) == (naive.present(name), naive.base(name))
    assert str(result.outcome) == naive.outcome()
    held = voting.parity(
        reviews=case.reviews,
        fallback=case.fallback,
        rule=case.rules["majority"],
        equal_weight=result.equal_weight,
        inequality_recorded=case.recorded,
    )
    assert held.holds == naive.paritary(), held
    colleges_weigh_the_same(case, result)
    votes_push_their_way(case, voices, wants, result)
    nothing_hangs_on_names(case, result, quorum)
    if seen is not None:
        note(seen, case, quorum, result, held)


def people_are_sound(room: Room, naive: Naive) -> None:
    """Nobody recused speaks; nobody speaks for the other college; an alternate for one seat; a member for himself and the proxies allowed."""
    turns = Counter(naive.speaker.values())
    for seat in room.seats:
        speaker = room.speaker(seat, ITEM)
        if speaker is None:
            continue
        assert speaker.user_id not in naive.case.recused and speaker.college == seat.college
        mine = room.spoken_for(SimpleNamespace(pk=speaker.user_id), ITEM)
        assert len(mine) == turns[speaker.pk] and seat in mine
        if speaker.pk in naive.case.alternates:
            assert len(mine) == 1
        else:
            assert len(mine) <= 1 + 2


def colleges_weigh_the_same(case: Case, result: voting.Result) -> None:
    """Under the weighted rule each college hands in one half, shared among its votes for and against; a college without any defers."""
    if case.rules["majority"] != "college_weighted":
        assert result.weighted is None
        return
    silent = {name for name, tally in result.colleges.items() if not tally.cast}
    assert set(result.silent) == silent and (result.weighted is None) == bool(silent)
    assert not silent or result.outcome == "deferred"
    if not silent:
        handed = {name: tally.cast * Fraction(1, 2 * tally.cast) for name, tally in result.colleges.items()}
        assert handed[CIVIL] == handed[STATE] == Fraction(1, 2)
        assert result.weighted == sum(
            tally.votes_for * Fraction(1, 2 * tally.cast) for tally in result.colleges.values()
        )


def votes_push_their_way(case: Case, voices, wants: dict[int, str], result: voting.Result) -> None:
    """Another vote in favour never undoes an adoption; another against never makes one; a seat kept out moves nothing at all."""
    standing = {voice.seat: voice.college for voice in voices if voice.present}
    tried = set()
    for seat, choice in wants.items():
        kind = (standing.get(seat), choice)
        if kind in tried:
            continue
        tried.add(kind)
        if seat not in standing:
            assert all(result_of(case, voices, wants | {seat: word}) == result for word in ("for", "against"))
        elif result.outcome == "adopted":
            assert result_of(case, voices, wants | {seat: "for"}).outcome == "adopted"
        else:
            assert result_of(case, voices, wants | {seat: "against"}).outcome != "adopted"


def nothing_hangs_on_names(case: Case, result: voting.Result, quorum: voting.Quorum) -> None:
    """Colleges exchanged, or seats in another order: the same answers."""
    other = {CIVIL: STATE, STATE: CIVIL}
    turned = replace(
        case,
        chairs=tuple(replace(one, college=other[one.college]) for one in reversed(case.chairs)),
        alternates={pk: other[college] for pk, college in case.alternates.items()},
    )
    room = room_of(turned)
    mirrored = result_of(turned, room.voices(ITEM), {one.seat: one.wants for one in turned.chairs})
    assert (mirrored.outcome, mirrored.weighted, mirrored.equal_weight) == (
        result.outcome,
        result.weighted,
        result.equal_weight,
    )
    assert room.quorum(ITEM).met == quorum.met


def note(seen: Counter, case: Case, quorum, result, held) -> None:
    seen[f"{case.rules['majority']}: {result.outcome}"] += 1
    seen["quorum met" if quorum.met else "quorum missed"] += 1
    seen["second notice"] += case.second_notice
    seen["paritary" if held.holds else "not paritary"] += 1
    seen["recused voices"] += any(one.left for one in case.chairs)
    seen["seats taken by an alternate"] += any(one.taken is not None for one in case.chairs)


def run(number: int) -> Counter:
    """So many random panels; what was met on the way. A fault raises, with the smallest panel that shows it."""
    seen: Counter = Counter()

    @settings(max_examples=number, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(cases())
    def every(case):
        check(case, seen)

    every()
    return seen
