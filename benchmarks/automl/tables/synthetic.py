"""Tables made by rule, for what real ones lack: many classes on many rows, and categories with thousands of names."""

from __future__ import annotations

from functools import partial
from string import ascii_uppercase

import numpy as np
import pandas as pd
from sklearn.datasets import make_classification, make_friedman1

from benchmarks.automl.table import Table, TableSet, Task

_DEVELOPMENT, _HELD_OUT, _ = TableSet


def letters(num_rows: int, seed: int) -> pd.DataFrame:
    """26 classes over 16 rounded numbers, as a recogniser of letters sees them."""
    x, y = make_classification(
        num_rows,
        n_features=16,
        n_informative=12,
        n_redundant=2,
        n_classes=len(ascii_uppercase),
        n_clusters_per_class=2,
        class_sep=1.6,
        flip_y=0.02,
        random_state=seed,
    )
    frame = pd.DataFrame(np.round(x, 1), columns=[f"trait_{index}" for index in range(16)])
    return frame.assign(letter=[ascii_uppercase[label] for label in y])


def shops(num_rows: int, num_shops: int, seed: int) -> pd.DataFrame:
    """A value from five of 15 numbers that act together, and from one of thousands of shops, each with its level."""
    rng = np.random.default_rng(seed)
    x, y = make_friedman1(num_rows, n_features=15, noise=1.0, random_state=seed)
    popularity = rng.dirichlet(np.full(num_shops, 0.5))
    shop, level = rng.choice(num_shops, num_rows, p=popularity), rng.normal(0, 3, num_shops)
    region, slope = rng.integers(8, size=num_rows), rng.normal(0, 4, 8)
    frame = pd.DataFrame(x, columns=[f"measure_{index}" for index in range(15)])
    frame["shop"] = [f"shop {number}" for number in shop]
    frame["region"] = [f"region {ascii_uppercase[number]}" for number in region]
    return frame.mask(rng.random(frame.shape) < 0.02).assign(turnover=y + level[shop] + slope[region] * x[:, 5])


def clicks(num_rows: int, seed: int) -> pd.DataFrame:
    """A rare yes, from categories that act in pairs, a few numbers, and cells that are missing for a reason."""
    rng = np.random.default_rng(seed)
    sizes = (4, 7, 12, 25, 60, 400)
    codes = [rng.zipf(1.4, num_rows) % size for size in sizes]
    numbers = rng.normal(size=(num_rows, 6))
    score = sum(rng.normal(0, 0.6, size)[code] for size, code in zip(sizes, codes, strict=True))
    score = score + rng.normal(0, 0.8, (7, 12))[codes[1], codes[2]]
    score = score + np.abs(numbers[:, 0]) - 0.7 * numbers[:, 1] * (codes[0] == 1) + 0.5 * np.sin(2 * numbers[:, 2])
    clicked = rng.random(num_rows) < 1 / (1 + np.exp(3.2 - score))
    frame = pd.DataFrame(numbers, columns=[f"number_{index}" for index in range(6)])
    frame.loc[frame["number_3"] + 0.5 * score > 2, "number_3"] = np.nan
    for size, code in zip(sizes, codes, strict=True):
        frame[f"one_of_{size}"] = [f"v{value}" for value in code]
    return frame.assign(clicked=np.where(clicked, "yes", "no"))


SYNTHETIC = (
    Table("letters", Task.MULTICLASS, "letter", _DEVELOPMENT, partial(letters, 20_000, 1)),
    Table("shops", Task.REGRESSION, "turnover", _DEVELOPMENT, partial(shops, 20_000, 2_000, 2)),
    Table("more_letters", Task.MULTICLASS, "letter", _HELD_OUT, partial(letters, 26_000, 3)),
    Table("clicks", Task.BINARY, "clicked", _HELD_OUT, partial(clicks, 60_000, 4)),
)
