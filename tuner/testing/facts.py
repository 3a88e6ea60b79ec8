"""Trials and views for tests, with everything that does not matter filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tuner.records import Direction, FailureReason, Measurement, Origin, StudyView, Trial, TrialState
from tuner.samplers import Sampler
from tuner.space import Params, Scalar, SearchSpace

if TYPE_CHECKING:
    import numpy as np

_START = datetime(2026, 1, 1, tzinfo=UTC)


def make_trial(
    number: int,
    params: Mapping[str, Scalar] | None = None,
    values: float | Mapping[str, float] | None = None,
    *,
    state: TrialState | None = None,
    failure: FailureReason | None = None,
    last_step: int | None = None,
    last_value: float | None = None,
    sampled_by: str | None = None,
) -> Trial:
    """A trial; completed if it has values, else failed if it has a failure, else running.

    Args:
        number: Its number.
        params: Values of its active parameters.
        values: Objectives by name; one number is that of ``loss``.
        state: Where it stands, if not as above.
        failure: Why it failed.
        last_step: Step of its latest report.
        last_value: Value of that report.
        sampled_by: Which method found its parameters.
    """
    if state is None:
        state = TrialState.FAILED if failure else TrialState.RUNNING
        state = state if values is None else TrialState.COMPLETED
    created_at = _START + timedelta(seconds=number)
    return Trial(
        id=f"trial-{number}",
        study_id="study",
        number=number,
        state=state,
        origin=Origin.SAMPLER,
        params=dict(params or {}),
        attempt=1,
        values={"loss": float(values)} if isinstance(values, int | float) else values,
        failure=failure,
        message=None,
        worker=None,
        last_step=last_step,
        last_value=last_value,
        metrics={},
        seq=number,
        created_at=created_at,
        started_at=created_at,
        finished_at=created_at + timedelta(seconds=1) if state.is_finished else None,
        lease_expires_at=None if state.is_finished else created_at + timedelta(seconds=60),
        sampled_by=sampled_by,
    )


def make_view(
    space: SearchSpace,
    trials: Sequence[Trial],
    *,
    directions: Mapping[str, Direction] | None = None,
    curves: Mapping[int, Mapping[int, float]] | None = None,
) -> StudyView:
    """A view of these trials.

    Args:
        space: The search space.
        trials: The trials by number.
        directions: Directions by objective; default: ``loss`` is minimized.
        curves: Reports of trials by number, as values by step.
    """
    directions = directions or {"loss": Direction.MINIMIZE}
    return StudyView(
        study_id="study",
        space=space,
        directions=tuple(directions.values()),
        objective_names=tuple(directions),
        seed=0,
        seq=len(trials),
        trials=tuple(trials),
        curves={
            number: [Measurement(number, 1, step, value) for step, value in sorted(curve.items())]
            for number, curve in (curves or {}).items()
        },
        first_number=trials[-1].number + 1 if trials else 0,
    )


def random_view(
    space: SearchSpace, num_trials: int, rng: np.random.Generator, directions: Mapping[str, Direction] | None = None
) -> StudyView:
    """A view of random points, in every state that a trial can be in."""
    names = list(directions or {"loss": Direction.MINIMIZE})
    trials = []
    for number in range(num_trials):
        point = space.draw(rng)
        match int(rng.integers(10)):
            case 0:
                trial = make_trial(number, point)
            case 1:
                trial = make_trial(number, point, state=TrialState.WAITING)
            case 2:
                trial = make_trial(number, point, failure=FailureReason(str(rng.choice(list(FailureReason)))))
            case 3:
                last_step = int(rng.integers(1, 9))
                trial = make_trial(
                    number, point, state=TrialState.PRUNED, last_step=last_step, last_value=float(rng.normal())
                )
            case 4:
                trial = make_trial(number, point, state=TrialState.CANCELLED)
            case _:
                trial = make_trial(number, point, {name: float(rng.normal()) for name in names})
        trials.append(trial)
    return make_view(space, trials, directions=directions)


def run_study(
    sampler: Sampler,
    space: SearchSpace,
    objective: Callable[[Params], float],
    num_trials: int,
    seed: int,
    *,
    direction: Direction = Direction.MINIMIZE,
) -> StudyView:
    """Tune ``objective`` one trial at a time, with the randomness a study of this seed would have."""
    import numpy as np

    trials: list[Trial] = []
    for number in range(num_trials):
        rng = np.random.Generator(np.random.Philox(key=[seed, number]))
        view = make_view(space, trials, directions={"loss": direction})
        found = sampler.suggest(view, 1, rng)[0]
        trials.append(make_trial(number, found.params, objective(found.params), sampled_by=found.source))
    return make_view(space, trials, directions={"loss": direction})
