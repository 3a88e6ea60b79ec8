"""Files of outcomes: one as JSON on each line, added as it comes, so that an interrupted benchmark is resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Hashable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar


class HasCell(Protocol):
    """A dataclass that tells what came of one cell of a benchmark."""

    __dataclass_fields__: ClassVar[dict[str, Any]]  # Any: as typeshed has it for every dataclass

    @property
    def cell(self) -> Hashable:
        """What was measured."""


OutcomeT = TypeVar("OutcomeT", bound=HasCell)


class StrangeFile(Exception):
    """A file holds something else than outcomes."""

    def __init__(self, file: Path) -> None:
        super().__init__(f"{file} holds something else than outcomes of this benchmark. Name another file.")


def append_outcome(file: Path, outcome: HasCell) -> None:
    """Add a line, and see that it is on the disk before the next cell takes its minutes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as lines:
        lines.write(json.dumps(asdict(outcome)) + "\n")
        lines.flush()
        os.fsync(lines.fileno())


def read_cells(kind: type[OutcomeT], files: Iterable[Path]) -> list[OutcomeT]:
    """The last outcome of each cell. A line that was cut off by a crash is passed over.

    Args:
        kind: The class of the benchmark's outcomes.
        files: Where they were added.

    Raises:
        StrangeFile: One holds something else.
    """
    found: dict[Hashable, OutcomeT] = {}
    for file in files:
        for line in file.read_text().splitlines():
            try:
                outcome = kind(**json.loads(line))
            except json.JSONDecodeError:
                continue
            except TypeError as error:
                raise StrangeFile(file) from error
            found[outcome.cell] = outcome
    return list(found.values())
