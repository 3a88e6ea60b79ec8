"""Which parameters matter."""

from __future__ import annotations

import math
import warnings

from tuner.records import StudyView

MIN_TRIALS = 4


def parameter_importances(view: StudyView) -> dict[str, float]:
    """How much each parameter decides whether a trial is among the best tenth.

    A parameter counts only where it is active: its importance compares the good trials that have it with all trials
    that have it, weighted by how often either is the case. With several objectives the best tenth is taken by Pareto
    front.

    Args:
        view: Facts of the study; its completed trials are used.

    Returns:
        Shares by name, highest first, that add up to 1; parameters never active are left out. Empty while there is
        nothing to say: fewer than 4 completed trials, or no difference between the good ones and the others.

    Source: Watanabe et al., PED-ANOVA (2023), in its form for conditional spaces; the arithmetic is Optuna's.
    """
    trials = [trial for trial in view.finished() if trial.values is not None]
    if len(trials) < MIN_TRIALS:
        return {}
    # Brought along only when there is something to compute.
    from optuna.importance import PedAnovaImportanceEvaluator
    from optuna.trial import TrialState as ToldState

    from tuner.records.optuna_facts import optuna_distributions, optuna_study, optuna_trial

    distributions = optuna_distributions(view.space)
    told = [
        optuna_trial(
            trial.number,
            ToldState.COMPLETE,
            trial.params,
            view.space,
            distributions,
            values=[(trial.values or {}).get(name, math.nan) for name in view.objective_names],
        )
        for trial in trials
    ]
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    study = optuna_study(view.directions, told)
    with warnings.catch_warnings():
        # It warns of parameters seen in one trial only and of ties; the result says as much.
        warnings.simplefilter("ignore", UserWarning)
        shares = PedAnovaImportanceEvaluator().evaluate(study, params=[name for name in names if name in distributions])
    total = sum(shares.values())
    if not total > 0:
        return {}
    # A parameter with a single value decides nothing.
    return {name: share / total for name, share in shares.items()} | {
        name: 0.0 for name in names if name not in distributions
    }
