"""Trains the models of ``trained`` over and over and keeps the results: ``python -m benchmarks.search.tabulate``.

Three fifths of the points are random; the rest are neighbours of the best tenth so far, because a table of random
points says little where it matters.
"""

from __future__ import annotations

import argparse
import zlib
from pathlib import Path

import numpy as np
from rich.progress import track
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships without types

from benchmarks.search.reference import neighbour
from benchmarks.search.surrogate import FOLDER, coordinates
from benchmarks.search.trained import Training, trainings
from tuner.space import Params

_RANDOM_SHARE = 0.6


def main() -> None:
    """Tabulate what the command line names."""
    known = {training.name: training for training in trainings()}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search.tabulate", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *known], default=[], metavar="name")
    parser.add_argument("--points", type=int, default=None, help="so many instead of the table's own number")
    options = parser.parse_args()
    for name in options.names or list(known):
        tabulate(known[name], options.points or known[name].num_points, FOLDER / f"{name}.npz")


def tabulate(training: Training, num_points: int, path: Path) -> None:
    """Train ``num_points`` points and write the table."""
    rng = np.random.default_rng(zlib.crc32(training.name.encode()))
    points: list[Params] = []
    results: list[np.ndarray] = []
    with threadpool_limits(1):
        for number in track(range(num_points), description=training.name):
            if number < _RANDOM_SHARE * num_points:
                point = training.space.draw(rng)
            else:
                best = np.argsort([np.min(result) for result in results])[: max(number // 10, 1)]
                point = neighbour(training.space, points[int(rng.choice(best))], 0.2, rng)
            points.append(point)
            results.append(training.train(point))
    np.savez_compressed(
        path,
        coordinates=np.array([coordinates(training.space, point) for point in points], dtype=np.float32),
        values=np.array(results, dtype=np.float32),
    )


if __name__ == "__main__":
    main()
