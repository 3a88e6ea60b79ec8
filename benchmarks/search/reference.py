"""What is known of each problem: ``references.json``, written by ``python -m benchmarks.search reference``."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tuner.space import Params, SearchSpace

NUM_RANDOM = 2_000
_FILE = Path(__file__).with_name("references.json")
_STARTS, _ROUNDS = 24, 400


@dataclass(frozen=True)
class Reference:
    """What is known of one problem.

    Args:
        best_known: The lowest noise-free value known.
        best_params: A point that has it.
        random_median: Median of the noise-free values of ``NUM_RANDOM`` random points.
    """

    best_known: float
    best_params: Params
    random_median: float


def reference(name: str) -> Reference:
    """What is known of the problem ``name``."""
    return references()[name]


@cache
def references() -> dict[str, Reference]:
    """All that is known, by name of the problem."""
    return {name: Reference(**entry) for name, entry in json.loads(_FILE.read_text()).items()}


def save(found: dict[str, Reference]) -> None:
    """Write these over what is known."""
    known = references() if _FILE.exists() else {}
    forms = {name: asdict(entry) for name, entry in sorted((known | found).items())}
    _FILE.write_text(json.dumps(forms, indent=1) + "\n")
    references.cache_clear()


def explore(space: SearchSpace, function: Callable[[Params], float], rng: np.random.Generator) -> Reference:
    """Draw random points, then climb from the best of them by small changes, longer than any tuner may.

    Args:
        space: Where to search.
        function: Noise-free value of a point, lower is better.
        rng: Randomness.
    """
    points = [space.draw(rng) for _ in range(NUM_RANDOM)]
    values = [function(point) for point in points]
    found: tuple[float, Params] = (np.inf, {})
    for start in np.argsort(values)[:_STARTS]:
        found = min(found, _climb(space, function, points[start], values[start], rng), key=lambda pair: pair[0])
    return Reference(found[0], found[1], float(np.median(values)))


def _climb(
    space: SearchSpace, function: Callable[[Params], float], point: Params, value: float, rng: np.random.Generator
) -> tuple[float, Params]:
    """Accept whatever is better, with steps from a tenth of the range down to its ten-thousandth."""
    for turn in range(_ROUNDS):
        width = 10.0 ** rng.uniform(-1 - 3 * turn / _ROUNDS, -1)
        candidate = neighbour(space, point, width, rng)
        if (new := function(candidate)) < value:
            point, value = candidate, new
    return value, point


def neighbour(space: SearchSpace, point: Params, width: float, rng: np.random.Generator) -> Params:
    """The point with a few of its values moved; what becomes active is drawn."""
    fresh = space.draw(rng)
    num_active = len(point)
    changed: Params = {}
    for name in space.order:
        if not space.is_active(name, changed):
            continue
        parameter = space[name]
        old = point.get(name)
        if name not in point:
            # Drawn by itself, because the fresh point may lie in another branch.
            changed[name] = fresh[name] if name in fresh else parameter.draw(rng)
        elif rng.random() > 2 / num_active:
            changed[name] = old
        elif parameter.kind == "categorical":
            changed[name] = parameter.draw(rng)
        else:
            ends = parameter.encode(parameter.low), parameter.encode(parameter.high)  # type: ignore[attr-defined]
            step = float(rng.normal()) * width * (ends[1] - ends[0])
            # On a grid a step shorter than half a cell would never leave it.
            whole = parameter.kind == "int" or parameter.step is not None  # type: ignore[attr-defined]
            step = float(np.copysign(max(abs(step), 1.0), step)) if whole else step
            changed[name] = parameter.decode(parameter.encode(old) + step)
    return changed
