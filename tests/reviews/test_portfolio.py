"""What an envelope could fund, as pure figures: never a cent over, every cent in its place."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from reviews import portfolio
from reviews.portfolio import Wish

cents = st.integers(0, 3_000_000)
wishes = st.lists(st.tuples(cents, cents), max_size=12).map(
    lambda rows: [Wish(key, most, min(most, least)) for key, (most, least) in enumerate(rows)]
)
groups = st.lists(st.tuples(st.lists(st.sampled_from("abcd"), max_size=4), cents), max_size=12)
quick = settings(max_examples=60, deadline=None)


@quick
@given(wishes, st.integers(0, 20_000_000))
def test_the_money_is_never_passed_and_nobody_is_served_past_the_line(asked, free):
    found = portfolio.fill(asked, free)
    assert sum(found.values()) <= free
    by_key = {wish.key: wish for wish in asked}
    assert all(max(1, by_key[key].least) <= amount <= by_key[key].most for key, amount in found.items())
    partial = [key for key, amount in found.items() if amount < by_key[key].most]
    assert len(partial) <= 1
    reached = [wish.key for wish in asked if wish.most > 0]
    assert list(found) == reached[: len(found)]
    assert not partial or partial == list(found)[-1:] and sum(found.values()) == free


@quick
@given(wishes, st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_more_money_takes_nothing_from_anybody(asked, free, more):
    before, after = portfolio.fill(asked, free), portfolio.fill(asked, free + more)
    assert all(after.get(key, 0) >= amount for key, amount in before.items())


@quick
@given(groups)
def test_the_parts_sum_to_the_whole(rows):
    found = portfolio.shares(rows)
    assert sum(one.amount for one in found) == sum(amount for _groups, amount in rows)
    assert all(one.amount >= 0 and one.files >= 1 for one in found)


@quick
@given(st.integers(0, 10**9), st.integers(1, 9))
def test_a_split_is_equal_to_the_cent(amount, parts):
    found = portfolio.split(amount, parts)
    assert sum(found) == amount and max(found) - min(found) <= 1


@quick
@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_each_funded_file_is_counted_once(funded, civil, state):
    found = portfolio.agreement(funded, dict.fromkeys(civil, 1), dict.fromkeys(state, 1))
    assert found.both + found.civil + found.state + found.neither == len(funded)
    assert found.both == len(funded & civil & state)


def test_the_first_that_does_not_fit_gets_what_is_left_or_closes_the_list():
    assert portfolio.fill([Wish("a", 60, 60), Wish("b", 60, 30), Wish("c", 10, 10)], 100) == {"a": 60, "b": 40}
    assert portfolio.fill([Wish("a", 60, 60), Wish("b", 60, 50), Wish("c", 10, 10)], 100) == {"a": 60}


def test_faults_are_told_of_funded_files_alone():
    facts = {"requested": 100, "ceiling": 80, "least": 50}
    assert portfolio.faults(0, **facts) == []
    assert portfolio.faults(60, **facts) == []
    assert portfolio.faults(40, **facts) == ["below_least"]
    assert portfolio.faults(90, **facts) == ["above_ceiling"]
    assert portfolio.faults(120, **facts) == ["above_requested", "above_ceiling"]
