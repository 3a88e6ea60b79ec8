"""Trained models, as trials left them behind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tuner.artifact.manifest import original_labels
from tuner.artifact.package import read_facts
from tuner.errors import NotFound
from tuner.wire import ArtifactResource
from tuner.wire.artifacts import MODEL
from tuner.wire.models import ModelColumn, ModelMember, ModelResource, split_model_id

if TYPE_CHECKING:
    from tuner.engine.engine import Engine


def model_file(engine: Engine, model: str) -> tuple[ArtifactResource, Path]:
    """The packed model of this id, and where it lies.

    Raises:
        NotFound: There is no such trial, or it has no model.
    """
    study, number = split_model_id(model)
    trial = engine.trials.get(study, number)
    try:
        return engine.artifacts.find(study, number, trial.attempt, MODEL)
    except NotFound:
        raise NotFound(
            "model", model, hint="Only completed trials of a study over a dataset have a trained model."
        ) from None


def model_resource(engine: Engine, model: str) -> ModelResource:
    """What the model of this id is.

    Raises:
        NotFound: There is no such trial, or it has no model.
    """
    artifact, path = model_file(engine, model)
    study, number = split_model_id(model)
    manifest, _ = read_facts(path)
    facts = manifest.facts
    return ModelResource(
        id=model,
        study=study,
        number=number,
        attempt=artifact.attempt,
        family=facts.family,
        params=dict(facts.params),
        task=facts.target.task,
        target=facts.target.name,
        classes=tuple(original_labels(facts.target.classes, facts.target_form)),
        columns=tuple(ModelColumn(name=column.name, kind=column.kind) for column in facts.columns),
        metric=facts.metric,
        value=facts.value,
        standard_error=facts.standard_error,
        folds=facts.folds,
        parts=len(manifest.parts),
        members=tuple(
            ModelMember(number=member.number, family=member.family, weight=member.weight) for member in facts.members
        ),
        metrics=engine.trials.get(study, number).metrics,
        versions=dict(manifest.versions),
        file=artifact,
        download=f"/v1/models/{model}/file",
        card=f"/v1/models/{model}/card",
        predictions=f"/v1/models/{model}/predictions",
    )
