"""say what trials are made from

Revision: 0003, 2026-11-26. Bagged trials and ensembles carry the numbers of the trials they are made from, bagged ones
also for how many folds they are to be trained.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trials", sa.Column("members", sa.Text(), nullable=True))
    op.add_column("trials", sa.Column("folds", sa.Integer(), nullable=True))
