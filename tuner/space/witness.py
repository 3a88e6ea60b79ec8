"""The proof that a space with constraints has a point, or the reason why it has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tuner.errors import InvalidSearchSpace, Place

if TYPE_CHECKING:
    from tuner.space.search_space import Params, SearchSpace

_DRAWS = 32
_WALKS = 8


def find_allowed_point(space: SearchSpace) -> Params:
    """An allowed point, the same whenever it is asked for.

    Raises:
        InvalidSearchSpace: None is found.
    """
    import numpy as np

    rng = np.random.default_rng(0)
    for _ in range(_DRAWS):
        point = space.draw_unconstrained(rng)
        if space.is_allowed(point):
            return point
    for _ in range(_WALKS):
        found = space.walk.from_point(space.draw_unconstrained(rng), rng)
        if found is not None:
            return found
    raise _impossible(space, range(len(space.constraints)))


def _impossible(space: SearchSpace, positions: range | list[int]) -> InvalidSearchSpace:
    shown = "; ".join(space.constraints[position].describe() for position in positions[:3])
    more = f"; and {len(positions) - 3} more" if len(positions) > 3 else ""
    return InvalidSearchSpace(
        f"No point of the search space keeps all constraints ({shown}{more}).",
        hint="Drop or loosen one of them, or widen the ranges of the parameters they name.",
        places=[
            Place(f"#/space/constraints/{position}", "cannot be kept together with the others")
            for position in positions[:20]
        ],
    )
