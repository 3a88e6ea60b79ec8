"""Search where it helps: among the families that carry the average of candidates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from tuner.models.composition import MODEL, conditioned
from tuner.records import StudyView
from tuner.space import Categorical, Parameter, SearchSpace

# Families that together have less of the weight are not searched.
_MIN_SHARE = 0.1
_MAX_SHARE_OF_TIME = 0.08


def carrying_families(
    weights: Mapping[str, float], durations: Mapping[str, float], seconds_left: float | None
) -> frozenset[str]:
    """The families that are worth further candidates.

    A search needs many candidates. Where a family's take so long that there would be but a few of them, the time brings
    more in others; the quickest family stays in any case.

    Args:
        weights: Weight of each family in the latest average; empty if there is none.
        durations: How long a candidate of a family takes, in seconds.
        seconds_left: Time left; None without a limit.
    """
    carrying = {name for name, weight in weights.items() if weight >= _MIN_SHARE}
    if seconds_left is None or not carrying:
        return frozenset(carrying)
    quickest = min(carrying, key=lambda name: durations.get(name, 0.0))
    limit = _MAX_SHARE_OF_TIME * seconds_left
    return frozenset(name for name in carrying if name == quickest or durations.get(name, 0.0) <= limit)


def focused(view: StudyView, families: Collection[str]) -> StudyView:
    """The view of a study as if only these families competed; unchanged where that cannot be said.

    A sampler may key what it remembers by the study's id, so that of the narrower study is another one.

    Args:
        view: The study.
        families: Names of families. Those that the space does not have do not count.
    """
    space = view.space
    chooser = space[MODEL]
    if not isinstance(chooser, Categorical) or space.constraints:
        return view
    kept = [name for name in chooser.choices if name in families]
    if not kept or len(kept) == len(chooser.choices):
        return view
    parameters: dict[str, Parameter] = {MODEL: replace(chooser, choices=tuple(kept))}
    for name, parameter in space.items():
        models = (parameter.when or {}).get(MODEL, ())
        left = tuple(model for model in models if model in families)
        if name != MODEL and left:
            parameters[name] = conditioned(parameter, {**(parameter.when or {}), MODEL: left})
    return replace(
        view,
        study_id=f"{view.study_id}/{'+'.join(map(str, kept))}",
        space=SearchSpace(parameters),
        trials=[trial for trial in view.trials if trial.params[MODEL] in families],
    )
