"""Clocks and the closing table. CPU time of this process (the database's own too on SQLite) survives a busy machine; wall time does not."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One line: what, how much, and against which limit of this machine."""

    what: str
    value: str
    ratio: str = ""


@dataclass
class Report:
    figures: list[Figure] = field(default_factory=list)

    def add(self, what: str, value: str, ratio: str = "") -> None:
        self.figures.append(Figure(what, value, ratio))
        sys.stdout.write(f"{what:<58} {value:>24}  {ratio}\n")
        sys.stdout.flush()

    def title(self, text: str) -> None:
        self.figures.append(Figure(text, ""))
        sys.stdout.write(f"\n{text}\n{'-' * len(text)}\n")

    def markdown(self) -> str:
        lines: list[str] = []
        for figure in self.figures:
            if figure.value:
                lines.append(f"| {figure.what} | {figure.value} | {figure.ratio} |")
            else:
                lines += ["", f"### {figure.what}", "", "| what | figure | against |", "|---|---|---|"]
        return "\n".join(lines).strip() + "\n"


def cpu(act: Callable[[], object], times: int = 5) -> float:
    """Median CPU milliseconds of `act`, after one turn that warms the caches."""
    act()
    spent = []
    for _turn in range(times):
        started = time.process_time()
        act()
        spent.append((time.process_time() - started) * 1000)
    return statistics.median(spent)


def each(act: Callable[[int], object], times: int) -> tuple[float, float]:
    """CPU milliseconds and wall milliseconds of one `act(0…times-1)`, on average."""
    wall, spent = time.monotonic(), time.process_time()
    for number in range(times):
        act(number)
    return (time.process_time() - spent) * 1000 / times, (time.monotonic() - wall) * 1000 / times
