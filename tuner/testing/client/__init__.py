"""What a client promises, however it reaches the service: over HTTP or in process."""

from tuner.testing.client.acting import (
    POINT,
    SPACE,
    CountedCalls,
    counted_study,
    curve,
    new_name,
    new_study,
    seconds_until,
)
from tuner.testing.client.datasets import DatasetPromises
from tuner.testing.client.models import ModelPromises
from tuner.testing.client.rankings import RankingPromises
from tuner.testing.client.reports import ReportPromises
from tuner.testing.client.studies import StudyPromises
from tuner.testing.client.trials import TrialPromises

__all__ = [
    "POINT",
    "SPACE",
    "ClientContract",
    "CountedCalls",
    "ModelPromises",
    "counted_study",
    "curve",
    "new_name",
    "new_study",
    "seconds_until",
]


class ClientContract(StudyPromises, TrialPromises, ReportPromises, RankingPromises, DatasetPromises):
    """Inherit it and give a fixture ``client``: an open client that other tests may have used before."""
