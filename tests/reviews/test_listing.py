"""The list that follows from the votes (rulebook, art. 17): rank order while the envelope allows, nobody jumps the line, what the chairs may change."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.transitions import Refusal
from reviews.rules.meetings.listing import Candidate, Line, check_list, propose_list, reserve_causes, with_changes

QUIET = settings(deadline=None, max_examples=400, database=None, suppress_health_check=list(HealthCheck))


def voted(key: int, rank: int | None, amount: int | None, least: int | None = None, disposition="selected", **facts):
    """`least`: the amount itself when the project is funded whole or not at all."""
    least = amount if least is None else least
    return Candidate(key, rank, disposition, amount, least or 0, "Un besoin établi.", f"FP-{key}", **facts)


def told(lines: list[Line]) -> list[tuple]:
    return [(line.key, line.outcome, line.amount, line.reserve_rank) for line in lines]


# ---- examples ----


def test_files_are_funded_in_rank_order_and_the_rest_waits():
    lines = propose_list([voted(1, 3, 30), voted(2, 1, 50), voted(3, 2, 40)], 100)
    assert told(lines) == [(2, "selected", 50, None), (3, "selected", 40, None), (1, "reserve", None, 1)]


def test_the_first_that_does_not_fit_takes_what_is_left_when_it_can_live_on_it():
    files = [voted(1, 1, 60), voted(2, 2, 60, least=40), voted(3, 3, 10)]
    assert told(propose_list(files, 100)) == [
        (1, "selected", 60, None),
        (2, "selected", 40, None),
        (3, "reserve", None, 1),
    ]
    assert [line.partial for line in propose_list(files, 100)] == [False, True, False]
    assert told(propose_list(files, 99))[1:] == [(2, "reserve", None, 1), (3, "reserve", None, 2)]


def test_a_smaller_file_does_not_jump_the_line():
    lines = propose_list([voted(1, 1, 80), voted(2, 2, 50), voted(3, 3, 20)], 100)
    assert told(lines) == [(1, "selected", 80, None), (2, "reserve", None, 1), (3, "reserve", None, 2)]


def test_an_envelope_spent_to_the_cent_funds_nobody_with_nothing():
    lines = propose_list([voted(1, 1, 100), voted(2, 2, 30, least=0)], 100)
    assert told(lines) == [(1, "selected", 100, None), (2, "reserve", None, 1)]
    assert told(propose_list([voted(1, 1, 30, least=0)], 0)) == [(1, "reserve", None, 1)]


def test_what_the_vote_refused_or_set_aside_takes_no_money():
    files = [
        voted(1, 1, None, disposition="rejected"),
        voted(2, 2, None, disposition="reserve"),
        voted(3, 3, 70),
        voted(4, 4, 70),
        voted(5, None, None, disposition="rejected"),
    ]
    assert told(propose_list(files, 100)) == [
        (1, "rejected", None, None),
        (2, "reserve", None, 1),
        (3, "selected", 70, None),
        (4, "reserve", None, 2),
        (5, "rejected", None, None),
    ]


def test_what_has_no_rank_comes_last():
    assert [line.key for line in propose_list([voted(1, None, 10), voted(2, 2, 10), voted(3, 1, 10)], 100)] == [3, 2, 1]
    assert propose_list([], 100) == []


# ---- what the chairs may change ----


def application(requested: int, minimum: int | None, ceiling: int = 10_000):
    call = SimpleNamespace(ceiling_amount=ceiling, floor_amount=0)
    return SimpleNamespace(requested_amount=requested, minimum_viable_amount=minimum, call=call)


FILES = [
    voted(1, 1, 60, least=30),
    voted(2, 2, 40, least=20),
    voted(3, 3, 20, least=10),
    voted(4, 4, None, 0, "rejected"),
]
APPLICATIONS = {1: application(80, 30), 2: application(40, 20), 3: application(20, 10), 4: application(20, 10)}


def changed(*changes, free=100) -> str:
    """Code of the refusal of the proposed list with these changes; nothing when it may be adopted."""
    own = [{"item": one.key, "grounds": "L’enveloppe ne suffit plus."} for one in FILES]
    given_ = {one["item"]: one for one in own}
    for change in changes:
        given_[change["item"]] |= change
    lines = with_changes(propose_list(FILES, free), given_.values())
    try:
        check_list(lines, FILES, APPLICATIONS, free)
    except Refusal as refusal:
        return refusal.code
    return ""


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ([], ""),
        ([{"item": 1, "amount": 30}], "below_the_vote"),
        ([{"item": 1, "amount": 29}], "below_minimum_viable"),
        ([{"item": 1, "amount": 61}], "above_the_vote"),
        ([{"item": 1, "amount": 81}], "award_above_request"),
        ([{"item": 1, "amount": 0}], "amount_missing"),
        ([{"item": 1, "amount": -5}], "amount_missing"),
        ([{"item": 1, "outcome": "reserve"}], "skip_requires_vote"),
        ([{"item": 1, "outcome": "reserve"}, {"item": 2, "outcome": "reserve"}], ""),
        ([{"item": 2, "outcome": "reserve"}], ""),
        ([{"item": 1, "outcome": "rejected"}], "against_the_vote"),
        ([{"item": 4, "outcome": "selected", "amount": 10}], "against_the_vote"),
        ([{"item": 4, "outcome": "reserve"}], "against_the_vote"),
        ([{"item": 3, "outcome": "selected", "amount": 20}], "envelope_exceeded"),
        ([{"item": 1, "amount": 50}, {"item": 3, "outcome": "selected", "amount": 10}], "below_the_vote"),
        ([{"item": 2, "amount": 20}, {"item": 3, "outcome": "selected", "amount": 20}], "below_the_vote"),
        ([{"item": 1, "amount": 30}, {"item": 2, "amount": 20}], "below_the_vote"),
        ([{"item": 2, "outcome": "reserve"}, {"item": 3, "outcome": "selected", "amount": 20}], "skip_requires_vote"),
        ([{"item": 1, "outcome": "perhaps"}], "outcome_unknown"),
        ([{"item": 4, "grounds": "  "}], "grounds_missing"),
    ],
)
def test_a_changed_list_is_adopted_or_says_why_not(changes, code):
    """100 is free: 60 and 40 are funded, 20 waits, one is refused."""
    assert changed(*changes) == code


def test_the_list_takes_nothing_from_the_amount_voted_but_at_the_end_of_the_envelope():
    lines = with_changes(propose_list(FILES, 110), [{"item": 1, "amount": 50}])
    with pytest.raises(Refusal) as caught:
        check_list(lines, FILES, APPLICATIONS, 110)
    assert (caught.value.code, caught.value.field) == ("below_the_vote", "amount_1")
    assert "FP-1" in str(caught.value) and caught.value.remedy
    at_the_end = propose_list(FILES, 110)
    assert told(at_the_end)[2] == (3, "selected", 10, None)  # 10 were left, enough for the third in part
    check_list(at_the_end, FILES, APPLICATIONS, 110)
    with pytest.raises(Refusal):
        check_list(with_changes(at_the_end, [{"item": 3, "amount": 11}]), FILES, APPLICATIONS, 110)


def test_reserve_ranks_are_given_again_in_order():
    lines = with_changes(propose_list(FILES, 100), [{"item": 2, "outcome": "reserve"}])
    assert told(lines) == [
        (1, "selected", 60, None),
        (2, "reserve", None, 1),
        (3, "reserve", None, 2),
        (4, "rejected", None, None),
    ]


def test_a_file_the_vote_put_on_the_reserve_list_may_be_passed_over():
    files = [voted(1, 1, None, 0, "reserve"), voted(2, 2, 40)]
    lines = propose_list(files, 100)
    check_list(lines, files, {1: application(40, 20), 2: application(40, None)}, 100)
    with pytest.raises(Refusal) as caught:
        moved = with_changes(lines, [{"item": 1, "outcome": "selected", "amount": 40}])
        check_list(moved, files, {1: application(40, 20), 2: application(40, None)}, 100)
    assert caught.value.code == "against_the_vote"


# ---- whatever the votes ----


@st.composite
def votes(draw) -> tuple[list[Candidate], int]:
    found = []
    for key in range(draw(st.integers(0, 12))):
        disposition = draw(st.sampled_from(("selected", "selected", "selected", "reserve", "rejected")))
        amount = draw(st.integers(1, 60)) if disposition == "selected" else None
        least = draw(st.integers(0, amount)) if amount else draw(st.integers(0, 10))
        rank = draw(st.none() | st.integers(1, 8))
        found.append(voted(key, rank, amount, least, disposition))
    return found, draw(st.integers(0, 250))


def of(candidates) -> dict:
    return {one.key: application(one.amount or 60, one.least) for one in candidates}


@QUIET
@given(votes(), st.randoms(use_true_random=False))
def test_the_proposed_list(made, random):
    files, free = made
    known, lines = {one.key: one for one in files}, propose_list(files, free)
    assert sorted(line.key for line in lines) == sorted(known)
    ranks = [(known[line.key].rank is None, known[line.key].rank or 0) for line in lines]
    assert ranks == sorted(ranks)

    funded = [line for line in lines if line.outcome == "selected"]
    assert sum(line.amount for line in funded) <= free
    for line in lines:
        vote = known[line.key].disposition
        assert line.outcome in {"selected": ("selected", "reserve")}.get(vote, (vote,))
        assert (line.amount is None) == (line.outcome != "selected")
        assert (line.reserve_rank is None) == (line.outcome != "reserve")
    assert [line.reserve_rank for line in lines if line.outcome == "reserve"] == list(
        range(1, sum(line.outcome == "reserve" for line in lines) + 1)
    )

    # nobody jumps: among the files the votes fund, the funded ones come first; one at most in part, the last, with all that is left
    queue = [line for line in lines if known[line.key].disposition == "selected"]
    assert queue[: len(funded)] == funded
    for line in funded:
        one = known[line.key]
        assert max(1, one.least) <= line.amount <= one.amount and line.partial == (line.amount < one.amount)
    assert not any(line.partial for line in funded[:-1])
    left = free - sum(line.amount for line in funded)
    assert not funded or not funded[-1].partial or left == 0
    if len(queue) > len(funded):  # the first who waits could not have been funded
        assert left < max(1, known[queue[len(funded)].key].least)

    shuffled = list(files)
    random.shuffle(shuffled)
    assert propose_list(shuffled, free) == lines
    waiting = [line for line in queue if line.outcome == "reserve"]
    assert all(line.left == left for line in waiting)
    if waiting:  # the grounds of an aid do not say why a file waits
        with pytest.raises(Refusal) as caught:
            check_list(lines, files, of(files), free)
        assert caught.value.code == "grounds_of_the_vote" and caught.value.field == f"grounds_{waiting[0].key}"
    own = [{"item": line.key, "grounds": "L’enveloppe ne suffit plus."} for line in waiting]
    check_list(with_changes(lines, own), files, of(files), free)


@QUIET
@given(votes(), st.data())
def test_a_list_is_adopted_when_it_keeps_every_rule_and_only_then(made, data):
    files, free = made
    known = {one.key: one for one in files}
    changes = [
        {
            "item": one.key,
            "outcome": data.draw(st.sampled_from(("", "", "selected", "reserve", "rejected"))),
            "amount": data.draw(st.none() | st.integers(-1, 70)),
            "grounds": data.draw(st.sampled_from((None, None, None, None, "Autre motif.", " "))),
        }
        for one in files
        if data.draw(st.booleans())
    ]
    lines = with_changes(propose_list(files, free), changes)
    follows = {line.key: line.amount for line in propose_list(files, free)}
    waits, sound, total = False, True, 0
    for line in lines:
        one = known[line.key]
        allowed = {"selected": ("selected", "reserve"), "reserve": ("reserve",), "rejected": ("rejected",)}
        sound &= line.outcome in allowed[one.disposition] and bool(line.grounds.strip())
        if line.outcome == "selected":
            sound &= not waits and one.amount is not None
            sound &= line.amount is not None and max(1, one.least) <= line.amount <= (one.amount or 0)
            sound &= line.amount in (one.amount, follows[line.key])
            total += line.amount or 0
        waits |= line.outcome == "reserve" and one.disposition == "selected"
        sound &= line.outcome != "reserve" or one.disposition != "selected" or line.grounds.strip() != one.grounds
    try:
        check_list(lines, files, of(files), free)
        adopted = True
    except Refusal as refusal:
        adopted = False
        assert str(refusal)
    assert adopted == (sound and total <= free)


def test_a_file_waits_for_want_of_money_only_when_that_is_so():
    def causes(files, free):
        return reserve_causes(propose_list(files, free), files, free)

    assert causes([voted(1, 1, 100), voted(2, 2, 30)], 100) == {2: "exhausted"}
    assert causes([voted(1, 1, 80), voted(2, 2, 50), voted(3, 3, 20)], 100) == {2: "short", 3: "short"}
    wanted = [voted(1, 1, 60), voted(2, 2, None, 30, disposition="reserve")]
    assert causes(wanted, 100) == {2: "choice"}
    assert causes(wanted, 80) == {2: "short"}
