"""A house's own footage: where each file lies and what was measured of it, and what was revoked.

Why some columns exist: `source.path` is the identity of a file, `size` and `mtime_ns` tell without opening it that it
is unchanged; `source.row` keeps what the rights table said, apart from what a `revocation` makes of it, so that one can
be lifted; `clip.source` finds the clips of a file when its rights change, `clip.superseded` those of an older version.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("row", sa.Text(), nullable=False),
        sa.Column("sheet", sa.Text(), nullable=True),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("path", name=op.f("uq_source_path")),
    )
    op.create_index(op.f("ix_source_file"), "source", ["file"])
    op.create_index(op.f("ix_source_sha256"), "source", ["sha256"])
    op.create_table(
        "revocation",
        sa.Column("name", sa.String(length=400), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revocation")),
    )
    op.add_column("clip", sa.Column("source", sa.String(length=32), nullable=True))
    op.add_column("clip", sa.Column("superseded", sa.Boolean(), nullable=False, server_default="0"))
    op.create_index(op.f("ix_clip_source"), "clip", ["source"])
