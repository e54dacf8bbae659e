"""Pay once: when a submit began, caps that may be absent, estimates, cancelled productions, routes of steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("operation") as table:
        table.add_column(sa.Column("submitted_at", sa.Float(), nullable=True))
    with op.batch_alter_table("budget") as table:
        table.alter_column("cap_micros", existing_type=sa.BigInteger(), nullable=True)
    with op.batch_alter_table("step_attempt") as table:
        table.add_column(sa.Column("route", sa.String(length=64), nullable=False, server_default=""))
        table.add_column(sa.Column("model", sa.String(length=128), nullable=False, server_default=""))
    with op.batch_alter_table("production") as table:
        table.add_column(sa.Column("cancelled_at", sa.Float(), nullable=True))
        table.add_column(sa.Column("estimate", sa.Text(), nullable=True))
