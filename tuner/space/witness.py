"""The proof that a space with constraints has a point, or the reason why it has none."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tuner.errors import InvalidSearchSpace, Place

if TYPE_CHECKING:
    import numpy as np

    from tuner.space.search_space import Params, SearchSpace

_DRAWS = 32
_WALKS = 4
# A proof takes a few milliseconds in a space of ordinary size.
_MAX_PROOFS = 40
_MAX_SECONDS_OF_PROOFS = 2.0
_MAX_SHOWN = 20


def find_allowed_point(space: SearchSpace) -> Params:
    """An allowed point, the same whenever it is asked for.

    Draws and walks find it in most spaces; where they do not, a mixed-integer program decides.

    Raises:
        InvalidSearchSpace: None is found; tells which constraints exclude each other.
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
    from tuner.space.mixed_integer import Program

    outcome = Program(space, space.constraints).solve(rng)
    if outcome.point is not None:
        # The solver's arithmetic is coarser than ours; what is off by a trifle is walked to.
        for _ in range(_WALKS):
            found = space.walk.from_point(outcome.point, rng)
            if found is not None:
                return found
    if outcome.is_impossible:
        raise _refusal(space, _conflict(space, rng), "No point of the search space keeps")
    raise _refusal(space, range(len(space.constraints)), "No point of the search space was found that keeps")


def _conflict(space: SearchSpace, rng: np.random.Generator) -> Sequence[int]:
    """Positions of constraints that exclude each other, as few of them as a limited number of proofs can tell.

    Leaves out ever smaller groups while the rest remains impossible.
    """
    from tuner.space.mixed_integer import Program

    kept = list(range(len(space.constraints)))
    num_proofs = 0
    stop_at = time.thread_time() + _MAX_SECONDS_OF_PROOFS
    size = (len(kept) + 1) // 2
    while size:
        start = 0
        while start < len(kept) and num_proofs < _MAX_PROOFS and time.thread_time() < stop_at:
            rest = kept[:start] + kept[start + size :]
            num_proofs += 1
            program = Program(space, [space.constraints[position] for position in rest])
            if program.solve(rng).is_impossible:
                kept = rest
            else:
                start += size
        size = 0 if size == 1 else (size + 1) // 2
    return kept


def _refusal(space: SearchSpace, positions: Sequence[int], statement: str) -> InvalidSearchSpace:
    shown = "; ".join(space.constraints[position].describe() for position in positions[:3])
    more = f"; and {len(positions) - 3} more" if len(positions) > 3 else ""
    if len(positions) == 1:
        message = f"{statement} the constraint {shown}."
        detail = "cannot be kept"
        remedy = "Loosen it, or widen the ranges of the parameters it names."
    else:
        message = f"{statement} these constraints together: {shown}{more}."
        detail = "cannot be kept together with the others"
        remedy = "Drop or loosen one of them, or widen the ranges of the parameters they name."
    return InvalidSearchSpace(
        message,
        hint=remedy,
        places=[Place(f"#/space/constraints/{position}", detail) for position in positions[:_MAX_SHOWN]],
    )
