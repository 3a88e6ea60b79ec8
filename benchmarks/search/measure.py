"""The whole comparison, as ``python -m benchmarks search`` makes it."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.report import Table
from benchmarks.search.campaign import Campaign, carry_out
from benchmarks.search.report import draw, tables
from benchmarks.search.runs import read_runs
from benchmarks.settings import Settings

_OURS = "sdk:auto"
_PEERS = (
    *("optuna-tpe", "optuna-tpe-group", "optuna-cmaes", "optuna-gp", "optuna-random"),
    *("rustuna-tpe", "flaml-blendsearch"),
)
_STOPPING = (
    *("sdk:auto", "sdk:auto+median", "sdk:auto+asha", "sdk:auto+hyperband"),
    *("optuna-tpe", "optuna-tpe+median", "optuna-tpe+asha", "optuna-tpe+hyperband"),
    *("optuna-random", "optuna-random+asha", "optuna-random+hyperband"),
)
_COUNTS = (10, 25, 50, 100)


def measure(settings: Settings) -> Iterator[Table]:
    """Run whatever ``settings.search_runs`` lacks, in all modes, on all problems; then report all that it holds.

    It takes hours. Ctrl-C loses only runs under way; the next call goes on from there.
    """
    for mode, systems, trials in (
        ("sequential", (_OURS, *_PEERS), 100),
        ("batch", (_OURS, *_PEERS), 96),
        ("curves", _STOPPING, 20),
    ):
        campaign = Campaign(systems, mode, "all", seeds=settings.search_seeds, trials=trials)
        carry_out(campaign, settings.search_runs, settings.search_jobs)
    runs = read_runs([settings.search_runs])
    yield from tables(runs, _COUNTS, order=(_OURS, *_PEERS, *_STOPPING), against=_OURS)
    if settings.images is not None:
        draw(runs, settings.images, order=(_OURS, *_PEERS, *_STOPPING))
