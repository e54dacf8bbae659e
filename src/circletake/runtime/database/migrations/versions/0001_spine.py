"""The tables of the spine: productions, plans, clips, the journal, takes, choices, cuts, releases, step attempts.

Why some columns exist: `operation.submits` and `executions` count what was really sent and run, so that "never twice"
can be read from the row; `token` is the lease under which a row was written, so that a late writer is refused;
`clip.indexed_rev` is the outbox of the search index (smaller than `rights_rev` means: not yet there).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "clip",
        sa.Column("clip_id", sa.String(length=64), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("rights_rev", sa.Integer(), nullable=False),
        sa.Column("indexed_rev", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.Float(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("clip_id", name=op.f("pk_clip")),
    )
    op.create_index(op.f("ix_clip_file"), "clip", ["file"], unique=False)
    op.create_index(op.f("ix_clip_owner"), "clip", ["owner"], unique=False)
    op.create_table(
        "lease",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("production", name=op.f("pk_lease")),
    )
    op.create_table(
        "production",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("brief", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("waiting_at", sa.String(length=16), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production")),
    )
    op.create_table(
        "step_attempt",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("visit", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("error_class", sa.String(length=64), nullable=True),
        sa.Column("started_at", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.Column("generator", sa.Text(), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_attempt")),
    )
    op.create_index(op.f("ix_step_attempt_production"), "step_attempt", ["production"], unique=False)
    op.create_table(
        "budget",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("cap_micros", sa.BigInteger(), nullable=False),
        sa.Column("reserved_micros", sa.BigInteger(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=False),
        sa.Column("unknown_micros", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_budget_production")),
        sa.PrimaryKeyConstraint("production", name=op.f("pk_budget")),
    )
    op.create_table(
        "cut",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_cut_production")),
        sa.PrimaryKeyConstraint("production", "version", name=op.f("pk_cut")),
    )
    op.create_table(
        "decision",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("point", sa.String(length=16), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_decision_production")),
        sa.PrimaryKeyConstraint("production", "point", "round", name=op.f("pk_decision")),
    )
    op.create_table(
        "master",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("cut_version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_master_production")),
        sa.PrimaryKeyConstraint("production", "cut_version", name=op.f("pk_master")),
    )
    op.create_table(
        "operation",
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("slate", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("generator", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("not_before", sa.Float(), nullable=True),
        sa.Column("quote_micros", sa.BigInteger(), nullable=False),
        sa.Column("spent_micros", sa.BigInteger(), nullable=True),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("submits", sa.Integer(), nullable=False),
        sa.Column("executions", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.String(length=160), nullable=True),
        sa.Column("error_class", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.Column("updated_at", sa.Float(), nullable=False),
        sa.Column("finished_at", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_operation_production")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_operation")),
    )
    op.create_index("ix_operation_production_state", "operation", ["production", "state"], unique=False)
    op.create_table(
        "plan",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_plan_production")),
        sa.PrimaryKeyConstraint("production", "version", name=op.f("pk_plan")),
    )
    op.create_table(
        "reference",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("slate", sa.String(length=8), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_reference_production")),
        sa.PrimaryKeyConstraint("production", "plan_version", "slate", "rank", name=op.f("pk_reference")),
    )
    op.create_index(op.f("ix_reference_clip_id"), "reference", ["clip_id"], unique=False)
    op.create_table(
        "release",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_release_production")),
        sa.PrimaryKeyConstraint("production", "channel", "address", name=op.f("pk_release")),
    )
    op.create_table(
        "review_event",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("slate", sa.String(length=8), nullable=False),
        sa.Column("take", sa.Integer(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("rater_kind", sa.String(length=16), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("idempotency_key", sa.String(length=120), nullable=False),
        sa.Column("previous_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_review_event_production")),
        sa.PrimaryKeyConstraint("production", "number", name=op.f("pk_review_event")),
        sa.UniqueConstraint("production", "idempotency_key", name=op.f("uq_review_event_production_idempotency_key")),
    )
    op.create_table(
        "take",
        sa.Column("production", sa.String(length=40), nullable=False),
        sa.Column("slate", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("operation", sa.String(length=160), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["production"], ["production.id"], name=op.f("fk_take_production")),
        sa.PrimaryKeyConstraint("production", "slate", "number", name=op.f("pk_take")),
    )
    op.create_index(op.f("ix_take_operation"), "take", ["operation"], unique=False)
    op.create_table(
        "operation_output",
        sa.Column("operation", sa.String(length=160), nullable=False),
        sa.Column("output", sa.Integer(), nullable=False),
        sa.Column("take", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["operation"], ["operation.key"], name=op.f("fk_operation_output_operation")),
        sa.PrimaryKeyConstraint("operation", "output", name=op.f("pk_operation_output")),
    )
