"""``tuner fit``: the automatic model, from a table in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli import console
from tuner.cli.options import ApiKey, AsJson, Url, resolved_key
from tuner.cli.service import stop_signals_raise
from tuner.cli.tables import leaderboard_table
from tuner.client.progress import summary
from tuner.wire import TrialState

if TYPE_CHECKING:
    from tuner.automatic import Result

_FINISHED = [state for state in TrialState if state.is_finished]


def fit(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV file, plain or gzip, or Parquet file.",
            exists=True,
            dir_okay=False,
            readable=True,
            show_default=False,
        ),
    ],
    target: Annotated[str, typer.Option(help="Column to predict.", show_default=False)],
    time_budget: Annotated[str, typer.Option(help="Wall time, such as 60s, 10m or 1h30m.")] = "60s",
    models: Annotated[
        str | None,
        typer.Option(help="Model families that compete, separated by commas.", show_default="those that suit"),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="What models are judged by, such as roc_auc.", show_default="by task")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the study.", show_default="made up")] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes the random choices.", show_default=False)] = None,
    trials: Annotated[
        int | None, typer.Option(min=1, help="End after so many trials, if that comes first.", show_default=False)
    ] = None,
    max_predict_ms: Annotated[
        float | None,
        typer.Option(min=0.001, help="Time for one row that an average of models may take.", show_default=False),
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Keep the best model in this file.", show_default=False)] = None,
    card: Annotated[
        Path | None, typer.Option(help="Describe the best model in this HTML page.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Train the best model for a table within a time, and rank all that were tried. Ctrl-C keeps the best so far."""
    from tuner.automatic import fit as fit_table

    # `tuner.fit` goes where the environment says; an option on the command line says it for this process.
    said = {"TUNER_URL": url, "TUNER_API_KEY": resolved_key(api_key)}
    os.environ.update({name: text for name, text in said.items() if text})
    with stop_signals_raise():
        result = fit_table(
            file,
            target,
            time_budget=time_budget,
            metric=metric,
            models=None if models is None else [family.strip() for family in models.split(",") if family.strip()],
            name=name,
            seed=seed,
            trials=trials,
            max_predict_ms=max_predict_ms,
        )
    if save is not None:
        result.study.best_model(save)
    if card is not None:
        result.best_model.card(card)
    if as_json:
        _print_json(result, save)
    else:
        _print_table(result, save)


def _print_table(result: Result, saved: Path | None) -> None:
    study = result.study.resource
    output = console.output()
    output.print(leaderboard_table(list(result.study.trials(_FINISHED, order_by="rank")), study.objectives))
    output.print(f"Study {study.name}: {summary(study)}", markup=False)
    for warning in result.warnings:
        output.print(f"Note: {warning}", style="yellow", markup=False)
    if saved is not None:
        output.print(f"The best model is in {saved}.", markup=False)


def _print_json(result: Result, saved: Path | None) -> None:
    ranked = list(result.study.trials(_FINISHED, order_by="rank"))
    console.print_json(
        {
            "study": result.study.resource.model_dump(mode="json"),
            "trials": [trial.model_dump(mode="json") for trial in ranked],
            "model": None if saved is None else str(saved),
        }
    )
