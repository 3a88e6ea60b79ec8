import os
import pty
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from tuner.client.progress import share_done, study_progress, summary
from tuner.wire import BudgetBody, Direction, StudyResource, StudyState, TrialState


def study(
    counts: dict[TrialState, int], *, budget: BudgetBody | None = None, best: float | None = None, used: float = 0.0
) -> StudyResource:
    now = datetime(2030, 1, 1, tzinfo=UTC)
    return StudyResource(
        id="0",
        name="a <study>",
        state=StudyState.RUNNING,
        state_reason=None,
        seq=1,
        space={},
        objectives={"accuracy": Direction.MAXIMIZE},
        sampler="auto",
        pruner="none",
        seed=0,
        budget=budget or BudgetBody(),
        max_attempts=3,
        dataset=None,
        target=None,
        models=(),
        metric=None,
        num_trials=sum(counts.values()),
        num_counted=sum(counts.values()),
        counts=counts,
        best_number=None,
        best_value=best,
        used_seconds=used,
        created_at=now,
        updated_at=now,
    )


def test_summary_tells_counts_and_the_best_value() -> None:
    counts = {TrialState.COMPLETED: 1200, TrialState.FAILED: 1, TrialState.PRUNED: 0}
    assert summary(study(counts, best=0.91)) == "1,200 completed, 1 failed; best accuracy 0.91"


def test_summary_says_what_the_search_does_while_it_goes_on() -> None:
    shown = study({TrialState.COMPLETED: 60}).model_copy(update={"search": "gp: 38 conditional parameters, 60 trials"})
    assert summary(shown) == "60 completed; gp: 38 conditional parameters, 60 trials"
    assert summary(shown.model_copy(update={"state": StudyState.COMPLETED})) == "60 completed"


def test_summary_of_a_new_study() -> None:
    assert summary(study({})) == "no trials yet"


@pytest.mark.parametrize(
    ("budget", "share"),
    [
        (BudgetBody(), None),
        (BudgetBody(trials=10), 0.3),
        (BudgetBody(seconds=100), 0.5),
        (BudgetBody(trials=10, seconds=100), 0.5),
        (BudgetBody(seconds=20), 1.0),
    ],
)
def test_share_of_the_budget_is_that_of_the_limit_nearest(budget: BudgetBody, share: float | None) -> None:
    counts = {TrialState.COMPLETED: 2, TrialState.FAILED: 1, TrialState.RUNNING: 4}
    assert share_done(study(counts, budget=budget, used=50.0)) == share


def test_nothing_is_shown_without_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with study_progress() as shown:
        shown.show(study({TrialState.COMPLETED: 1}))
    assert capsys.readouterr() == ("", "")


def test_terminal_shows_a_bar() -> None:
    script = """
from tests.client.test_progress import BudgetBody, TrialState, study, study_progress
with study_progress() as shown:
    shown.show(study({TrialState.COMPLETED: 3}, budget=BudgetBody(trials=6), best=0.5))
"""
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    subprocess.run([sys.executable, "-c", script], stderr=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "a <study>" in shown
    assert "3 completed; best accuracy 0.5" in shown
