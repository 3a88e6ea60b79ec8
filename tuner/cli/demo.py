"""``tuner demo``: the whole service at work, on a real table, in a minute."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from tuner.cli import console
from tuner.cli.demo_table import DemoTable, load_demo_table
from tuner.cli.service import Service, stop_signals_raise
from tuner.cli.tables import leaderboard_table
from tuner.client import Client, Study
from tuner.client.progress import study_progress, summary
from tuner.errors import ServerError, WaitTimeout
from tuner.execution.cores import available_cores
from tuner.records import Budget
from tuner.wire import StudyResource, TrialState

_FINISHED = [state for state in TrialState if state.is_finished]
_MAX_SLOTS = 8
_LOOK_SECONDS = 0.25
_STOP_SECONDS = 5.0
# Beyond the budget, for trainings to hand in what they have.
_LATE_SECONDS = 60.0
NEXT = """\
What you saw: a server and a worker on this machine; a table uploaded over
HTTP; trials of several model families, proposed by a sampler, trained in
processes of their own, stored in SQL and ranked there. All of it is gone again.

Next, keep a service running with `make serve` (or `tuner serve`), and give it
a table of yours:

    import tuner
    client = tuner.Client("http://127.0.0.1:8000")
    data = client.upload_dataset("table.csv", target="column to predict")
    study = client.create_study("first", dataset=data, models=["lightgbm"],
                                budget=tuner.Budget(trials=20))
    print(study.wait().leaderboard())
"""


def demo(
    trials: Annotated[int, typer.Option(min=1, help="Most trials to run.")] = 25,
    seconds: Annotated[float, typer.Option(min=1.0, help="Longest time to search.")] = 60.0,
) -> None:
    """Tune real models on a real table and print the leaderboard. Leaves nothing behind."""
    started_at = time.monotonic()
    output = console.output()
    with (
        stop_signals_raise(),
        # A worker that is stopped in the middle of a training may still be writing.
        tempfile.TemporaryDirectory(prefix="tuner-demo-", ignore_cleanup_errors=True) as name,
        Service(_environment(name), log=Path(name) / "service.log", patience_seconds=_STOP_SECONDS) as service,
    ):
        folder = Path(name)
        output.print("Starting an API server and a worker, on a fresh SQLite database in a temporary folder ...")
        service.start_api(host="127.0.0.1", port=0)
        # While the server starts.
        table = load_demo_table()
        url = service.wait_for_api()
        # The table is small: one core for each training gets more done than several.
        service.start_worker(slots=min(available_cores(), _MAX_SLOTS))
        output.print(f"They answer at {url}.")
        with Client(url) as client:
            study = _create_study(client, table, folder, Budget(trials=trials, seconds=seconds), output)
            first_seconds = _watch(study, service, started_at, output, seconds + _LATE_SECONDS)
            _show_leaderboard(study, output)
            _show_test(study, table, folder, output)
    output.print(f"First ranked result after {first_seconds:.1f} s.", style="bold")
    output.print()
    output.print(NEXT, markup=False)


def _environment(home: str) -> dict[str, str]:
    """This process's environment, without the user's settings: the demonstration has its own service."""
    others = {name: text for name, text in os.environ.items() if not name.startswith("TUNER_")}
    # Nobody will miss a training that is cut short.
    return others | {"TUNER_HOME": home, "TUNER_WORKER_GRACE_SECONDS": "0"}


def _create_study(client: Client, table: DemoTable, folder: Path, budget: Budget, output: Console) -> Study:
    path = folder / "breast_cancer.csv"
    table.train.to_csv(path, index=False)
    data = client.upload_dataset(path, target=table.target)
    study = client.create_study("demo", dataset=data, metric="log_loss", seed=0, budget=budget)
    families = study.resource.models
    output.print(
        f"Uploaded {table.title}: {data.num_rows} rows, {data.num_columns} columns, to predict {table.target!r}; "
        f"{len(table.test)} rows stay out.",
        markup=False,
    )
    output.print(f"Searching over {len(families)} model families: {', '.join(families)}.", markup=False)
    return study


def _watch(study: Study, service: Service, started_at: float, output: Console, patience_seconds: float) -> float:
    """Show the study until it has ended; seconds from the start to the first ranked result."""
    first_seconds = None
    deadline = time.monotonic() + patience_seconds
    write_line = _line_writer(output)
    with study_progress() as bar:
        while True:
            service.check()
            now = study.resource
            bar.show(now)
            if not console.messages().is_terminal:
                write_line(now, time.monotonic() - started_at)
            if first_seconds is None and now.counts.get(TrialState.COMPLETED):
                first_seconds = time.monotonic() - started_at
            if now.is_finished and not now.counts.get(TrialState.RUNNING):
                break
            if time.monotonic() > deadline:
                raise WaitTimeout(
                    f"The study should have ended by now, but has not ({summary(now)}).",
                    hint="Something is wrong with this installation; look with: tuner serve",
                )
            time.sleep(_LOOK_SECONDS)
    if first_seconds is None:
        raise ServerError(
            f"No trial has completed ({summary(now)}).",
            hint="Allow more time: tuner demo --seconds 300. If it stays so, the messages say why: "
            + "; ".join({trial.message or "" for trial in study.trials(TrialState.FAILED)}),
        )
    return first_seconds


def _line_writer(output: Console) -> Callable[[StudyResource, float], None]:
    """Writes a line whenever something has changed, for logs and pipes."""
    last = ""

    def write(study: StudyResource, elapsed_seconds: float) -> None:
        nonlocal last
        line = summary(study)
        if line != last:
            output.print(f"{elapsed_seconds:6.1f} s  {line}", markup=False)
            last = line

    return write


def _show_leaderboard(study: Study, output: Console) -> None:
    output.print(leaderboard_table(list(study.trials(_FINISHED, order_by="rank")), study.objectives))


def _show_test(study: Study, table: DemoTable, folder: Path, output: Console) -> None:
    best = study.best_trial
    predicted = study.best_model(folder / "model.zip").predict(table.test.drop(columns=table.target))
    truth = table.test[table.target].to_numpy()
    num_right = int((predicted == truth).sum())
    output.print(
        f"The best model, {best.params['model']} of trial {best.number}, is right on {num_right} of the {len(truth)} "
        f"rows that no trial has seen ({num_right / len(truth):.1%}; the most frequent answer alone: "
        f"{table.baseline:.1%}).",
        markup=False,
    )
