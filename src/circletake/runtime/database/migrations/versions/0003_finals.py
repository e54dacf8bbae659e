"""Finals: circled takes as they go into the film. Takes stay as they were chosen from; one final a take, the newest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "final",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("slate", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_final_production")),
        sa.PrimaryKeyConstraint("production", "slate", "number", name=op.f("pk_final")),
    )
