"""SQL and files: tables, the writer, queries, blobs. The only place that knows how facts are kept."""

from tuner.storage.blobs import Blobs
from tuner.storage.clock import Clock
from tuner.storage.database import Database
from tuner.storage.ownership import Owner, Ownership
from tuner.storage.schema import current_revision, head_revision, upgrade

__all__ = ["Blobs", "Clock", "Database", "Owner", "Ownership", "current_revision", "head_revision", "upgrade"]
