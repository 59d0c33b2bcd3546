"""A sample of what `make prove` measures on simulated panels: the tilt of a missing review (T4b), one flag (T7), the gain of the calibration (T1)."""

from __future__ import annotations

import numpy as np
import pytest

from bench import scores
from bench.panels import World, draw
from bench.rivals import RIVALS


def test_a_missing_review_does_not_move_a_file():
    """One college a point harsher, 15 % of the reviews missing: the pooled mean tilts by a third of a point, the score and the calibrated score do not."""
    cells = {cell.name.rpartition(": ")[2]: cell for cell in scores.tilt(8)}
    assert cells["parity mean"].agrees and cells["calibrated"].agrees
    assert abs(cells["parity mean"].mean) < 0.08 and abs(cells["calibrated"].mean) < 0.08
    assert 0.2 < cells["pooled mean"].mean < 0.44


def test_the_flag_of_a_gap_between_colleges():
    """One file in twenty when nothing parts the colleges, more than half of the fifth most split when something does."""
    calm, torn = scores.flagged(10, 0.0)["gap 1.5"], scores.flagged(10, 1.0)["gap 1.5, most split"]
    assert scores.Cell("calm", scores.T7["gap 1.5"][0], half=0.005, values=calm).agrees
    assert scores.Cell("torn", scores.T7["gap 1.5"][2], half=0.005, values=torn).agrees
    assert np.mean(calm) < 0.08 < 0.45 < np.mean(torn)


def test_the_calibration_finds_the_better_files():
    cells, _shares = scores.correlation("sample", World(leniency=0.75), 3, 1, 0.757, 0.857)
    parity, calibrated = cells
    assert parity.agrees and calibrated.agrees and calibrated.mean > parity.mean + 0.05


def test_a_figure_that_differs_stops_the_run():
    from bench.measure import Report

    with pytest.raises(RuntimeError, match="is not 0.9"):
        scores.Cell("x", 0.9, values=[0.5, 0.51]).tell(Report())


def test_every_panel_is_drawn_with_equal_loads_and_nobody_twice():
    for world in (World(40, 10), World(40, 10, tilt=0.5), World(40, 10, reviews=4)):
        panel = draw(np.random.default_rng(1), world)
        assert len(set(zip(panel.file.tolist(), panel.reader.tolist(), strict=True))) == len(panel.file)
        assert set(np.bincount(panel.reader)) == {40 * world.reviews // 5}
    assert all(len(rival(panel)) == 40 for rival in RIVALS.values())
