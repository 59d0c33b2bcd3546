"""Other ways to count a score, measured beside the product's and used by nothing else."""

from __future__ import annotations

import numpy as np

from bench.panels import Panel, ranks


def _by_file(panel: Panel, values, how=np.mean) -> np.ndarray:
    return np.array([how(values[panel.file == number]) for number in range(len(panel.quality))])


def pooled(panel: Panel) -> np.ndarray:
    """Mean of all reviews, whatever the college."""
    return _by_file(panel, panel.total)


def median(panel: Panel) -> np.ndarray:
    return _by_file(panel, panel.total, np.median)


def _by_reader(panel: Panel, change) -> np.ndarray:
    values = panel.total.astype(float).copy()
    for reader in np.unique(panel.reader):
        own = panel.reader == reader
        values[own] = change(values[own])
    return _by_file(panel, values)


def centred(panel: Panel) -> np.ndarray:
    """Each reader's own mean taken away."""
    return _by_reader(panel, lambda own: own - own.mean())


def zscore(panel: Panel) -> np.ndarray:
    return _by_reader(panel, lambda own: (own - own.mean()) / (own.std() or 1))


def borda(panel: Panel) -> np.ndarray:
    """Rank among the reader's own files."""
    return _by_reader(panel, lambda own: (ranks(own) + 0.5) / len(own))


def _design(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    files = np.eye(len(panel.quality))[panel.file]
    readers = np.eye(panel.reader.max() + 1)[panel.reader]
    return files, readers


def _mixed(panel: Panel, file_ridge: float, reader_ridge: float) -> tuple[np.ndarray, np.ndarray]:
    """Files and readers fitted together, each drawn to zero by its ridge."""
    files, readers = _design(panel)
    y = panel.total - panel.total.mean()
    both = np.hstack([files, readers])
    ridge = np.concatenate([np.full(files.shape[1], file_ridge), np.full(readers.shape[1], reader_ridge)])
    found = np.linalg.lstsq(both.T @ both + np.diag(ridge), both.T @ y, rcond=None)[0]
    return found[: files.shape[1]], found[files.shape[1] :]


def least_squares(panel: Panel) -> np.ndarray:
    """Leniency without shrinkage."""
    return _mixed(panel, 0.0, 0.0)[0]


def blup(panel: Panel) -> np.ndarray:
    """Best linear prediction, variances estimated by their moments."""
    worth, lenient = _mixed(panel, 0.0, 0.0)
    rest = panel.total - panel.total.mean() - worth[panel.file] - lenient[panel.reader]
    freedom = max(1, len(rest) - len(worth) - len(np.unique(panel.reader)) + 1)
    chance = float(rest @ rest) / freedom
    per_file, per_reader = len(rest) / len(worth), len(rest) / len(np.unique(panel.reader))
    of_files = max(1e-3, worth.var() - chance / per_file)
    of_readers = max(1e-3, lenient[np.unique(panel.reader)].var() - chance / per_reader)
    return _mixed(panel, chance / of_files, chance / of_readers)[0]


RIVALS = {
    "pooled mean": pooled,
    "median": median,
    "reader-centred": centred,
    "z-score a reader": zscore,
    "within-reader rank (Borda)": borda,
    "least squares, no shrinkage": least_squares,
    "BLUP, variances estimated": blup,
}
