"""The engine: the use cases over storage, and the only writer of it."""

from tuner.engine.engine import Engine
from tuner.engine.limits import Limits
from tuner.engine.outcome import Outcome

__all__ = ["Engine", "Limits", "Outcome"]
