"""Ranking: which trials are best, and which parameters matter."""

from tuner.ranking.importances import parameter_importances
from tuner.ranking.leaderboard import best_trial, rank_trials
from tuner.ranking.pareto import crowding_distances, pareto_fronts

__all__ = ["best_trial", "crowding_distances", "parameter_importances", "pareto_fronts", "rank_trials"]
