"""Tables in: reading, profiling, column kinds, splits and preprocessing.

The names below need nothing but the standard library, so that the API process can check a study against a stored
profile. What needs NumPy and pandas is imported by its path:

- ``tuner.data.reading`` reads a CSV file; ``tuner.data.frames`` brings a DataFrame into the same plain form
- ``tuner.data.profiling`` profiles a plain frame; ``tuner.data.upload`` does it for a file, in a limited child process
- ``tuner.data.table`` joins features and target; ``tuner.data.splits`` divides them; ``tuner.data.encoding`` turns
  them into arrays
"""

from tuner.data.profile import (
    TABLE_TASKS,
    ColumnKind,
    ColumnProfile,
    DatasetProfile,
    DatasetWarning,
    TargetProfile,
    Task,
    ValueForm,
    target_profile,
)

__all__ = [
    "TABLE_TASKS",
    "ColumnKind",
    "ColumnProfile",
    "DatasetProfile",
    "DatasetWarning",
    "TargetProfile",
    "Task",
    "ValueForm",
    "target_profile",
]
