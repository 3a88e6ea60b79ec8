"""A study's specification as JSON text, in the column that never changes after creation."""

from __future__ import annotations

import dataclasses
import json
from functools import lru_cache
from typing import Any

from tuner.data.profile import TargetProfile
from tuner.records import Direction, Objective, OutcomeConstraint, StudySpec, Validation
from tuner.space import SearchSpace


def dump_spec(spec: StudySpec) -> str:
    """JSON text of everything but the budget, which may change and has columns of its own."""
    return json.dumps(
        {
            "name": spec.name,
            "space": spec.space.to_json(),
            "objectives": [[objective.name, objective.direction] for objective in spec.objectives],
            "sampler": spec.sampler,
            "pruner": spec.pruner if isinstance(spec.pruner, str) else dict(spec.pruner),
            "seed": spec.seed,
            "max_attempts": spec.max_attempts,
            "dataset_id": spec.dataset_id,
            "families": list(spec.families),
            "target": spec.target and spec.target.to_json(),
            "metric": spec.metric,
            "constraints": [[each.name, each.at_most, each.at_least] for each in spec.constraints],
            "validation": spec.validation and dataclasses.asdict(spec.validation),
            "backend": spec.backend,
            "architecture": spec.architecture and dict(spec.architecture),
        },
        allow_nan=False,
        separators=(",", ":"),
    )


@lru_cache(maxsize=512)
def load_spec(text: str) -> StudySpec:
    """The specification behind ``text``, with an empty budget. Cached: every write to a study needs it."""
    form: dict[str, Any] = json.loads(text)
    target = form["target"]
    return StudySpec(
        name=form["name"],
        space=SearchSpace.from_json(form["space"]),
        objectives=tuple(Objective(name, Direction(direction)) for name, direction in form["objectives"]),
        sampler=form["sampler"],
        pruner=form["pruner"],
        seed=form["seed"],
        max_attempts=form["max_attempts"],
        dataset_id=form["dataset_id"],
        families=tuple(form["families"]),
        target=target and TargetProfile.from_json(target),
        metric=form["metric"],
        # Studies made before there were outcome constraints have none.
        constraints=tuple(OutcomeConstraint(*each) for each in form.get("constraints", ())),
        validation=_validation(form),
        backend=form.get("backend"),
        architecture=form.get("architecture"),
    )


def _validation(form: dict[str, Any]) -> Validation | None:
    stored = form.get("validation")
    if stored is not None:
        return Validation(**stored)
    # Studies made before candidates were cross-validated held a quarter of the rows out.
    return None if form["dataset_id"] is None else Validation(folds=4, scored_folds=1, ensemble=False)
