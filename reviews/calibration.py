"""The calibrated score, shown beside the score and never used to rank: the same reviews without what is each reader's own leniency.

Leniency by least squares over the files several readers share: a reader's own total is the file, plus what parts the two colleges, plus his leniency, plus
chance. Each reader is treated as if he had given three more neutral reviews (`SHRINKAGE`), so that little is said of who has read little. What parts the
colleges is fitted apart: leniencies sum to zero inside each college, and no weight moves from one to the other. The system is built in whole numbers and its
solution rounded to a thousandth, so that neither the order of the files nor the machine shows; what follows is in exact fractions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm
from operator import mul
from typing import Any

from fund.enums import College
from reviews import scoring
from reviews.scoring import Ballot, Score, Weight

SHRINKAGE = 3
THOUSANDTHS = 1000
HIGHEST = Fraction(scoring.MAX_HALF_POINTS, 2)


def leniencies(given: Mapping[Any, Sequence[Ballot]], weights: Sequence[Weight]) -> dict[int, Fraction]:
    """By reader, how far above (below: negative) colleagues on the same files he scores, out of 5. Ballots by file, each with its reader."""
    files = [
        [(reader, ballot.college == College.STATE, total) for reader, ballot, total in found]
        for ballots in given.values()
        if len(found := _judged(ballots, weights)) > 1
    ]
    readers = sorted({reader for rows in files for reader, _state, _total in rows})
    if not readers:
        return {}
    matrix, vector = _normal(files, {reader: place for place, reader in enumerate(readers)})
    solved = _solve(matrix, vector) if any(vector) else [0.0] * len(readers)
    return {
        reader: Fraction(round(value * THOUSANDTHS), THOUSANDTHS) for reader, value in zip(readers, solved, strict=True)
    }


def _judged(ballots: Iterable[Ballot], weights: Sequence[Weight]) -> list[tuple[int, Ballot, Fraction]]:
    """Ballots whose reader is known, with him and his own total."""
    return [
        (ballot.reader, ballot, total)
        for ballot in ballots
        if ballot.reader is not None and (total := scoring.own_total(ballot, weights)) is not None
    ]


def _normal(files, place: Mapping[int, int]) -> tuple[list[list[float]], list[float]]:
    """The normal equations once the files and the gap between the colleges are eliminated, in whole numbers until the last division.

    Over each file everything is taken from its mean: `pairs` are the readers' products, `across` theirs with the college, `spread` the college's own.
    """
    size, common = len(place), lcm(*(len(rows) for rows in files))
    unit = lcm(*(total.denominator for rows in files for _reader, _state, total in rows))
    pairs = [[0] * size for _row in range(size)]
    across, vector, spread, tilt = [0] * size, [0] * size, 0, 0
    for rows in files:
        part = common // len(rows)
        places = [place[reader] for reader, _state, _total in rows]
        states = sum(state for _reader, state, _total in rows)
        totals = [total.numerator * (unit // total.denominator) for _reader, _state, total in rows]
        whole = sum(totals)
        spread += part * states * (len(rows) - states)
        for own, (_reader, state, _total), total in zip(places, rows, totals, strict=True):
            line = pairs[own]
            line[own] += common
            for other in places:
                line[other] -= part
            away = common * total - part * whole
            vector[own] += away
            across[own] += common * state - part * states
            tilt += away * state
    apart = spread or 1  # no file read by both colleges: nothing to fit between them, and `across` is zero
    scale = common * apart
    matrix = [
        [(apart * pairs[row][column] - across[row] * across[column]) / scale for column in range(size)]
        for row in range(size)
    ]
    for row in range(size):
        matrix[row][row] += SHRINKAGE
    return matrix, [(apart * vector[row] - across[row] * tilt) / (scale * unit) for row in range(size)]


def _solve(matrix: list[list[float]], vector: list[float]) -> list[float]:
    """A symmetric positive definite system by L·D·Lᵀ, always in the same order: the same bits on every machine."""
    size = len(vector)
    lower: list[list[float]] = []
    diagonal: list[float] = []
    for row in range(size):
        line: list[float] = []
        own: list[float] = []
        for column in range(row):
            value = matrix[row][column] - sum(map(mul, line, lower[column]))
            line.append(value)
            own.append(value / diagonal[column])
        diagonal.append(matrix[row][row] - sum(map(mul, line, own)))
        lower.append(own)
    forward: list[float] = []
    for row in range(size):
        forward.append(vector[row] - sum(map(mul, lower[row], forward)))
    result = [value / pivot for value, pivot in zip(forward, diagonal, strict=True)]
    for row in range(size - 1, -1, -1):
        for column in range(row):
            result[column] -= lower[row][column] * result[row]
    return result


def advisory(
    found: Score, ballots: Sequence[Ballot], weights: Sequence[Weight], lenient: Mapping[int, Fraction]
) -> Fraction | None:
    """The calibrated score of a file: each college's mean on each criterion without the leniency of those who judged it, then the mean of the two colleges."""
    if found.value is None:
        return None
    total, taken = sum(weight.weight for weight in weights), Fraction(0)
    for college in scoring.COLLEGES:
        own = [ballot for ballot in ballots if ballot.college == college]
        for weight in weights:
            judges = [
                lenient.get(ballot.reader, Fraction(0)) if ballot.reader is not None else Fraction(0)
                for ballot in own
                if ballot.half_points.get(weight.code) is not None
            ]
            taken += Fraction(weight.weight, total) * sum(judges, Fraction(0)) / len(judges)
    return min(HIGHEST, max(Fraction(0), found.value - taken / len(scoring.COLLEGES)))


def standard_error(given: Mapping[Any, Sequence[Ballot]], weights: Sequence[Weight]) -> float | None:
    """What chance alone does to one review, out of 5: the spread of readers of the same file and college, pooled over the files. None when none is shared."""
    squares, freedom = Fraction(0), 0
    for ballots in given.values():
        for college in scoring.COLLEGES:
            totals = [total for _reader, ballot, total in _judged(ballots, weights) if ballot.college == college]
            if len(totals) > 1:
                centre = sum(totals, Fraction(0)) / len(totals)
                squares += sum(((total - centre) ** 2 for total in totals), Fraction(0))
                freedom += len(totals) - 1
    return float(squares / freedom) ** 0.5 if freedom else None


def error_of(found: Score, one_review: float | None) -> float | None:
    """Standard error of a file's score: half that of the sum of its two college means."""
    if one_review is None or not found.complete:
        return None
    return 0.5 * one_review * sum(1 / count for count in found.counts.values()) ** 0.5
