"""``tuner studies``: what there is."""

from __future__ import annotations

from typing import Annotated

import typer

from tuner.cli import console
from tuner.cli.options import ApiKey, AsJson, Url, resolved_key
from tuner.cli.tables import studies_table
from tuner.client import Client
from tuner.client.paging import all_items
from tuner.wire import StudyState


def studies(
    state: Annotated[StudyState | None, typer.Option(help="Only studies in this state.", show_default=False)] = None,
    as_json: AsJson = False,
    url: Url = None,
    api_key: ApiKey = None,
) -> None:
    """List the studies, newest first."""
    with Client(url, resolved_key(api_key)) as client:
        transport = client.transport
        found = list(all_items(lambda cursor: transport.studies(state=state, cursor=cursor)))
        address = client.address
    if as_json:
        console.print_json([study.model_dump(mode="json") for study in found])
    elif found:
        console.output().print(studies_table(found))
    else:
        console.messages().print(f"No studies at {address}.", markup=False)
