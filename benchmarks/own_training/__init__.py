"""Full trials of the user's own training per second, beside Optuna and beside a bare server."""

from benchmarks.own_training.comparison import measure

__all__ = ["measure"]
