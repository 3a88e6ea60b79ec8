"""Bounds and rhythms of the engine."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What the engine allows, and how often it looks after leases and budgets.

    Args:
        max_upload_bytes: Largest table, as sent (compressed or not).
        max_artifact_bytes: Largest artifact.
        timer_seconds: Time between two looks for expired leases and spent budgets.
        retry_seconds: Longest delay before a lost trial's second and later retries.
        lost_trials_to_pause: Trials in a row that must be lost for good until the study pauses.
        reply_hours: How long replies are kept for repeated idempotency keys.
    """

    max_upload_bytes: int = 100_000_000
    max_artifact_bytes: int = 2_000_000_000
    timer_seconds: float = 1.0
    retry_seconds: float = 60.0
    lost_trials_to_pause: int = 3
    reply_hours: float = 48.0
