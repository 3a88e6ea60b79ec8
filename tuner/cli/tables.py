"""Studies and trials as tables for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from tuner.client.model_facts import are_models, facts_of
from tuner.wire import StudyResource, TrialResource, TrialState

_MODEL = "model"
_SHOWN_STATES = (TrialState.COMPLETED, TrialState.PRUNED, TrialState.FAILED, TrialState.RUNNING)


def studies_table(studies: Iterable[StudyResource]) -> Table:
    """One study a row."""
    table = _table()
    for heading in ("study", "state", "trials", "best", "time", "created", "id"):
        table.add_column(heading, overflow="fold", justify="right" if heading in ("best", "time") else "left")
    table.add_column("search")
    for study in studies:
        objective, direction = next(iter(study.objectives.items()))
        best = "" if study.best_value is None else f"{study.best_value:.6g} {objective} ({direction})"
        table.add_row(
            Text(study.name),
            Text(study.state),
            Text(_counts(study.counts)),
            Text(best),
            Text(seconds(study.used_seconds)),
            Text(f"{study.created_at:%Y-%m-%d %H:%M}"),
            Text(study.id),
            # Cut where the line ends: the rest matters more.
            Text(study.search or study.sampler, no_wrap=True, overflow="ellipsis"),
        )
    return table


def leaderboard_table(
    trials: Sequence[TrialResource], objectives: Iterable[str], constraints: Iterable[str] = ()
) -> Table:
    """One trial a row, best first, with the facts to choose by and the parameters behind them.

    A star marks those that predict a row faster than all before them.
    """
    objectives = list(dict.fromkeys([*objectives, *constraints]))
    has_models = any(_MODEL in trial.params for trial in trials)
    is_trained = are_models(trials)
    table = _table()
    trained = ["±", "folds", "1 row", "size"] if is_trained else []
    for heading in ("rank", "trial", *([_MODEL] if has_models else []), *objectives, *trained, "state", "fit time"):
        table.add_column(heading, justify="left" if heading in (_MODEL, "state") else "right", no_wrap=True)
    table.add_column("parameters")
    for trial, facts in zip(trials, facts_of(trials), strict=True):
        cells = ["" if trial.rank is None else str(trial.rank), str(trial.number)]
        if has_models:
            cells.append(str(trial.params.get(_MODEL, "")))
        values = trial.values or {}
        cells += [f"{values[name]:.5g}" if name in values else "" for name in objectives]
        if is_trained:
            cells += [
                _figure(facts.standard_error, ".2g"),
                "" if facts.folds is None else str(facts.folds),
                _figure(facts.predict_ms_one_row, ".1f", " ms") + (" *" if facts.pareto else ""),
                _figure(facts.model_mb, ".1f", " MB"),
            ]
        ending = "infeasible" if trial.is_feasible is False else str(trial.failure or trial.state)
        cells += [ending, seconds(fit_seconds(trial))]
        # Cut where the line ends: folded into what a narrow terminal leaves they would fill pages.
        rest = Text(parameters(trial), no_wrap=True, overflow="ellipsis")
        table.add_row(*[Text(cell) for cell in cells], rest, style="dim" if trial.rank is None else None)
    return table


def parameters(trial: TrialResource) -> str:
    """The values of a trial in one line; the model's name, which stands beside it, is left out."""
    prefix = f"{trial.params.get(_MODEL)}."
    values = {name: value for name, value in trial.params.items() if name != _MODEL}
    return ", ".join(f"{name.removeprefix(prefix)}={_short(value)}" for name, value in values.items())


def fit_seconds(trial: TrialResource) -> float | None:
    """How long training alone took, where that was measured; else the whole trial."""
    return trial.metrics.get("fit_seconds", trial.duration_seconds)


def seconds(duration: float | None) -> str:
    """A duration, short."""
    if duration is None:
        return ""
    if duration < 60:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _figure(number: float | None, form: str, unit: str = "") -> str:
    return "" if number is None else f"{number:{form}}{unit}"


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table() -> Table:
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))


def _counts(counts: Mapping[TrialState, int]) -> str:
    return ", ".join(f"{counts[state]:,} {state}" for state in _SHOWN_STATES if counts.get(state)) or "none yet"
