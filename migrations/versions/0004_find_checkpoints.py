"""find checkpoints

Revision: 0004, 2026-11-26. Checkpoints of trainings are artifacts that go when their trials have ended. The timer looks
for them all the time, so that they have an index, however many artifacts there are.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = sa.text("name = 'checkpoint.zip'")
    op.create_index("ix_artifacts_checkpoints", "artifacts", ["trial_key"], sqlite_where=where, postgresql_where=where)
