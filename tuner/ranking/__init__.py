"""Ranking: which trials are best, and which parameters matter."""

from tuner.ranking.importances import parameter_importances
from tuner.ranking.leaderboard import best_trial, rank_trials

__all__ = ["best_trial", "parameter_importances", "rank_trials"]
