"""What the score, the calibrated score and the flags are worth on simulated panels (tables T1 to T7), by the product's own code.

Each figure of the product is checked against the one published with the method: within three standard errors (both simulations' own), and the rounding of the
publication. One that is not stops the run. Figures of other methods are printed beside, unchecked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from bench.measure import Report
from bench.panels import WEIGHTS, Panel, World, draw, scores, spearman, top_share
from bench.rivals import RIVALS
from reviews import calibration

PUBLISHED_ERROR = 0.004
"""Standard error of the published correlations; 0.02 for the smallest panel."""
PARITY, ADVISORY = "parity mean", "calibrated"


@dataclass
class Cell:
    """One figure: what was measured over the draws, and what was published. `half` is half of its last digit."""

    name: str
    published: float | None = None
    error: float = PUBLISHED_ERROR
    half: float = 0.0005
    checked: bool = True
    digits: int = 3
    values: list[float] = field(default_factory=list)

    @property
    def mean(self) -> float:
        return float(np.mean(self.values))

    @property
    def own_error(self) -> float:
        return float(np.std(self.values, ddof=1) / len(self.values) ** 0.5) if len(self.values) > 1 else 0.0

    @property
    def agrees(self) -> bool:
        if self.published is None:
            return True
        return abs(self.mean - self.published) <= 3 * float(np.hypot(self.own_error, self.error)) + self.half

    def tell(self, report: Report) -> None:
        against = f"s.e. {self.own_error:.{self.digits}f}"
        if self.published is not None:
            against += f"; published {self.published:.{self.digits}f}"
            against += f", {'agrees' if self.agrees else 'DIFFERS'}" if self.checked else ""
        report.add(self.name, f"{self.mean:.{self.digits}f}", against)
        if self.checked and not self.agrees:
            raise RuntimeError(f"{self.name}: {self.mean:.4f} is not {self.published}")


def draws(world: World, number: int, seed: int) -> Iterable[Panel]:
    """The same panels on every machine."""
    for turn in range(number):
        yield draw(np.random.default_rng([seed, turn]), world)


def correlation(name: str, world: World, number: int, seed: int, parity, advisory, error=PUBLISHED_ERROR, rivals=None):
    """Spearman with the truth: the product's two scores, checked, and the rivals asked for with what was published of them."""
    rivals = rivals or {}
    cells = {
        PARITY: Cell(f"{name}: {PARITY}", parity, error),
        ADVISORY: Cell(f"{name}: {ADVISORY}", advisory, error),
    } | {other: Cell(f"{name}: {other}", value, error, checked=False) for other, value in rivals.items()}
    shares = {key: Cell(f"{name}: {key}, share of the best 30 %") for key in (PARITY, ADVISORY)}
    for panel in draws(world, number, seed):
        own, other, _found = scores(panel)
        for key, values in ((PARITY, own), (ADVISORY, other)):
            cells[key].values.append(spearman(values, panel.quality))
            shares[key].values.append(top_share(values, panel.quality))
        for rival in rivals:
            cells[rival].values.append(spearman(RIVALS[rival](panel), panel.quality))
    return list(cells.values()), shares


T1 = {
    0.0: (0.864, 0.861, (0.865, 0.846, 0.858, 0.857, 0.849, 0.860, 0.864), (0.765, 0.761)),
    0.25: (0.851, 0.860, (0.851, 0.831, 0.857, 0.856, 0.850, 0.860, 0.860), (0.746, 0.756)),
    0.5: (0.812, 0.860, (0.812, 0.789, 0.858, 0.857, 0.849, 0.860, 0.860), (0.724, 0.758)),
    0.75: (0.757, 0.857, (0.757, 0.731, 0.857, 0.855, 0.850, 0.858, 0.859), (0.687, 0.756)),
    1.0: (0.697, 0.853, (0.697, 0.669, 0.854, 0.854, 0.849, 0.856, 0.856), (0.650, 0.751)),
}
"""By s.d. of leniency: parity mean, calibrated, the rivals in order, shares of the best 30 % (parity, calibrated)."""
T2 = {(20, 10): (0.812, 0.836, 0.02), (40, 10): (0.828, 0.856, 0.004), (60, 12): (0.818, 0.851, 0.004)} | {
    (150, 20): (0.820, 0.857, 0.004)
}
T3 = {1: (0.715, 0.756), 2: (0.815, 0.860), 3: (0.873, 0.903), 4: (0.899, 0.923)}
T4 = {0.0: (0.846, None), 0.15: (0.826, 0.842), 0.3: (0.782, 0.800)}


def t1(number: int) -> Iterable[Cell]:
    for leniency, (parity, advisory, others, shares) in T1.items():
        rivals = dict(zip(RIVALS, others, strict=True))
        cells, found = correlation(
            f"T1 leniency {leniency}", World(leniency=leniency), number, 1, parity, advisory, rivals=rivals
        )
        for key, published in zip((PARITY, ADVISORY), shares, strict=True):
            found[key].name = found[key].name.replace("T1 ", "T1b ")
            found[key].published = published
        yield from [*cells, *found.values()]


def t2(number: int) -> Iterable[Cell]:
    for (files, members), (parity, advisory, error) in T2.items():
        turns = number * max(1, 300 // files)
        yield from correlation(f"T2 {files} x {members}", World(files, members), turns, 2, parity, advisory, error)[0]


def t3(number: int) -> Iterable[Cell]:
    for reviews, (parity, advisory) in T3.items():
        world = World(150, 30, reviews)
        yield from correlation(f"T3 {reviews}+{reviews} reviews", world, 2 * number, 3, parity, advisory)[0]


MISSING = World(150, 30, leniency=0.3, harsher=1.0)


def t4(number: int) -> Iterable[Cell]:
    for missing, (parity, advisory) in T4.items():
        world = replace(MISSING, missing=missing)
        rivals = {0.15: {"pooled mean": 0.825}, 0.3: {"pooled mean": 0.779}}.get(missing, {})
        name = f"T4 {missing:.0%} missing"
        yield from correlation(name, world, 2 * number, 4, parity, advisory, rivals=rivals)[0]


def tilt(number: int) -> list[Cell]:
    """T4b: difference of score, at equal quality, between a file that lacks a State review and one that lacks a civil one."""
    cells = {
        PARITY: Cell(f"T4b the tilt: {PARITY}", -0.002, 0.014),
        ADVISORY: Cell(f"T4b the tilt: {ADVISORY}", -0.002, 0.014),
        "pooled mean": Cell("T4b the tilt: pooled mean", 0.320, 0.013, checked=False),
    }
    for panel in draws(replace(MISSING, missing=0.15), number, 5):
        civil = np.bincount(panel.file[panel.state == 0], minlength=len(panel.quality))
        state = np.bincount(panel.file[panel.state == 1], minlength=len(panel.quality))
        lacks_state, lacks_civil = (civil == 2) & (state == 1), (civil == 1) & (state == 2)
        own, other, _found = scores(panel)
        for key, values in ((PARITY, own), (ADVISORY, other), ("pooled mean", RIVALS["pooled mean"](panel))):
            beyond = values - panel.quality
            cells[key].values.append(float(beyond[lacks_state].mean() - beyond[lacks_civil].mean()))
    return list(cells.values())


def t5(number: int) -> Iterable[Cell]:
    """The publication leaves open how a reader's scale multiplies and how far better files went to harsher readers. Read here: his distance from the middle
    is multiplied by a normal of mean 1; each review is dealt on its own, by worth and leniency under noise of twice their spread (`tilt` 0.5).
    """
    worlds = (
        ("scale differs (s.d. 0.3)", World(150, 30, scale=0.3), 0.809, 0.851),
        ("scale differs (s.d. 0.6)", World(150, 30, scale=0.6), 0.797, 0.833),
        ("better files to harsher readers", World(150, 30, tilt=0.5), 0.766, 0.853),
        ("better files to lenient readers", World(150, 30, tilt=-0.5), 0.867, 0.867),
    )
    for name, world, parity, advisory in worlds:
        yield from correlation(f"T5 {name}", world, 2 * number, 6, parity, advisory)[0]


T6 = {
    1: (0.55, 0.80, 16.2, 47, 6.7, 0.60),
    2: (0.39, 0.82, 12.1, 40, 6.0, 0.65),
    3: (0.32, 0.84, 10.2, 35, 5.2, 0.62),
}
"""By reviews a college: what `_line` names, in its order."""
FUNDED = 45


def _line(name: str, published) -> list[Cell]:
    error, covered, wrong, band, moved, rightly = published
    return [
        Cell(f"{name}: s.e. of the parity mean", error, half=0.005, digits=2),
        Cell(f"{name}: 80 % interval covers the truth", covered, 0.01, 0.005, digits=2),
        Cell(f"{name}: wrong among {FUNDED} funded", wrong, 0.1, 0.05, digits=1),
        Cell(f"{name}: files within 0.67 s.e. of the line", band, 0.5, 0.5, digits=0),
        Cell(f"{name}: moved across the line by the calibrated score", moved, 0.1, 0.05, digits=1),
        Cell(f"{name}: of which rightly", rightly, 0.01, 0.005, digits=2),
    ]


def _best(values) -> set[int]:
    return set(np.argsort(-values, kind="stable")[:FUNDED].tolist())


def t6(number: int) -> Iterable[Cell]:
    """At the line, 150 files of which 45 are funded. With one review a college nothing in the reviews tells the margin: the true one is taken."""
    for reviews, published in T6.items():
        cells = _line(f"T6 {reviews}+{reviews}", published)
        for panel in draws(World(150, 20, reviews), 3 * number, 7):
            own, other, found = scores(panel)
            best, now, then = _best(panel.quality), _best(own), _best(other)
            one = calibration.standard_error(panel.ballots(), WEIGHTS)
            margin = calibration.error_of(found[0], one) or float(np.std(own - panel.quality))
            ordered = np.sort(own)[::-1]
            line = (ordered[FUNDED - 1] + ordered[FUNDED]) / 2
            beyond = own - panel.quality
            right = len((then - now) & best) + len((now - then) - best)
            figures = (
                margin,
                float(
                    (abs(beyond - beyond.mean()) <= 1.2816 * margin).mean()
                ),  # what all share moves no file across the line
                len(now - best),
                int((abs(own - line) <= 0.67 * margin).sum()),
                len(then - now),
                right / (2 * len(then - now)) if now != then else None,
            )
            for cell, value in zip(cells, figures, strict=True):
                cell.values += [] if value is None else [value]
        yield from cells


def flagged(number: int, split: float, seed: int = 8) -> dict[str, list[float]]:
    """T7: share of the files flagged, of all and of the fifth most split, on 150 x 20, 2+2."""
    found: dict[str, list[float]] = {}
    for panel in draws(World(150, 20, split=split), number, seed):
        _own, _other, results = scores(panel)
        gap = np.array([abs(float(one.gap)) for one in results.values()])
        spread = np.array([float(one.range) for one in results.values()])
        most = np.argsort(-abs(panel.parting))[:30]
        for name, values, least in (
            ("gap 1.0", gap, 1.0),
            ("gap 1.5", gap, 1.5),
            ("range 2.0", spread, 2.0),
            ("range 2.5", spread, 2.5),
        ):
            hit = values >= least
            found.setdefault(name, []).append(float(hit.mean()))
            found.setdefault(f"{name}, most split", []).append(float(hit[most].mean()))
    return found


T7 = {
    "gap 1.0": (0.19, 0.42, 0.79),
    "gap 1.5": (0.05, 0.22, 0.57),
    "range 2.0": (0.27, 0.43, 0.70),
    "range 2.5": (0.11, 0.24, 0.51),
}


def t7(number: int) -> Iterable[Cell]:
    calm, torn = flagged(3 * number, 0.0), flagged(3 * number, 1.0)
    for name, (none, every, most) in T7.items():
        for label, published, values in (
            ("no disagreement", none, calm[name]),
            ("colleges split", every, torn[name]),
            ("the fifth most split", most, torn[f"{name}, most split"]),
        ):
            yield Cell(f"T7 {name}, {label}", published, half=0.005, values=values)


TABLES: tuple[Callable[[int], Iterable[Cell]], ...] = (t1, t2, t3, t4, lambda number: tilt(4 * number), t5, t6, t7)


def run(report: Report, number: int) -> None:
    """Every table; `number` is how many calls of 300 files are drawn for a figure, or as many smaller ones as weigh the same."""
    report.title("Scores on simulated panels")
    for table in TABLES:
        for cell in table(number):
            cell.tell(report)
