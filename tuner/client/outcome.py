"""From what a user tells as a trial's result to named numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import SupportsFloat

from tuner.client.bodies import as_number
from tuner.errors import InvalidInput, Place


def named_values(
    values: SupportsFloat | Mapping[str, SupportsFloat],
    objectives: Sequence[str],
    constraints: Sequence[str],
    *,
    call: str,
    is_complete: bool = True,
) -> dict[str, float]:
    """A result as numbers by name, the objectives first.

    Args:
        values: The result: one number, where one is all there is, or numbers by name.
        objectives: Names of the objectives.
        constraints: Names of the numbers that are constrained; some may be objectives.
        call: What the user has called, for the hint.
        is_complete: Whether the constrained numbers are needed; a trial that was stopped early may lack them.

    Raises:
        InvalidInput: A value is missing, unknown or not a number.
    """
    names = list(dict.fromkeys([*objectives, *constraints]))
    needed = names if is_complete else list(objectives)
    if not isinstance(values, Mapping):
        if len(needed) > 1:
            raise InvalidInput(
                f"{_what_is_needed(objectives, needed)}, but one value was told.",
                hint=f"Write {call}({{{', '.join(f'{name!r}: ...' for name in needed)}}}).",
                places=[Place(f"#/values/{name}", "is missing") for name in needed[1:]],
            )
        return {objectives[0]: as_number(values, objectives[0])}
    unknown = "is neither an objective nor constrained" if constraints else "is not an objective"
    places = [Place(f"#/values/{name}", "is missing") for name in needed if name not in values]
    places += [Place(f"#/values/{name}", unknown) for name in values if name not in names]
    if places:
        raise InvalidInput(
            f"The values told do not fit the objectives{' and constraints' if constraints else ''} of the study.",
            hint=f"Tell {', '.join(map(repr, names))}, and nothing else.",
            places=places,
        )
    return {name: as_number(values[name], name) for name in names if name in values}


def _what_is_needed(objectives: Sequence[str], needed: Sequence[str]) -> str:
    quoted = ", ".join(map(repr, needed))
    if len(needed) == len(objectives):
        return f"The study has {len(objectives)} objectives ({quoted})"
    return f"A result of this study needs {len(needed)} values, for its objectives and constraints ({quoted})"
