"""Ranking: which trials are best, and which parameters matter."""

from tuner.ranking.front import Front, pareto_front
from tuner.ranking.importances import parameter_importances
from tuner.ranking.leaderboard import best_trial, rank_trials

__all__ = ["Front", "best_trial", "parameter_importances", "pareto_front", "rank_trials"]
