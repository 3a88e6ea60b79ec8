"""Raw results: one JSON line a run, appended as they come, so that runs can be resumed and files combined."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

Key = tuple[str, str, str, int]


@dataclass
class Run:
    """What came of one run.

    Args:
        system: Name of the system.
        problem: Name of the problem.
        group: The problem's kind.
        split: ``development`` or ``held_out``.
        mode: ``sequential``, ``batch`` or ``curves``.
        seed: The seed.
        regrets: Normalised regret of the incumbent after each trial (``curves``: after each epoch of any trial). The
            incumbent is what was *observed* best; its noise-free value counts.
        completed: ``curves`` only: the same if the incumbent must have been trained to its end; None before the first.
        recommended: The same of the system's own recommendation after each trial; where it gives none, of the best
            observed one.
        ask_seconds: Processor time of each ask and its tell, and of the reports between.
        sources: How many points each method of the system found.
    """

    system: str
    problem: str
    group: str
    split: str
    mode: str
    seed: int
    regrets: list[float] = field(default_factory=list)
    completed: list[float | None] = field(default_factory=list)
    recommended: list[float] = field(default_factory=list)
    ask_seconds: list[float] = field(default_factory=list)
    sources: dict[str, int] = field(default_factory=dict)

    @property
    def key(self) -> Key:
        """What no two runs of a file share."""
        return (self.system, self.problem, self.mode, self.seed)


def read_runs(paths: Iterable[Path]) -> list[Run]:
    """All runs of these files; of two with one key the longer, of equally long ones the later."""
    found: dict[Key, Run] = {}
    for path in paths:
        for line in path.read_text().splitlines():
            try:
                run = Run(**json.loads(line))
            except ValueError:
                # The machine went down in the middle of a line; that run is made again.
                continue
            known = found.get(run.key)
            if known is None or len(known.regrets) <= len(run.regrets):
                found[run.key] = run
    return list(found.values())


def append_run(path: Path, run: Run) -> None:
    """Add a run to a file."""
    form = {name: _rounded(value) for name, value in asdict(run).items()}
    with path.open("ab+") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(form, separators=(",", ":")).encode() + b"\n")


def _rounded(value: object) -> object:
    """Numbers of a list with six digits: more would only make the file larger."""
    if isinstance(value, list):
        return [float(f"{item:.6g}") if isinstance(item, float) else item for item in value]
    return value
