"""How far a study is, shown while it is waited for: a bar in a terminal, a line in a notebook, else nothing."""

from __future__ import annotations

import importlib
import sys
import time
from html import escape
from types import TracebackType
from typing import Any, Self

from tuner.wire import StudyResource, TrialState

_SHOWN = (TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED, TrialState.RUNNING)


class StudyProgress:
    """Shows nothing. A context manager, so that those that show something leave the terminal in order."""

    def show(self, study: StudyResource) -> None:
        """Show the study as it stands."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Show no more."""


def study_progress(wanted: bool = True) -> StudyProgress:
    """What fits the place where the code runs."""
    if wanted and _is_notebook():
        return _NotebookLine()
    if wanted and sys.stderr.isatty():
        try:
            return _TerminalBar()
        except ModuleNotFoundError:
            return StudyProgress()
    return StudyProgress()


def summary(study: StudyResource) -> str:
    """The study in one line."""
    parts = [f"{study.counts[state]:,} {state}" for state in _SHOWN if study.counts.get(state)]
    text = ", ".join(parts) or "no trials yet"
    if study.best_value is not None:
        text += f"; best {next(iter(study.objectives))} {study.best_value:.6g}"
    if study.search and not study.is_finished:
        text += f"; {study.search}"
    return text


def share_done(study: StudyResource) -> float | None:
    """The part of the budget that is used, None when there is no budget."""
    shares = []
    if study.budget.trials:
        is_open = study.counts.get(TrialState.WAITING, 0) + study.counts.get(TrialState.RUNNING, 0)
        shares.append(max(0, study.num_counted - is_open) / study.budget.trials)
    if study.budget.seconds:
        shares.append(study.used_seconds / study.budget.seconds)
    return min(max(shares), 1.0) if shares else None


class _TerminalBar(StudyProgress):
    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("{task.fields[summary]}", markup=False),
            console=Console(stderr=True),
        )
        self._task = self._progress.add_task("", total=None, summary="")

    def show(self, study: StudyResource) -> None:
        share = share_done(study)
        total = None if share is None else 1.0
        self._progress.update(
            self._task, description=study.name, total=total, completed=share or 0.0, summary=summary(study)
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class _NotebookLine(StudyProgress):
    """One line of HTML, replaced in place: rich would need a widget library there."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        # Any: IPython is no dependency; it is there because the code runs in it.
        self._display: Any = importlib.import_module("IPython.display").display
        self._handle: Any = None

    def show(self, study: StudyResource) -> None:
        share = share_done(study)
        bar = "" if share is None else f'<progress value="{share:.4f}" max="1"></progress> '
        text = f"{time.monotonic() - self._started:.0f} s: {summary(study)}"
        data = {"text/html": f"{escape(study.name)} {bar}{escape(text)}", "text/plain": f"{study.name} {text}"}
        if self._handle is None:
            self._handle = self._display(data, raw=True, display_id=True)
        else:
            self._handle.update(data, raw=True)


def _is_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None
