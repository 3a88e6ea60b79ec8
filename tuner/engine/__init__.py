"""The engine: the use cases over storage, and the only writer of it."""

from tuner.engine.changes import ANY
from tuner.engine.engine import Engine
from tuner.engine.limits import Limits
from tuner.engine.outcome import Outcome
from tuner.engine.suggestions import LOOK_AGAIN_SECONDS

__all__ = ["ANY", "LOOK_AGAIN_SECONDS", "Engine", "Limits", "Outcome"]
