"""Labels as they were given, where a table's plain form writes them in another way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tuner.data.cells import to_numbers, to_tokens

if TYPE_CHECKING:
    import pandas as pd

_TRUTH_VALUES = {"False": False, "True": True}


# Any: the cells of a DataFrame may be anything.
def written_labels(labels: pd.Series[Any]) -> dict[int | float | bool, str]:
    """The texts that a model gives back as numbers or truth values, since that is what a table holds them as.

    The handwritten digits of OpenML are ``"5"``, not 5, and so should be what is predicted for them.

    Returns:
        The text of each number or truth value; empty unless all labels are text and are held as these.
    """
    present = labels.dropna().unique().tolist()
    if not all(isinstance(label, str) for label in present):
        return {}
    tokens = [token for token in to_tokens(present) if token is not None]
    if set(tokens) == set(_TRUTH_VALUES):
        return {_TRUTH_VALUES[token]: token for token in tokens}
    numbers = to_numbers(tokens)
    return {} if numbers is None else dict(zip(numbers.tolist(), tokens, strict=True))
