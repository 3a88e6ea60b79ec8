"""say what people look at

Revision: 0005, 2026-11-26. Workers that ask for work are known by name, trials carry notes, tables keep
their first rows.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# SQLite only counts up by itself in an INTEGER column; PostgreSQL needs 64 bits said.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("trials", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("datasets", sa.Column("first_rows", sa.Text(), nullable=True))
    op.create_table(
        "workers",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("slots", sa.Integer(), nullable=True),
        sa.Column("families", sa.Text(), nullable=False),
        sa.Column("backends", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=True),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=("pk_workers")),
        sa.UniqueConstraint("project_id", "name", name=("uq_workers_project_id_name")),
        sqlite_autoincrement=True,
    )
