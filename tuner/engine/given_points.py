"""Points that users give: to be tried next, or with the results they had elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from tuner.engine.results import checked_values
from tuner.engine.stock import generator_for
from tuner.records import StudySpec
from tuner.space import Params
from tuner.space.partial import complete
from tuner.wire import TrialPoint


def given_points(
    spec: StudySpec, points: Sequence[TrialPoint], first_number: int
) -> list[tuple[Params, dict[str, float] | None]]:
    """Parameters and, of finished trials, values.

    A point to be tried may lack parameters: they are drawn, with random numbers that belong to its trial number. A
    finished trial must be complete, since nobody can know what it was run with.

    Args:
        spec: What the study asks for.
        points: What the user gave.
        first_number: The number that the first of them will get.

    Raises:
        InvalidInput: A point does not fit the space, or its values do not match the objectives and constraints.
    """
    given: list[tuple[Params, dict[str, float] | None]] = []
    for position, point in enumerate(points):
        pointer = f"#/trials/{position}"
        if point.values is None:
            rng = generator_for(spec.seed, first_number + position)
            given.append((complete(spec.space, point.params, rng, f"{pointer}/params"), None))
        else:
            params = spec.space.check(point.params, pointer=f"{pointer}/params")
            given.append((params, checked_values(spec, point.values, f"{pointer}/values")))
    return given
