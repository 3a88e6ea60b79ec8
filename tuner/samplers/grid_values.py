"""The values of a grid along each parameter."""

from __future__ import annotations

import math

from tuner.space import Categorical, Float, Int, Parameter, Scalar, SearchSpace

MAX_LISTED = 100
NUM_SPREAD = 10


def grid_values(space: SearchSpace) -> dict[str, list[Scalar]]:
    """The values that a grid gives to each parameter, all different.

    All that it has, if these are at most 100 or it is categorical. Else ten: both ends and eight between, evenly
    spaced, on the logarithmic scale where the parameter has one. Values that a condition of another parameter names are
    added, because without them that parameter would never be active.
    """
    values = {name: _values(space[name]) for name in space.order}
    for parameter in space.values():
        for parent, wanted in (parameter.when or {}).items():
            # A condition may write the choice 1 as 1.0.
            own = [space[parent].decode(space[parent].encode(value)) for value in wanted]
            values[parent] = list(dict.fromkeys(values[parent] + own))
    return values


def _values(parameter: Parameter) -> list[Scalar]:
    found: list[Scalar]
    match parameter:
        case Float(step=None):
            found = [parameter.decode(place / (NUM_SPREAD - 1)) for place in range(NUM_SPREAD)]
        case Float() | Int(log=False):
            found = [parameter.decode(place) for place in _places(parameter.num_steps)]
        case Int(low=low, high=high) if high - low >= MAX_LISTED:
            start, end = math.log(low), math.log(high)
            shares = [place / (NUM_SPREAD - 1) for place in range(NUM_SPREAD)]
            found = [parameter.decode(math.exp(start * (1 - share) + end * share)) for share in shares]
            found = [low, *found[1:-1], high]
        case Int(low=low, high=high):
            found = list(range(low, high + 1))
        case Categorical(choices=choices):
            found = list(choices)
        case _:
            found = [parameter.decode(0)]
    return list(dict.fromkeys(found))


def _places(num_steps: int) -> list[int]:
    if num_steps < MAX_LISTED:
        return list(range(num_steps + 1))
    return [round(place * num_steps / (NUM_SPREAD - 1)) for place in range(NUM_SPREAD)]
