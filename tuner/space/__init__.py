"""Search spaces: what may be tuned, in which range, when, and under which constraints."""

from tuner.space.constraints import Constraint, Forbid, Linear
from tuner.space.parameters import Categorical, Constant, Float, Int, Parameter, Scalar
from tuner.space.search_space import Params, SearchSpace

__all__ = [
    "Categorical",
    "Constant",
    "Constraint",
    "Float",
    "Forbid",
    "Int",
    "Linear",
    "Parameter",
    "Params",
    "Scalar",
    "SearchSpace",
]
