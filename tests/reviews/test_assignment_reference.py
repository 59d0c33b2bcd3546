"""The solver against another one, written by others on another method: networkx's network simplex, in whole numbers of any size.

The optimum is unique, so the pairs are the same, one by one."""

import random
import time
from dataclasses import replace

import networkx
import pytest

from reviews.assignment import LOAD_COST, Problem, Reader, objective, pair_cost, solve, tie

COLLEGES = ["civil_society", "state"]
SIZES = [(30, 10), (40, 12), (60, 14), (100, 20)]
KINDS = ["plain", "few values", "one value", "short", "minima held", "minima dropped", "one college too small"]


def instance(files, members, kind, seed):
    dice = random.Random(f"{files} {members} {kind} {seed}")
    mean = 4 * files / members
    least, most = {
        "short": (0, 0.9 * mean),
        "minima held": (0.8 * mean, 1.2 * mean),
        "minima dropped": (1.3 * mean, 2 * mean),
    }.get(kind, (0, 1.5 * mean))
    readers = [
        Reader(f"m{n}", COLLEGES[n % 2], int(least * dice.uniform(0.8, 1)), int(most * dice.uniform(1, 1.2)))
        for n in range(members)
    ]
    if kind == "one college too small":
        readers = [replace(reader, maximum=2) if reader.college == "state" else reader for reader in readers]
    applications = [f"FP-{n}" for n in range(files)]
    values = {"few values": [5, 25, 40, 75], "one value": [50]}.get(kind, range(101))
    affinity = {a: {r.id: dice.choice(values) for r in readers if dice.random() < 0.95} for a in applications}
    conflicts = {(a, r.id) for a in applications for r in readers if dice.random() < 0.05}
    return Problem(f"seed {seed}", 2, COLLEGES, readers, applications, affinity, conflicts)


def repair(problem, seed):
    """The same call later: a member gone, some pairs refused, new conflicts, some reviews started."""
    dice = random.Random(seed)
    pairs = solve(problem).pairs
    gone = dice.choice(problem.members).id
    removed = {pair for pair in pairs if pair[1] == gone} | set(dice.sample(pairs, 3))
    conflicts = problem.conflicts | set(dice.sample(pairs, 2))
    started = set(dice.sample(pairs, len(pairs) // 3)) - removed
    return replace(problem, current=set(pairs), started=started, removed=removed, conflicts=conflicts)


def reference(problem, college, *, hold):
    """(missing, pairs) of one college, or None when the minima cannot be held."""
    members = [member for member in problem.members if member.college == college]
    closed = problem.conflicts | problem.removed
    fixed = {(a, m.id) for a in problem.applications for m in members if (a, m.id) in problem.started - closed}
    kept = {a: sum(pair[0] == a for pair in fixed) for a in problem.applications}
    loads = {m.id: sum(pair[1] == m.id for pair in fixed) for m in members}
    total = sum(max(problem.reviews_per_college, kept[a]) for a in problem.applications)
    by_cost = (total + 1) * 2**32
    by_new = by_cost * (10_000 * total + LOAD_COST * total * 4 * (total + max(m.minimum for m in members)))
    by_missing = by_new * (total + 1)
    graph = networkx.MultiDiGraph()
    for application in problem.applications:
        graph.add_node(application, demand=max(problem.reviews_per_college - kept[application], 0))
        graph.add_edge("pool", application, weight=by_missing, capacity=problem.reviews_per_college)
    lent = 0
    for member in members:
        least = member.minimum if hold else 0
        lent += least
        graph.add_node(member.id, demand=loads[member.id] - least)
        for number in range(least + 1, max(member.maximum, loads[member.id]) + 1):
            graph.add_edge(
                "pool", member.id, weight=LOAD_COST * (2 * (number - member.minimum) - 1) * by_cost, capacity=1
            )
        for application in problem.applications:
            pair = (application, member.id)
            if pair not in closed | fixed:
                cost = pair_cost(problem.affinity[application].get(member.id, 50)) * by_cost + tie(problem.seed, *pair)
                new = by_new if problem.current and pair not in problem.current else 0
                graph.add_edge(member.id, application, weight=cost + new, capacity=1)
    graph.add_node("pool", demand=lent - total)
    try:
        _cost, flow = networkx.network_simplex(graph)
    except networkx.NetworkXUnfeasible:
        return None
    pairs = {(a, m.id) for m in members for a in flow[m.id] if sum(flow[m.id][a].values())} | fixed
    return sum(sum(flow["pool"][a].values()) for a in problem.applications), pairs


def best(problem, college):
    """(missing, pairs, whether the minima were dropped) by the rules of the call."""
    free, held = reference(problem, college, hold=False), reference(problem, college, hold=True)
    dropped = held is None or held[0] > free[0]
    return (*(free if dropped else held), dropped)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_same_pairs_as_another_solver_at_first_and_after_a_recusal(size, kind):
    first = instance(*size, kind, 1)
    for problem in (first, repair(first, 2)):
        solution = solve(problem)
        expected = {college: best(problem, college) for college in COLLEGES}
        assert solution.missing == {college: found[0] for college, found in expected.items()}
        assert solution.minima_dropped == [college for college, found in expected.items() if found[2]]
        pairs = {pair for found in expected.values() for pair in found[1]}
        assert objective(problem, solution.pairs) == objective(problem, pairs)
        assert set(solution.pairs) == pairs and len(solution.pairs) == len(pairs)


def test_the_instances_are_of_every_kind():
    problems = {kind: instance(60, 14, kind, 1) for kind in KINDS}
    found = {kind: solve(problem) for kind, problem in problems.items()}
    assert [kind for kind in KINDS if found[kind].minima_dropped] == ["minima dropped"]
    assert all(found["short"].missing.values())
    assert [bool(count) for count in found["one college too small"].missing.values()] == [False, True]
    assert any(reader.minimum for reader in problems["minima held"].members)
    again = repair(problems["plain"], 2)
    assert again.started and objective(again, solve(again).pairs)[1] > 0


def test_a_thousand_files_and_a_hundred_members_take_seconds():
    problem = instance(1000, 100, "few values", 1)
    started = time.process_time()
    solution = solve(problem)
    assert time.process_time() - started < 10  # about 0.9 s on two shared cores
    assert len(solution.pairs) == 4000
