"""Alembic migrations. Found by path beside the ``tuner`` package, never imported by name."""
