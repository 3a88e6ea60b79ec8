"""Trained models, fetched once and kept by their digest."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from tuner.client.home import cache_folder
from tuner.client.transport import Transport
from tuner.errors import ConnectionFailed, NotFound
from tuner.wire import ArtifactResource, TrialResource
from tuner.wire.artifacts import MODEL


def fetch_model(transport: Transport, trial: TrialResource, path: Path | None) -> Path:
    """The file of a trial's trained model, at ``path`` or in the cache; its SHA-256 has been checked.

    Raises:
        NotFound: The trial has no model: you trained it yourself, or it did not complete.
    """
    artifact = _model_of(transport, trial)
    target = path or cache_folder() / "models" / f"{artifact.sha256}.zip"
    if target.is_file() and _digest(target) == artifact.sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    chunks = transport.read_artifact(trial.study, artifact.number, artifact.attempt, artifact.name)
    digest = hashlib.sha256()
    # Never a half-written file under the final name, whoever else downloads it at the same time.
    descriptor, temporary = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != artifact.sha256:
            raise ConnectionFailed("The model that arrived is damaged: its SHA-256 is wrong.", hint="Try again.")
        os.replace(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return target


def _model_of(transport: Transport, trial: TrialResource) -> ArtifactResource:
    for artifact in transport.artifacts(trial.study, trial.number).items:
        if artifact.name == MODEL and artifact.attempt == trial.attempt:
            return artifact
    raise NotFound.restored(
        f"Trial {trial.number} has no trained model.",
        "Only completed trials of a study over a dataset have one; of your own training you keep the models yourself.",
        [],
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
