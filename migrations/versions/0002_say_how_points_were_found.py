"""say how points were found

Revision: 0002, 2026-11-26. Trials carry the method that found their parameters, studies what their sampler does and
since when it has no more points. Completed trials that break an outcome constraint get a rank class of their own,
before that of failed and cancelled trials, which moves from 3 to 4.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("trials", sa.Column("sampled_by", sa.String(length=40), nullable=True))
    op.add_column("studies", sa.Column("search_note", sa.Text(), nullable=True))
    op.add_column("studies", sa.Column("exhausted_at", sa.BigInteger(), nullable=True))
    op.execute("update trials set rank_class = 4 where rank_class = 3")
