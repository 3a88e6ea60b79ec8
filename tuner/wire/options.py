"""Bodies about what studies may choose from."""

from __future__ import annotations

from tuner.data.profile import Task
from tuner.records import Direction
from tuner.wire.base import Resource


class SamplerOption(Resource):
    """Who proposes parameters, and when to choose it."""

    name: str
    description: str


class PrunerOption(Resource):
    """Who stops hopeless trials early, when to choose it, and its options with their defaults."""

    name: str
    description: str
    options: dict[str, float | int | None]


class MetricOption(Resource):
    """What models of a dataset are judged by. ``default_for`` are the tasks where it is taken if none is asked for."""

    name: str
    description: str
    direction: Direction
    tasks: tuple[Task, ...]
    default_for: tuple[Task, ...]


class StudyDefaults(Resource):
    """What is taken where a study says nothing. ``fold_pruner`` is for candidates that are scored fold by fold."""

    sampler: str
    pruner: str
    fold_pruner: str
    max_attempts: int


class StudyOptions(Resource):
    """What the fields of a new study may say. ``backends`` are what networks are trained on."""

    samplers: tuple[SamplerOption, ...]
    pruners: tuple[PrunerOption, ...]
    metrics: tuple[MetricOption, ...]
    backends: tuple[str, ...]
    defaults: StudyDefaults
