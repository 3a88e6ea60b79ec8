"""From a request to a specification: defaults filled in, names resolved, contradictions refused."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tuner.automl.plan import choose_families, choose_validation
from tuner.data.profile import DatasetProfile, TargetProfile, target_profile
from tuner.errors import InvalidInput, Place, UnknownName
from tuner.models import ModelFamily, compose_space, families, family
from tuner.models.architecture import ARCHITECTURE, ArchitectureFamily
from tuner.models.networks.backends import Backend
from tuner.pruners import normal_form
from tuner.records import Objective, StudySpec
from tuner.samplers import create_sampler
from tuner.space import SearchSpace
from tuner.storage.file_rows import DatasetRow
from tuner.training.metrics import default_metric, metric
from tuner.wire import CreateStudy
from tuner.wire.studies import AUTO_FAMILIES

# Seeds beyond 53 bits are not exact in the JSON readers of other languages.
_SEED_BITS = 53

DEFAULT_PRUNER = "asha"
FOLD_PRUNER = "racing"


def specify(request: CreateStudy, dataset: Callable[[str], DatasetRow]) -> StudySpec:
    """The specification that a request means.

    Args:
        request: What the user wrote.
        dataset: Finds a dataset by id.

    Raises:
        InvalidInput: A name is unknown, a space is wrong or not for the sampler, or two fields contradict each other.
    """
    sampler = create_sampler(request.sampler, pointer="#/sampler")
    specified = _own_study(request) if request.dataset is None else _dataset_study(request, dataset(request.dataset))
    specified.space.allowed_point  # noqa: B018  (finding a point proves that the constraints can be kept)
    sampler.check(specified.space, len(specified.objectives))
    return specified


def differing_fields(request: CreateStudy, asked: StudySpec, found: StudySpec) -> list[Place]:
    """Where a repeated creation asks for another study than the one that has the name."""
    pairs = {
        "space": (asked.space, found.space),
        "objectives": (asked.objectives, found.objectives),
        "constraints": (set(asked.constraints), set(found.constraints)),
        "sampler": (asked.sampler, found.sampler),
        "pruner": (asked.pruner, found.pruner),
        "budget": (asked.budget, found.budget),
        "max_attempts": (asked.max_attempts, found.max_attempts),
        "dataset": (asked.dataset_id, found.dataset_id),
        "models": (asked.families, found.families),
        "target": (asked.target, found.target),
        "metric": (asked.metric, found.metric),
        "backend": (asked.backend, found.backend),
        "architecture": (asked.architecture, found.architecture),
    }
    if asked.validation is not None and found.validation is not None:
        pairs["folds"] = (asked.validation.folds, found.validation.folds)
        pairs["ensemble"] = (asked.validation.ensemble, found.validation.ensemble)
        pairs["max_predict_ms"] = (asked.validation.max_predict_ms, found.validation.max_predict_ms)
    if request.seed is not None:
        pairs["seed"] = (asked.seed, found.seed)
    return [Place(f"#/{name}", "differs from the existing study") for name, (a, b) in pairs.items() if a != b]


def _own_study(request: CreateStudy) -> StudySpec:
    places = [
        Place(f"#/{name}", "only goes with a dataset")
        for name in (
            "target",
            "task",
            "models",
            "metric",
            "folds",
            "ensemble",
            "max_predict_ms",
            "forecast",
            "backend",
            "architecture",
        )
        if getattr(request, name) is not None
    ]
    if request.space is None:
        places.append(Place("#/space", "is missing; a study without a dataset needs a search space"))
    if request.objectives is None:
        places.append(Place("#/objectives", 'is missing; say what is tuned, e.g. {"accuracy": "maximize"}'))
    if request.space is None or request.objectives is None or places:
        raise InvalidInput(
            "A study needs either a dataset, which the service trains on, or a space and objectives of its own.",
            hint="Give dataset, or give space and objectives.",
            places=places,
        )
    space = SearchSpace.from_json(request.space)
    if not len(space):
        raise InvalidInput(
            "The search space has no parameters.",
            hint="Give at least one parameter.",
            places=[Place("#/space/parameters", "is empty")],
        )
    return StudySpec(
        name=request.name,
        space=space,
        objectives=tuple(Objective(name, direction) for name, direction in request.objectives.items()),
        constraints=tuple(body.to_record(name) for name, body in (request.constraints or {}).items()),
        sampler=request.sampler,
        pruner=normal_form(request.pruner or DEFAULT_PRUNER, pointer="#/pruner"),
        seed=_seed(request),
        budget=request.budget.to_record(),
        max_attempts=request.max_attempts,
    )


def _dataset_study(request: CreateStudy, dataset: DatasetRow) -> StudySpec:
    if request.objectives is not None:
        raise InvalidInput(
            "A study over a dataset is tuned for its metric.",
            hint="Leave objectives out and give metric.",
            places=[Place("#/objectives", "does not go with a dataset")],
        )
    if request.constraints:
        raise InvalidInput(
            "A study over a dataset cannot have outcome constraints yet: its trials are judged by their metric alone.",
            hint="Leave constraints out, or train yourself: give space and objectives.",
            places=[Place("#/constraints", "does not go with a dataset")],
        )
    target_name = request.target or dataset.target
    if target_name is None:
        raise InvalidInput(
            "It is not said what to predict.",
            hint="Give target here, or set it on the dataset.",
            places=[Place("#/target", "is missing, and the dataset has no target of its own")],
        )
    forecast = None if request.forecast is None else request.forecast.to_record()
    target = target_profile(dataset.profile, target_name, request.task, forecast)
    chosen_metric = metric(request.metric, target.task) if request.metric else default_metric(target.task)
    architecture = request.architecture
    names = _family_names(request, dataset.profile, target)
    _check_backend(request.backend, names)
    _check_architecture(architecture, names, dataset.profile, target)
    overrides = {} if request.space is None else SearchSpace.parameters_from_json(request.space)
    constraints = () if request.space is None else SearchSpace.constraints_from_json(request.space)
    chosen = [family(name, architecture=architecture) for name in names]
    validation = choose_validation(
        dataset.profile, target, request.budget.seconds, request.folds, _leading_network(chosen)
    )
    if request.ensemble is not None:
        validation = replace(validation, ensemble=request.ensemble)
    if request.max_predict_ms is not None:
        validation = replace(validation, max_predict_ms=request.max_predict_ms)
    pruner = request.pruner or (DEFAULT_PRUNER if validation.scored_folds == 1 else FOLD_PRUNER)
    return StudySpec(
        name=request.name,
        space=compose_space(names, dataset.profile, target, overrides, constraints, architecture),
        objectives=(Objective(chosen_metric.name, chosen_metric.direction),),
        sampler=request.sampler,
        pruner=normal_form(pruner, pointer="#/pruner"),
        seed=_seed(request),
        budget=request.budget.to_record(),
        max_attempts=request.max_attempts,
        dataset_id=dataset.id,
        families=names,
        target=target,
        metric=chosen_metric.name,
        validation=validation,
        backend=request.backend,
        architecture=architecture,
    )


def _family_names(request: CreateStudy, profile: DatasetProfile, target: TargetProfile) -> tuple[str, ...]:
    """The families that are asked for; ``auto`` stands for those that suit."""
    if request.models is None:
        return suitable_families(profile, target) if request.architecture is None else (ARCHITECTURE,)
    if ARCHITECTURE in request.models:
        ArchitectureFamily(request.architecture).architecture  # noqa: B018  (reading it finds what is wrong)
    names: list[str] = []
    for position, name in enumerate(request.models):
        if name == AUTO_FAMILIES:
            names += suitable_families(profile, target)
            continue
        known = family(name, pointer=f"#/models/{position}", architecture=request.architecture)
        if not known.supports(profile, target):
            raise InvalidInput(
                f"The family {name!r} cannot predict {target.name!r} ({target.task}).",
                places=[Place(f"#/models/{position}", f"does not support {target.task}")],
            )
        names.append(name)
    return tuple(dict.fromkeys(names))


def suitable_families(profile: DatasetProfile, target: TargetProfile) -> tuple[str, ...]:
    """The installed families that should compete if nobody has named any."""
    usable = [name for name, each in families().items() if each.is_available() and each.suits(profile, target)]
    return choose_families(profile, target, usable)


def _leading_network(chosen: Sequence[ModelFamily]) -> ModelFamily | None:
    """A network that competes, if there is nothing else or it is made for columns of arrays."""
    if all(each.is_network for each in chosen):
        return chosen[0]
    return next((each for each in chosen if each.is_network and any(kind.is_array for kind in each.needs)), None)


def _check_backend(backend: str | None, names: Sequence[str]) -> None:
    """Whether there is such a backend, and something that runs on it."""
    if backend is None:
        return
    if backend not in list(Backend):
        raise UnknownName("backend", backend, list(Backend), "#/backend")
    if not any(family(name).is_network for name in names):
        networks = ", ".join(name for name, each in families().items() if each.is_network)
        raise InvalidInput(
            f"None of the models is trained on {backend}: {', '.join(names)}.",
            hint=f"Leave backend out, or name a network among models: {networks}.",
            places=[Place("#/backend", "goes with a network")],
        )


def _check_architecture(
    form: Mapping[str, Any] | None, names: Sequence[str], profile: DatasetProfile, target: TargetProfile
) -> None:
    """Whether the network can be built at every point of its space, and is among the models."""
    if ARCHITECTURE in names:
        own = ArchitectureFamily(form)
        if own.supports(profile, target):
            own.check(profile, target)
    elif form is not None:
        raise InvalidInput(
            f"An architecture is given, but {ARCHITECTURE!r} is not among the models: {', '.join(names)}.",
            hint=f"Leave models out to tune it alone, or add {ARCHITECTURE!r} to them.",
            places=[Place("#/models", f"does not name {ARCHITECTURE!r}")],
        )


def _seed(request: CreateStudy) -> int:
    return secrets.randbits(_SEED_BITS) if request.seed is None else request.seed
