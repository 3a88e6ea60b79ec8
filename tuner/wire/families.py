"""Bodies about model families."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationInfo, field_validator

from tuner.data.profile import Task
from tuner.wire.base import Name, Request, Resource
from tuner.wire.studies import ForecastBody, TargetResource


def needs_dataset(value: object, found: ValidationInfo) -> object:
    """Check a field that says something only with a field ``dataset`` before it.

    Raises:
        ValueError: There is none.
    """
    if value is not None and found.data.get("dataset") is None:
        raise ValueError("needs a dataset, which the field dataset must name")
    return value


class AskFamilies(Request):
    """What model families are asked about: the id of a table, and what is to be predicted there.

    The target, if null, is the dataset's own. ``task`` overrules the choice made from the target's values, and
    ``forecast`` makes the target the values to come of a time series.
    """

    dataset: Name | None = None
    target: Name | None = None
    task: Task | None = None
    forecast: ForecastBody | None = None

    _of_a_dataset = field_validator("target", "task", "forecast")(needs_dataset)


class FamilyResource(Resource):
    """A model family. ``space`` is its default search space, for the dataset that was named.

    ``default`` says whether it competes there if a study names no models; null where there is no target. ``network``
    says whether it is built with Keras, so that a study may say on which backend.
    """

    name: str
    title: str
    step: str
    available: bool
    network: bool = False
    default: bool | None = None
    space: dict[str, Any] | None = None


class FamilyPage(Resource):
    """All model families. With a target also what predicting it means, and the metric if none is asked for."""

    items: tuple[FamilyResource, ...]
    target: TargetResource | None = None
    metric: str | None = None
