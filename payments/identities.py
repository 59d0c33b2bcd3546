"""Which lines of a bank file are movements already taken in from an earlier file, and which are new ones that say exactly the same.

A payment of the fund, a whole batch and a status happen once: they are known by what they say. Anything else (two gifts of the same sum on the same day)
is told apart by the bank's own reference, then by the number of the statement; a notice and a statement are of one movement. What nothing tells apart
is taken in and waits for a person: money is neither counted twice nor passed over in silence.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

from payments.bank_csv import KIND as CSV
from payments.camt import Line, Statement
from payments.models import StatementLine


@dataclass(frozen=True)
class Found:
    """A line of a file: already taken in, new, or new as far as can be told (`doubtful`)."""

    position: int
    line: Line
    identity: str
    known: bool
    doubtful: bool


def identified(parsed: Statement, ours: set[str]) -> list[Found]:
    """The lines of the file, debits first, so that a return finds its payment settled. `ours` are the end-to-end ids of the fund's orders."""
    alike: dict[str, list[tuple[int, Line]]] = defaultdict(list)
    for position, line in enumerate(parsed.lines, start=1):
        alike[line.identity()].append((position, line))
    found = [one for group in alike.values() for one in _told_apart(group, parsed.kind, ours)]
    found = _across_formats(found, parsed.kind, ours)
    return sorted(found, key=lambda one: (one.line.is_return, one.position))


def _across_formats(found: list[Found], kind: str, ours: set[str]) -> list[Found]:
    """A CSV words a movement otherwise than a camt file: same sum, direction and day in a file of the other sort is perhaps the same money."""
    new = [
        one for one in found if not (one.known or one.doubtful or one.line.end_to_end_id in ours) and one.line.booked
    ]
    rows = StatementLine.objects.filter(amount__in={one.line.amount for one in new}).select_related("statement")
    rows = rows.exclude(statement__kind=CSV) if kind == CSV else rows.filter(statement__kind=CSV)
    left: dict[tuple, int] = defaultdict(int)
    for row in rows.exclude(state="ignored"):
        left[row.direction, row.amount, row.value_on or row.booked_on] += 1
    doubtful = set()
    for one in new:
        key = one.line.direction, one.line.amount, one.line.value_on or one.line.booked_on
        if left[key]:
            left[key] -= 1
            doubtful.add(one.position)
    return [replace(one, doubtful=True) if one.position in doubtful else one for one in found]


def _told_apart(group: list[tuple[int, Line]], kind: str, ours: set[str]) -> list[Found]:
    """Lines of one file that say the same, each paired with a line taken in earlier, or with none."""
    left = _earlier(group[0][1], len(group))
    taken = len(left)
    first = group[0][1]
    once = first.end_to_end_id in ours or bool(first.batch_message_id) or first.direction == "status"
    pairs: dict[int, StatementLine | None] = {}
    tests = (
        _same_reference,
        lambda line, row: not _differ(line, row, kind) and _same_place(line, row, kind),
        lambda line, row: once or not _differ(line, row, kind),
    )
    for test in tests:
        for position, line in group:
            if position not in pairs and (row := next((row for row in left if test(line, row)), None)):
                pairs[position] = row
                left.remove(row)
    found = []
    for position, line in group:
        row = pairs.get(position)
        known = row is not None and (once or _same_reference(line, row) or _same_place(line, row, kind))
        if not known:
            taken += 1
        identity = row.identity if known and row else line.identity(taken - 1)
        found.append(Found(position, line, identity, known, row is not None and not known))
    return found


def _earlier(line: Line, room: int) -> list[StatementLine]:
    """The lines already taken in that say the same; their ranks follow one another from 0."""
    rows: list[StatementLine] = []
    while True:
        names = [line.identity(rank) for rank in range(len(rows), len(rows) + room + 1)]
        more = list(StatementLine.objects.filter(identity__in=names).select_related("statement"))
        rows += sorted(more, key=lambda row: names.index(row.identity))
        if len(more) < len(names):
            return rows


def _same_reference(line: Line, row: StatementLine) -> bool:
    return bool(line.bank_reference) and line.bank_reference[:140] == row.bank_reference


def _same_place(line: Line, row: StatementLine, kind: str) -> bool:
    """A notice and the statement that follows it, or two files of one numbered statement."""
    return row.statement.kind != kind or bool(line.statement_number) and line.statement_number == row.statement_number


def _differ(line: Line, row: StatementLine, kind: str) -> bool:
    """The bank itself says that these are two movements."""
    if row.statement.kind != kind:
        return False
    if line.bank_reference and row.bank_reference:
        return line.bank_reference[:140] != row.bank_reference
    return bool(line.statement_number and row.statement_number) and line.statement_number != row.statement_number
