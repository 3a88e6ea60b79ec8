"""The systems that are compared, behind one small interface."""

from benchmarks.search.systems.registry import missing_package, start, system_names
from benchmarks.search.systems.tuning import Asked, Tuning

__all__ = ["Asked", "Tuning", "missing_package", "start", "system_names"]
