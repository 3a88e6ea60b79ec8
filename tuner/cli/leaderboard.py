"""``tuner leaderboard``: the trials of a study, best first."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

import typer

from tuner.cli import console
from tuner.cli.options import ApiKey, AsJson, Url, resolved_key
from tuner.cli.tables import leaderboard_table
from tuner.client import Client
from tuner.client.progress import summary
from tuner.wire import TrialState

_FINISHED = [state for state in TrialState if state.is_finished]


def leaderboard(
    study: Annotated[str, typer.Argument(help="Name or id of the study.", show_default=False)],
    limit: Annotated[int, typer.Option(min=1, help="Number of rows.")] = 20,
    as_json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """Show the finished trials of a study, best first, failed ones last."""
    with Client(url, resolved_key(api_key)) as client:
        found = client.get_study(study)
        trials = list(islice(found.trials(_FINISHED, order_by="rank"), limit))
        resource = found.resource
    if as_json:
        console.print_json(
            {"study": resource.model_dump(mode="json"), "trials": [trial.model_dump(mode="json") for trial in trials]}
        )
        return
    output = console.output()
    output.print(f"{resource.name}: {resource.state}, {summary(resource)}", markup=False)
    if trials:
        output.print(leaderboard_table(trials, resource.objectives, resource.constraints))
