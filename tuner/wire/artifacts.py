"""Bodies about artifacts."""

from __future__ import annotations

from datetime import datetime

from tuner.records import Artifact
from tuner.wire.base import Resource

# The artifacts of a trained trial. The model is a zip of a folder with a manifest; the predictions are those for the
# validation rows; the log is what the training process wrote.
MODEL = "model.zip"
PREDICTIONS = "predictions.npz"
LOG = "log.txt"


class ArtifactResource(Resource):
    """A file that an attempt left behind."""

    number: int
    attempt: int
    name: str
    size: int
    sha256: str
    created_at: datetime

    @classmethod
    def of(cls, artifact: Artifact) -> ArtifactResource:
        """The body that shows ``artifact``."""
        return cls(
            number=artifact.number,
            attempt=artifact.attempt,
            name=artifact.name,
            size=artifact.size,
            sha256=artifact.sha256,
            created_at=artifact.created_at,
        )


class ArtifactPage(Resource):
    """All artifacts of a trial, by attempt and name."""

    items: tuple[ArtifactResource, ...]
