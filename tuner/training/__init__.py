"""Training: one candidate, from a job to a saved model and its score."""

from tuner.training.candidate import MODEL_FOLDER, PREDICTIONS_FILE, TrainingJob, TrainingResult, train_candidate
from tuner.training.metrics import Metric, default_metric, metric, metrics

__all__ = [
    "MODEL_FOLDER",
    "PREDICTIONS_FILE",
    "Metric",
    "TrainingJob",
    "TrainingResult",
    "default_metric",
    "metric",
    "metrics",
    "train_candidate",
]
