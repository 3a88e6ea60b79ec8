"""Search where it helps: among the families that carry the average of candidates."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from tuner.models.composition import MODEL, conditioned
from tuner.records import StudyView
from tuner.space import Categorical, Parameter, SearchSpace

# Families with less of the weight are not searched.
_MIN_SHARE = 0.05
# A candidate of a family may take this part of the time left; of one that carries more of the average, up to half of
# it: a better network is worth more than any number of neighbours, where the network is all that counts.
_SHARE_OF_TIME, _SHARE_BY_WEIGHT = 0.08, 0.5
# So long is short, and near the end a few candidates are better than many of the weakest family.
_SHORT_SECONDS, _LAST_SHARE_OF_TIME = 3.0, 0.25
# Where fewer carry the average, others are searched too, if they are among so many of the best.
_MIN_FAMILIES, _LEADING_FAMILIES = 3, 4


def carrying_families(
    weights: Mapping[str, float], ranked: Sequence[str], durations: Mapping[str, float], seconds_left: float | None
) -> frozenset[str]:
    """The families that are worth further candidates: those that carry the average, and the best others up to three.

    Before there is an average, the best alone. A family without a candidate, whose default was too dear to be tried, is
    none of them. A search needs many candidates. Families whose candidates take so long that there would be but a few
    of them are passed over, unless all are like that; the more of the average a family carries, the longer they may
    take.

    Args:
        weights: Weight of each family in the latest average; empty if there is none.
        ranked: Families in the order of their best candidates.
        durations: How long a candidate of a family takes, in seconds.
        seconds_left: Time left; None without a limit.
    """
    carrying = [name for name, weight in weights.items() if weight >= _MIN_SHARE]

    def is_quick(name: str) -> bool:
        if seconds_left is None:
            return True
        share = max(_SHARE_OF_TIME, _SHARE_BY_WEIGHT * weights.get(name, 0.0))
        most = max(share * seconds_left, min(_SHORT_SECONDS, _LAST_SHARE_OF_TIME * seconds_left))
        return durations.get(name, 0.0) <= most

    chosen = list(filter(is_quick, carrying))
    for name in ranked[:_LEADING_FAMILIES]:
        if len(chosen) < _MIN_FAMILIES and name not in chosen and is_quick(name):
            chosen.append(name)
    return frozenset(chosen or carrying)


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
