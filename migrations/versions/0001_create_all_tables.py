"""create all tables

Revision: 0001, 2026-11-23. The first schema; later ones expand before they contract, and none goes back.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite only counts up by itself in an INTEGER column; PostgreSQL needs 64 bits said.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "datasets",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=("pk_datasets")),
        sa.UniqueConstraint("id", name=("uq_datasets_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_datasets_project_id_name", "datasets", ["project_id", "name"], unique=False)
    op.create_index("ix_datasets_sha256", "datasets", ["sha256"], unique=False)

    op.create_table(
        "replies",
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("idempotency_key", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "idempotency_key", name=("pk_replies")),
    )
    op.create_index("ix_replies_created_at", "replies", ["created_at"], unique=False)

    op.create_table(
        "studies",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("dataset_key", KEY, nullable=True),
        sa.Column("budget_trials", sa.BigInteger(), nullable=True),
        sa.Column("budget_seconds", sa.Double(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("next_number", sa.BigInteger(), nullable=False),
        sa.Column("num_uncounted", sa.BigInteger(), nullable=False),
        sa.Column("num_waiting", sa.BigInteger(), nullable=False),
        sa.Column("num_running", sa.BigInteger(), nullable=False),
        sa.Column("num_completed", sa.BigInteger(), nullable=False),
        sa.Column("num_pruned", sa.BigInteger(), nullable=False),
        sa.Column("num_failed", sa.BigInteger(), nullable=False),
        sa.Column("num_cancelled", sa.BigInteger(), nullable=False),
        sa.Column("consecutive_lost", sa.Integer(), nullable=False),
        sa.Column("running_seconds", sa.Double(), nullable=False),
        sa.Column("running_since", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["dataset_key"], ["datasets.key"], name=("fk_studies_dataset_key")),
        sa.PrimaryKeyConstraint("key", name=("pk_studies")),
        sa.UniqueConstraint("id", name=("uq_studies_id")),
        sa.UniqueConstraint("project_id", "name", name=("uq_studies_project_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_studies_dataset_key", "studies", ["dataset_key"], unique=False)
    op.create_index("ix_studies_state_dataset_key", "studies", ["state", "dataset_key"], unique=False)

    op.create_table(
        "trials",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("study_key", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("num_lost", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("value_kind", sa.String(length=8), nullable=True),
        sa.Column("objectives", sa.Text(), nullable=True),
        sa.Column("failure", sa.String(length=16), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("worker", sa.String(length=200), nullable=True),
        sa.Column("holder", sa.String(length=36), nullable=True),
        sa.Column("lease_token", sa.String(length=64), nullable=True),
        sa.Column("lease_seconds", sa.Double(), nullable=True),
        sa.Column("lease_expires_at", sa.BigInteger(), nullable=True),
        sa.Column("stop", sa.String(length=16), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.Column("last_value", sa.Double(), nullable=True),
        sa.Column("last_value_kind", sa.String(length=8), nullable=True),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.Column("completion", sa.String(length=64), nullable=True),
        sa.Column("rank_class", sa.Integer(), nullable=False),
        sa.Column("rank_value", sa.Double(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["study_key"], ["studies.key"], name=("fk_trials_study_key"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=("pk_trials")),
        sa.UniqueConstraint("id", name=("uq_trials_id")),
        sa.UniqueConstraint("study_key", "number", name=("uq_trials_study_key_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_trials_leases",
        "trials",
        ["lease_expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'running'"),
        postgresql_where=sa.text("state = 'running'"),
    )
    op.create_index(
        "ix_trials_study_key_rank_class_rank_value_number",
        "trials",
        ["study_key", "rank_class", "rank_value", "number"],
        unique=False,
    )
    op.create_index("ix_trials_study_key_seq", "trials", ["study_key", "seq"], unique=False)
    op.create_index(
        "ix_trials_waiting",
        "trials",
        ["study_key", "due_at", "number"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )

    op.create_table(
        "artifacts",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("trial_key", KEY, nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["trial_key"], ["trials.key"], name=("fk_artifacts_trial_key"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=("pk_artifacts")),
        sa.UniqueConstraint("trial_key", "attempt", "name", name=("uq_artifacts_trial_key_attempt_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "measurements",
        sa.Column("key", KEY, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=36), nullable=False),
        sa.Column("study_key", KEY, nullable=False),
        sa.Column("trial_key", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("value_kind", sa.String(length=8), nullable=False),
        sa.Column("reported_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["study_key"], ["studies.key"], name=("fk_measurements_study_key"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["trial_key"], ["trials.key"], name=("fk_measurements_trial_key"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=("pk_measurements")),
        sa.UniqueConstraint("trial_key", "attempt", "step", name=("uq_measurements_trial_key_attempt_step")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_measurements_study_key_key", "measurements", ["study_key", "key"], unique=False)
