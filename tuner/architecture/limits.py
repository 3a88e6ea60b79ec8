"""What a document may hold at most, checked before it is read any further."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.architecture.faults import invalid
from tuner.errors import InvalidArchitecture

MAX_LAYERS = 64
"""Layers of one network, merges included."""
MAX_REPEAT = 32
"""Copies of one chain."""
MAX_WEIGHTS = 20_000_000
"""Weights of one network."""
MAX_OUTPUTS = 8_000_000
"""Numbers that all layers together hold for one row."""
MAX_NESTING = 8
"""Chains within chains."""

# Every copy of a repeated chain counts. What is chosen from may be larger than what is built of it.
_MAX_BLOCKS = 1_000
_MAX_VALUES, _MAX_CHARACTERS, _MAX_JSON_DEPTH = 10_000, 200_000, 5 * MAX_NESTING


def check_size(form: object) -> None:
    """Refuse a document that is too large, or nested too deep, to be read.

    Raises:
        InvalidArchitecture: It is.
    """
    num_values = num_characters = 0
    # A stack, not recursion: depth is what is looked for.
    waiting: list[tuple[object, int]] = [(form, 1)]
    while waiting:
        value, depth = waiting.pop()
        num_values += 1
        if isinstance(value, Mapping):
            num_characters += sum(len(key) for key in value if isinstance(key, str))
            waiting += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list | tuple):
            waiting += [(inner, depth + 1) for inner in value]
        elif isinstance(value, str):
            num_characters += len(value)
        if depth > _MAX_JSON_DEPTH:
            raise _too_large(f"nests more than {_MAX_JSON_DEPTH} levels deep")
        if num_values > _MAX_VALUES:
            raise _too_large(f"has more than {_MAX_VALUES:,} values")
        if num_characters > _MAX_CHARACTERS:
            raise _too_large(f"has more than {_MAX_CHARACTERS:,} characters")
    num_blocks = _num_blocks(form.get("layers") if isinstance(form, Mapping) else None)
    if num_blocks > _MAX_BLOCKS:
        raise _too_large(f"has {num_blocks:,} blocks, copies included; at most {_MAX_BLOCKS:,} are allowed")


def _too_large(detail: str) -> InvalidArchitecture:
    return invalid("", detail, hint="Repeat less, or leave parts out.")


# Any: a document that is not checked yet.
def _num_blocks(chain: Any) -> int:
    """Blocks of a chain with all options and copies. What is no chain counts as nothing: its reader refuses it."""
    return sum(map(_size, chain)) if isinstance(chain, list | tuple) else 0


def _size(block: Any) -> int:
    if not isinstance(block, Mapping):
        return 1
    size = 1
    for inside in (block.get("of"), block.get("branches")):
        if isinstance(inside, Mapping):
            size += sum(
                _num_blocks(branch.get("layers") if isinstance(branch, Mapping) else branch)
                for branch in inside.values()
            )
    if "repeat" in block:
        size += _most_copies(block["repeat"]) * (1 + _num_blocks(block.get("layers")))
    return size


def _most_copies(count: Any) -> int:
    if isinstance(count, Mapping):
        choices = count.get("choices")
        ends = [count.get("high"), *(choices if isinstance(choices, list | tuple) else ())]
    else:
        ends = [count]
    # More copies than are allowed are the reader's to refuse.
    whole = (min(end, MAX_REPEAT + 1) for end in ends if isinstance(end, int) and not isinstance(end, bool))
    return max(whole, default=0)
