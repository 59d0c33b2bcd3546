"""Simulated panels, to measure how scores behave: a model of reviews, not the fund's data. The ranking of methods is robust, the levels are no promises.

Review = quality of the file + harshness of the college + leniency of the reader + his own opinion + noise of each criterion, in half points from 0 to 10.
Readers are drawn at random with equal loads, as the solver's assignment is when affinities say nothing of quality, and much faster.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fund.enums import College
from reviews import calibration, scoring
from reviews.scoring import Ballot, Weight

WEIGHTS = [Weight("a", 30), Weight("b", 25), Weight("c", 20), Weight("d", 15), Weight("e", 10)]
SHARES = np.array([weight.weight for weight in WEIGHTS]) / 100
CENTRE, QUALITY, OPINION, NOISE = 3.0, 0.6, 0.6, 0.5
COLLEGES = (str(College.CIVIL_SOCIETY), str(College.STATE))


@dataclass(frozen=True)
class World:
    """What is simulated. `members` of both colleges together; `harsher`: how much lower the State scores; `split`: s.d. of what parts the colleges on a file;
    `tilt`: how far better files go to harsher readers (negative: to lenient ones)."""

    files: int = 300
    members: int = 30
    reviews: int = 2
    leniency: float = 0.5
    harsher: float = 0.0
    missing: float = 0.0
    scale: float = 0.0
    split: float = 0.0
    tilt: float = 0.0


@dataclass
class Panel:
    """One drawn call. `file`, `reader`, `state` and `marks` have a row a review; `total` is the reader's own total, out of 5."""

    quality: np.ndarray
    parting: np.ndarray
    file: np.ndarray
    reader: np.ndarray
    state: np.ndarray
    marks: np.ndarray
    total: np.ndarray = field(init=False)

    def __post_init__(self):
        self.total = self.marks @ SHARES / 2

    def ballots(self) -> dict[int, list[Ballot]]:
        """The same as the product reads it."""
        codes, found = [weight.code for weight in WEIGHTS], {number: [] for number in range(len(self.quality))}
        for file, reader, state, marks in zip(
            self.file.tolist(), self.reader.tolist(), self.state.tolist(), self.marks.tolist(), strict=True
        ):
            found[file].append(Ballot(COLLEGES[state], dict(zip(codes, marks, strict=True)), reader))
        return found


def _deal(chance, world: World, size: int) -> np.ndarray:
    """Readers of one college by file: equal loads, nobody twice on a file."""
    slots = np.concatenate([chance.permutation(size) for _turn in range(-(-world.files * world.reviews // size))])
    slots = slots[: world.files * world.reviews]
    order = chance.permutation(world.files)
    rows = slots.reshape(world.files, world.reviews)
    for place in range(world.files):
        while len(set(rows[place])) < world.reviews:
            other, left, right = chance.integers(world.files), *chance.integers(world.reviews, size=2)
            mine, its = rows[place].copy(), rows[other].copy()
            mine[left], its[right] = its[right], mine[left]
            if other != place and len(set(its)) >= len(set(rows[other])):
                rows[place], rows[other] = mine, its
    dealt = np.empty_like(rows)
    dealt[order] = rows
    return dealt


def _deal_by_worth(chance, world: World, quality, lenient) -> np.ndarray:
    """Better files to harsher readers, as far as chance allows: each review of a file is dealt on its own, with equal loads, nobody twice on a file."""
    dealt = np.empty((world.files, 0), int)
    ranked = np.argsort(-quality)
    noise = 1 / abs(world.tilt)
    for _turn in range(world.reviews):
        slots = np.resize(chance.permutation(len(lenient)), world.files)
        order = np.argsort(chance.normal(0, noise, world.files) - (quality - quality.mean()) / QUALITY)
        gentle = chance.normal(0, noise, world.files) + np.sign(world.tilt) * lenient[slots] / lenient.std()
        mine = np.empty(world.files, int)
        mine[order] = slots[np.argsort(gentle)]
        while twice := [place for place in range(world.files) if mine[ranked[place]] in dealt[ranked[place]]]:
            for place in twice:  # exchanged with a file of like worth
                other = min(world.files - 1, max(0, place + chance.integers(-9, 10)))
                mine[ranked[[place, other]]] = mine[ranked[[other, place]]]
        dealt = np.column_stack([dealt, mine])
    return dealt


def draw(chance, world: World) -> Panel:
    """One call."""
    quality = chance.normal(CENTRE, QUALITY, world.files)
    parting = chance.normal(0, world.split, world.files) if world.split else np.zeros(world.files)
    size = world.members // 2
    columns: dict[str, list] = {"file": [], "reader": [], "state": [], "marks": []}
    for state in (0, 1):
        lenient = chance.normal(0, world.leniency, size) if world.leniency else np.zeros(size)
        slope = chance.normal(1, world.scale, size) if world.scale else np.ones(size)
        dealt = _deal_by_worth(chance, world, quality, lenient) if world.tilt else _deal(chance, world, size)
        files = np.repeat(np.arange(world.files), world.reviews)
        readers = dealt.ravel()
        worth = quality[files] + (0.5 - state) * parting[files]
        base = CENTRE + slope[readers] * (worth - CENTRE) + lenient[readers] - state * world.harsher
        base = base + chance.normal(0, OPINION, len(files))
        marks = base[:, None] + chance.normal(0, NOISE, (len(files), len(WEIGHTS)))
        kept = np.ones((world.files, world.reviews), bool)
        if world.missing:
            kept = chance.random((world.files, world.reviews)) >= world.missing
            kept[~kept.any(axis=1), 0] = True
        columns["file"].append(files[kept.ravel()])
        columns["reader"].append(readers[kept.ravel()] + state * size)
        columns["state"].append(np.full(kept.sum(), state))
        columns["marks"].append(np.clip(np.rint(2 * marks), 0, 10).astype(int)[kept.ravel()])
    return Panel(quality, parting, *(np.concatenate(columns[name]) for name in ("file", "reader", "state", "marks")))


# ---- what is measured ----


def scores(panel: Panel) -> tuple[np.ndarray, np.ndarray, dict[int, scoring.Score]]:
    """Parity mean and calibrated score of every file, by the product's own code."""
    given = panel.ballots()
    found = {number: scoring.score(ballots, WEIGHTS) for number, ballots in given.items()}
    lenient = calibration.leniencies(given, WEIGHTS)
    parity = np.array([float(one.value) for one in found.values()])
    other = np.array([float(calibration.advisory(found[n], given[n], WEIGHTS, lenient)) for n in given])
    return parity, other, found


def ranks(values) -> np.ndarray:
    """Ranks, equal values sharing the mean of theirs."""
    _unique, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((2 * ends - counts - 1) / 2)[place]


def spearman(one, other) -> float:
    return float(np.corrcoef(ranks(one), ranks(other))[0, 1])


def top_share(values, truth, share=0.3) -> float:
    """Share of the truly best files among those selected, as many."""
    count = round(share * len(truth))
    return len(set(np.argsort(-values, kind="stable")[:count]) & set(np.argsort(-truth)[:count])) / count
