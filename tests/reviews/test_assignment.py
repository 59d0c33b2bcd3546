"""The solver against every possible assignment: optimal, parity-separable, minimal change, shortage told."""

import itertools
import json
import random

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from reviews.assignment import (
    Problem,
    ProblemError,
    Reader,
    load_cost,
    objective,
    pair_cost,
    read_instance,
    solve,
    tie,
)
from reviews.assignment.network import Network
from reviews.assignment.proof import Proof, Unproved

COLLEGES = ["civil_society", "state"]


def instance(seed=1, *, files=3, per_college=3, k=1, conflicts=0, low=0, high=None):
    dice = random.Random(seed)  # noqa: S311
    members = [
        Reader(f"{college[0]}{n}", college, low, high or files) for college in COLLEGES for n in range(per_college)
    ]
    applications = [f"FP-{n}" for n in range(files)]
    affinity = {a: {m.id: dice.randrange(0, 101, 5) for m in members} for a in applications}
    pairs = [(a, m.id) for a in applications for m in members]
    return Problem(
        f"seed-{seed}",
        k,
        COLLEGES,
        members,
        applications,
        affinity,
        set(dice.sample(pairs, min(conflicts, len(pairs)))),
    )


def brute(problem):
    """Best (missing, new pairs, cost, ties) of each college by trying every set of readers for every file."""
    total = []
    for college in problem.colleges:
        members = [m for m in problem.members if m.college == college]
        options = []
        for application in problem.applications:
            closed = problem.conflicts | problem.removed
            allowed = [m.id for m in members if (application, m.id) not in closed]
            options.append(
                [
                    chosen
                    for size in range(problem.reviews_per_college + 1)
                    for chosen in itertools.combinations(allowed, size)
                ]
            )
        best = {}
        for choice in itertools.product(*options):
            loads = {m.id: 0 for m in members}
            for chosen in choice:
                for member in chosen:
                    loads[member] += 1
            if any(loads[m.id] > m.maximum for m in members):
                continue
            missing = sum(problem.reviews_per_college - len(chosen) for chosen in choice)
            held = all(loads[m.id] >= m.minimum for m in members)
            pairs = [(a, m) for a, chosen in zip(problem.applications, choice, strict=True) for m in chosen]
            cost = sum(pair_cost(problem.affinity[a][m]) for a, m in pairs) + sum(
                load_cost(loads[m.id], m.minimum) for m in members
            )
            if not problem.started & {(a, m.id) for a in problem.applications for m in members} <= set(pairs):
                continue
            new = sum(1 for pair in pairs if problem.current and pair not in problem.current)
            key = (missing, new, cost, sum(tie(problem.seed, *pair) for pair in pairs))
            best[held] = min(best.get(held, key), key)
        fewest = min(key[0] for key in best.values())
        total.append(best[True] if True in best and best[True][0] == fewest else min(best.values()))
    return total


@pytest.mark.parametrize("seed", range(12))
def test_same_as_trying_everything(seed):
    problem = instance(
        seed, files=3, per_college=3, k=1 + seed % 2, conflicts=seed % 6, low=seed % 2, high=1 + seed % 3
    )
    solution = solve(problem)
    expected = brute(problem)
    assert sum(solution.missing.values()) == sum(key[0] for key in expected)
    assert objective(problem, solution.pairs) == tuple(sum(key[part] for key in expected) for part in (2, 1, 3))
    assert not set(solution.pairs) & problem.conflicts


def test_every_file_gets_as_many_readers_of_each_college_and_order_does_not_matter():
    problem = instance(4, files=12, per_college=5, k=2, conflicts=8)
    solution = solve(problem)
    college = {m.id: m.college for m in problem.members}
    for application in problem.applications:
        for name in COLLEGES:
            assert sum(1 for a, m in solution.pairs if a == application and college[m] == name) == 2
    shuffled = instance(4, files=12, per_college=5, k=2, conflicts=8)
    shuffled.members.reverse()
    shuffled.applications.reverse()
    assert set(solve(shuffled).pairs) == set(solution.pairs)


def test_shortage_is_told_never_hidden():
    problem = instance(2, files=2, per_college=2, k=2)
    problem.conflicts = {("FP-0", "s0")}
    solution = solve(problem)
    assert solution.missing == {"civil_society": 0, "state": 1}
    assert solution.missing_by_application == {("FP-0", "state"): 1}


def test_minima_that_cannot_be_held_are_dropped_and_told():
    problem = instance(3, files=2, per_college=3, k=1, low=1)
    solution = solve(problem)
    assert solution.minima_dropped == COLLEGES and sum(solution.missing.values()) == 0


def test_after_a_recusal_only_what_must_changes_and_started_reviews_stay():
    problem = instance(7, files=10, per_college=5, k=2)
    first = solve(problem)
    gone = first.pairs[0]
    mine = [pair for pair in first.pairs if pair[1] == gone[1]]
    again = instance(7, files=10, per_college=5, k=2)
    again.current, again.removed, again.started = set(first.pairs), {gone}, set(first.pairs[3:9]) - {gone}
    second = solve(again)
    assert gone not in second.pairs and len(set(second.pairs) - set(first.pairs)) == 1
    assert again.started <= set(second.pairs)
    assert len([pair for pair in second.pairs if pair[1] == gone[1]]) == len(mine) - 1


@pytest.mark.parametrize("seed", range(12))
def test_a_repair_is_the_best_of_all_repairs(seed):
    problem = instance(seed, files=3, per_college=3, k=1 + seed % 2, conflicts=seed % 4, high=2 + seed % 2)
    first = solve(problem).pairs
    dice = random.Random(seed)
    problem.current, problem.removed = set(first), set(dice.sample(first, min(len(first), 1 + seed % 2)))
    problem.started = set(dice.sample(first, len(first) // 2)) - problem.removed
    solution, expected = solve(problem), brute(problem)
    assert sum(solution.missing.values()) == sum(key[0] for key in expected)
    assert objective(problem, solution.pairs) == tuple(sum(key[part] for key in expected) for part in (2, 1, 3))


def test_prices_prove_that_no_swap_gains():
    problem = instance(9, files=8, per_college=4, k=2)
    solution = solve(problem)
    chosen = set(solution.pairs)
    for college in COLLEGES:
        network = Network(problem, college)
        weights = network.weights
        for (row, column), weight in np.ndenumerate(weights):
            if not network.free[row, column]:
                continue
            application, member = problem.applications[row], network.members[column].id
            gap = solution.prices[f"{application}|{college}"] - solution.prices[member]
            # A pair that is chosen is worth its cost at least, one that is not at most.
            assert gap >= weight if (application, member) in chosen else gap <= weight


def test_what_is_not_the_best_is_not_proved():
    network = Network(instance(9, files=8, per_college=4, k=2), "state")
    solution = solve(instance(9, files=8, per_college=4, k=2))
    taken = np.zeros(network.shape, dtype=bool)
    for application, member in solution.pairs:
        if member in network.columns:
            taken[network.rows[application], network.columns[member]] = True

    def proof(taken):
        return Proof(network, taken, network.weights, network.scale_missing, network.minimum, network._load)

    assert proof(taken).members == [solution.prices[member.id] for member in network.members]
    for row in range(8):
        worse = taken.copy()
        worse[row] = ~worse[row]  # two of four read: the two others instead
        with pytest.raises(Unproved):
            proof(worse)
    taken[0, taken[0].argmax()] = False
    with pytest.raises(Unproved):
        proof(taken)


def test_command_reads_and_writes_files(tmp_path, capfd):
    data = {
        "format": "paritary-assignment/1",
        "seed": "S",
        "reviews_per_college": 1,
        "colleges": COLLEGES,
        "members": [
            {"id": "c", "college": "civil_society", "min": 0, "max": 5},
            {"id": "s", "college": "state", "min": 0, "max": 5},
        ],
        "applications": ["A", "B"],
        "affinity": [[50, 60], [70, 80]],
        "conflicts": [["A", "s"]],
    }
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    source.write_text(json.dumps(data))
    call_command("solve_assignment", "--in", str(source), "--out", str(target))
    assert capfd.readouterr().out == "3 pairs; missing reviews: civil_society: 0, state: 1\n"
    answer = json.loads(target.read_text())
    assert answer["pairs"] == [["A", "c"], ["B", "c"], ["B", "s"]] and answer["missing"] == {
        "civil_society": 0,
        "state": 1,
    }
    assert all(isinstance(price, int) for price in answer["prices"].values())
    with pytest.raises(ProblemError):
        read_instance({"format": "other"})


EMPTY = {
    "format": "paritary-assignment/1",
    "seed": "S",
    "reviews_per_college": 2,
    "colleges": COLLEGES,
    "members": [],
    "applications": [],
    "affinity": [],
    "conflicts": [],
}


def test_an_instance_without_readers_or_without_files_is_solved_too():
    assert solve(read_instance(EMPTY | {"applications": ["A"], "affinity": [[]]})).missing == dict.fromkeys(COLLEGES, 2)
    reader = {"id": "c", "college": "state", "min": 1, "max": 2}
    solution = solve(read_instance(EMPTY | {"members": [reader]}))
    assert (solution.pairs, solution.minima_dropped) == ([], ["state"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"reviews_per_college": 0},
        {"applications": ["A", "A"], "affinity": [[], []]},
        {"applications": ["A"], "affinity": []},
        {"members": [{"id": "c", "college": "elsewhere", "min": 0, "max": 1}]},
        {"members": [{"id": "c", "college": "state", "min": 2, "max": 1}]},
        {
            "members": [{"id": "c", "college": "state", "min": 0, "max": 1}],
            "applications": ["A"],
            "affinity": [[101]],
        },
        {"members": [{"id": "c", "college": "state", "min": 10**9, "max": 10**9}]},
        {"conflicts": [["A"]]},
        {"seed": None, "members": None},
    ],
)
def test_an_instance_that_makes_no_sense_is_refused_in_words(tmp_path, wrong):
    source = tmp_path / "in.json"
    source.write_text(json.dumps(EMPTY | wrong))
    with pytest.raises(CommandError, match="."):
        call_command("solve_assignment", "--in", str(source), "--out", str(tmp_path / "out.json"))
