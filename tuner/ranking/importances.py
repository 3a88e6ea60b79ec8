"""Which parameters matter."""

from __future__ import annotations

import warnings

from tuner.ranking.leaderboard import rank_trials
from tuner.records import Direction, FailureReason, StudyView, TrialState

MIN_TRIALS = 4
# Failures that the point itself is to blame for. A lost worker or a bug says nothing about it.
_BAD_POINTS = {FailureReason.INFEASIBLE, FailureReason.NAN, FailureReason.TIMEOUT, FailureReason.OUT_OF_MEMORY}


def parameter_importances(view: StudyView, objective: str | None = None) -> dict[str, float]:
    """How much each parameter decides whether a trial is among the best tenth.

    A parameter counts only where it is active: its importance compares the good trials that have it with all trials
    that have it, weighted by how often either is the case. Trials that break an outcome constraint, and those that
    failed because of their point, count as worse than all others: what keeps a trial from them matters.

    Args:
        view: Facts of the study. Its completed trials are used, and those that failed because of their point.
        objective: By which objective trials are good; None: by all of them, as on the leaderboard.

    Returns:
        Shares by name, highest first, that add up to 1; parameters never active are left out. Empty while there is
        nothing to say: fewer than 4 completed trials, or no difference between the good ones and the others.

    Source: Watanabe et al., PED-ANOVA (2023), in its form for conditional spaces; the arithmetic is Optuna's.
    """
    places = _places(view, objective)
    if len(places) < MIN_TRIALS:
        return {}
    num_good = sum(view.is_feasible(trial) for trial in view.finished()) or len(places)
    worst = max(places.values()) + 1
    places |= {trial.number: worst for trial in view.finished(TrialState.FAILED) if trial.failure in _BAD_POINTS}
    trials = [trial for trial in view.trials if trial.number in places]
    # Where fewer than a tenth are any good, these are compared with the others.
    good_share = min(0.1, num_good / len(trials))
    # Brought along only when there is something to compute.
    from optuna.importance import PedAnovaImportanceEvaluator
    from optuna.trial import TrialState as ToldState

    from tuner.records.optuna_facts import optuna_distributions, optuna_study, optuna_trial

    distributions = optuna_distributions(view.space)
    told = [
        optuna_trial(
            trial.number, ToldState.COMPLETE, trial.params, view.space, distributions, values=[places[trial.number]]
        )
        for trial in trials
    ]
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    study = optuna_study((Direction.MINIMIZE,), told)
    with warnings.catch_warnings():
        # It warns of parameters seen in one trial only and of ties; the result says as much.
        warnings.simplefilter("ignore", UserWarning)
        evaluator = PedAnovaImportanceEvaluator(target_quantile=good_share)
        shares = evaluator.evaluate(study, params=[name for name in names if name in distributions])
    total = sum(shares.values())
    if not total > 0:
        return {}
    # A parameter with a single value decides nothing.
    return {name: share / total for name, share in shares.items()} | {
        name: 0.0 for name in names if name not in distributions
    }


def _places(view: StudyView, objective: str | None) -> dict[int, float]:
    """For each completed trial with its values how many values are better; equal results share a place.

    Only the order matters to the method, so trials beyond the constraints can be put behind all others.
    """
    names = view.objective_names if objective is None else (objective,)
    completed = [trial for trial in view.finished() if all(name in (trial.values or {}) for name in names)]
    if len(names) > 1:
        ranked = rank_trials(completed, view.directions, names, view.constraints)
        return {trial.number: float(place) for place, trial in enumerate(ranked)}
    (name,) = names
    sign = view.directions[view.objective_names.index(name)].sign
    keys = {
        trial.number: (view.violation(trial), 0.0 if view.violation(trial) else sign * (trial.values or {})[name])
        for trial in completed
    }
    order = {key: float(place) for place, key in enumerate(sorted(set(keys.values())))}
    return {number: order[key] for number, key in keys.items()}
