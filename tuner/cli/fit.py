"""``tuner fit``: the automatic model, from a table in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tuner.cli import console
from tuner.cli.options import ApiKey, AsJson, Url, resolved_key
from tuner.cli.service import stop_signals_raise
from tuner.cli.tables import leaderboard_table
from tuner.client.progress import summary
from tuner.errors import InvalidInput
from tuner.wire import Forecast, TrialState

if TYPE_CHECKING:
    from tuner.automatic import Result

_MOST_ROWS = 24
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
    forecast: Annotated[
        int | None, typer.Option(min=1, help="Forecast a time series so many values ahead.", show_default=False)
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="Column that orders a time series.", show_default="the column of dates")
    ] = None,
    series: Annotated[
        str | None, typer.Option(help="Column that tells several time series apart.", show_default=False)
    ] = None,
    season: Annotated[
        int | None, typer.Option(min=2, help="Rows after which a pattern repeats.", show_default="found out")
    ] = None,
    known: Annotated[
        str | None,
        typer.Option(help="Columns known for times to come, separated by commas.", show_default=False),
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
            models=None if models is None else _names(models),
            name=name,
            seed=seed,
            trials=trials,
            max_predict_ms=max_predict_ms,
            forecast=_forecast(forecast, time, series, season, known),
        )
    if save is not None:
        result.study.best_model(save)
    if card is not None:
        result.best_model.card(card)
    if as_json:
        _print_json(result, save)
    else:
        _print_table(result, save)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _forecast(
    horizon: int | None, time: str | None, series: str | None, season: int | None, known: str | None
) -> Forecast | None:
    if horizon is None:
        given = {"--time": time, "--series": series, "--season": season, "--known": known}
        if lost := [name for name, value in given.items() if value is not None]:
            raise InvalidInput(
                f"{lost[0]} goes with --forecast.", hint="Say how many values to forecast: --forecast 12."
            )
        return None
    return Forecast(horizon, time, series, season, tuple(_names(known or "")))


def _print_table(result: Result, saved: Path | None) -> None:
    study = result.study.resource
    output = console.output()
    output.print(leaderboard_table(list(result.study.trials(_FINISHED, order_by="rank")), study.objectives))
    output.print(f"Study {study.name}: {summary(study)}", markup=False)
    if result.is_forecast:
        output.print(_forecast_text(result), markup=False)
    for warning in result.warnings:
        output.print(f"Note: {warning}", style="yellow", markup=False)
    if saved is not None:
        output.print(f"The best model is in {saved}.", markup=False)


def _forecast_text(result: Result) -> str:
    rows = result.forecast()
    more = f"\n... {len(rows) - _MOST_ROWS:,} more rows" if len(rows) > _MOST_ROWS else ""
    return rows.head(_MOST_ROWS).to_string(index=False) + more


def _forecast_json(result: Result) -> str:
    return result.forecast().to_json(orient="records", date_format="iso", date_unit="s")


def _print_json(result: Result, saved: Path | None) -> None:
    ranked = list(result.study.trials(_FINISHED, order_by="rank"))
    console.print_json(
        {
            "study": result.study.resource.model_dump(mode="json"),
            "trials": [trial.model_dump(mode="json") for trial in ranked],
            "model": None if saved is None else str(saved),
            **({"forecast": json.loads(_forecast_json(result))} if result.is_forecast else {}),
        }
    )
