"""Search spaces: what may be tuned, in which range, and when."""

from tuner.space.parameters import Categorical, Float, Int, Parameter, Scalar
from tuner.space.search_space import Params, SearchSpace

__all__ = ["Categorical", "Float", "Int", "Parameter", "Params", "Scalar", "SearchSpace"]
