"""The median rule."""

from __future__ import annotations

from tuner.pruners.percentile import PercentilePruner


class MedianPruner(PercentilePruner):
    """Prunes a trial whose best value so far is worse than the median of the completed trials at the same step.

    Choose it when half of the trainings may be cut short but none of the promising ones should be: it is milder than
    ``ASHAPruner`` and safe with curves that cross. It is the percentile rule at 50.

    Args:
        grace_steps: Steps that every trial may run before it is judged.
        num_startup_trials: Completed trials at the step before anyone is judged.

    Raises:
        InvalidInput: ``grace_steps`` or ``num_startup_trials`` is below 1.

    Source: Golovin et al., Google Vizier (2017), section 3.2.2.
    """

    def __init__(self, grace_steps: int = 3, num_startup_trials: int = 5) -> None:
        super().__init__(50.0, grace_steps, num_startup_trials)
