"""How many steps of its sequences a network reads, as a search parameter, and what a profile tells of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tuner.data.profile import ColumnKind, DatasetProfile, TargetProfile
from tuner.models.networks.sequence_inputs import MAX_STEPS
from tuner.space import Categorical, Parameter, Params

SEQUENCE_KINDS = frozenset({ColumnKind.SEQUENCE})

_CHOICES = (64, 128, 256, 512, 1024)


def step_parameters(profile: DatasetProfile, target: TargetProfile) -> dict[str, Parameter]:
    """``max_steps``, where there are more steps than the smallest choice."""
    longest = max(steps for steps, _ in _shapes(profile, target))
    if longest <= _CHOICES[0]:
        return {}
    # The last one that makes a difference takes all steps, as far as there is a choice for them.
    smaller = [count for count in _CHOICES if count < longest]
    return {MAX_STEPS: Categorical(list(_CHOICES[: len(smaller) + 1]), ordered=True)}


def step_defaults(profile: DatasetProfile, target: TargetProfile, usual: int) -> Params:
    """The most steps that are not above what is usual for the family."""
    parameter = step_parameters(profile, target).get(MAX_STEPS)
    if not isinstance(parameter, Categorical):
        return {}
    return {MAX_STEPS: max(choice for choice in parameter.choices if isinstance(choice, int) and choice <= usual)}


# Any: parameters have values of different types.
def sequence_shapes(profile: DatasetProfile, target: TargetProfile, params: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Steps and features of each column of sequences as the network sees them, as far as the profile tells."""
    most = params.get(MAX_STEPS, _CHOICES[0])
    shapes = _shapes(profile, target)
    return [(-(-steps // -(-steps // most)), features) for steps, features in shapes]


def _shapes(profile: DatasetProfile, target: TargetProfile) -> list[tuple[int, int]]:
    columns = (column for column in profile.features(target.name) if column.kind is ColumnKind.SEQUENCE)
    return [(max(1, column.shape[0]), column.shape[1]) for column in columns if column.shape is not None]
