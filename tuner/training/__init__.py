"""One trial, trained: candidates fold by fold, averages of candidates, and the metrics they are judged by."""

from tuner.training.candidate import train_candidate
from tuner.training.channel import Channel
from tuner.training.ensemble import train_ensemble
from tuner.training.job import JobMember, Kind, TrainingJob, TrainingResult
from tuner.training.metrics import Metric, default_metric, metric, metrics
from tuner.training.train import train

__all__ = [
    "Channel",
    "JobMember",
    "Kind",
    "Metric",
    "TrainingJob",
    "TrainingResult",
    "default_metric",
    "metric",
    "metrics",
    "train",
    "train_candidate",
    "train_ensemble",
]
