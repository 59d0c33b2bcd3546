"""Who reads what: for each college the exact cheapest assignment, with the prices that prove it.

Parity makes the problem separable, so each college is one flow network. Objectives in order: fewest missing reviews, then (after a recusal) fewest new
pairs, then Σ(100 − affinity)² + 20·Σ(load − min)², then the smaller sum of ties, each tie being the first four bytes of SHA-256 of
`seed|application|member`: the optimum is unique, whatever the solver. `flow` finds it, `proof` proves it in whole numbers.
"""

from reviews.assignment.problem import (
    FORMAT,
    LOAD_COST,
    Problem,
    ProblemError,
    Reader,
    Solution,
    check,
    load_cost,
    objective,
    pair_cost,
    read_instance,
    tie,
    write_solution,
)

__all__ = [
    "FORMAT",
    "LOAD_COST",
    "Problem",
    "ProblemError",
    "Reader",
    "Solution",
    "load_cost",
    "objective",
    "pair_cost",
    "read_instance",
    "solve",
    "tie",
    "write_solution",
]


def solve(problem: Problem) -> Solution:
    """The best assignment of every college. Raises ProblemError."""
    from reviews.assignment.network import Network  # numpy is loaded by those who solve

    check(problem)
    solution = Solution([], {}, {}, {}, [])
    for college in problem.colleges:
        Network(problem, college).solve(solution)
    order = {application: place for place, application in enumerate(problem.applications)}
    solution.pairs.sort(key=lambda pair: (order[pair[0]], pair[1]))
    return solution
