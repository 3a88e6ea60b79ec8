"""The objects users hold: a client, its studies and datasets, and the trials they hand out."""

from tuner.client.client import Client
from tuner.client.dataset import Dataset
from tuner.client.study import Study
from tuner.client.transport import Transport
from tuner.client.trial import Trial

__all__ = ["Client", "Dataset", "Study", "Transport", "Trial"]
