"""The tables. Nouns are stored as JSON documents beside the columns that are asked for."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _production() -> Column[str]:
    return Column("production", String(40), ForeignKey("production.id"), primary_key=True)


production = Table(
    "production",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("created_at", Float, nullable=False),
    Column("brief", Text, nullable=False),
    Column("terms", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("waiting_at", String(16)),
    Column("message", Text, nullable=False, default=""),
    Column("cancelled_at", Float),
    Column("estimate", Text),
)

lease = Table(
    "lease",
    metadata,
    Column("production", String(40), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("until", Float, nullable=False),
)

plan = Table(
    "plan",
    metadata,
    _production(),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),
    Column("made_by", String(16), nullable=False),
    Column("created_at", Float, nullable=False),
)

reference = Table(
    "reference",
    metadata,
    _production(),
    Column("plan_version", Integer, primary_key=True),
    Column("slate", String(8), primary_key=True),
    Column("rank", Integer, primary_key=True),
    Column("clip_id", String(64), nullable=False, index=True),
    Column("document", Text, nullable=False),
)

decision = Table(
    "decision",
    metadata,
    _production(),
    Column("point", String(16), primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("made_by", String(16), nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("at", Float, nullable=False),
)

clip = Table(
    "clip",
    metadata,
    Column("clip_id", String(64), primary_key=True),
    Column("file", Text, nullable=False, index=True),
    Column("owner", Text, nullable=False, index=True),
    Column("rights_rev", Integer, nullable=False),
    Column("indexed_rev", Integer, nullable=False),
    Column("added_at", Float, nullable=False),
    Column("document", Text, nullable=False),
    Column("source", String(32), index=True),
    Column("superseded", Boolean, nullable=False, server_default="0"),
)

source = Table(
    "source",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("path", Text, nullable=False, unique=True),
    Column("file", Text, nullable=False, index=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("sha256", String(64), index=True),
    Column("version", Integer, nullable=False),
    Column("row", Text, nullable=False),
    Column("sheet", Text),
    Column("added_at", Float, nullable=False),
)

revocation = Table(
    "revocation",
    metadata,
    Column("name", String(400), primary_key=True),
    Column("who", Text, nullable=False),
    Column("at", Float, nullable=False),
)

operation = Table(
    "operation",
    metadata,
    Column("key", String(160), primary_key=True),
    Column("production", String(40), ForeignKey("production.id"), nullable=False),
    Column("step", String(16), nullable=False),
    Column("slate", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("round", Integer, nullable=False),
    Column("generator", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("request_sha256", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("handle", Text),
    Column("not_before", Float),
    Column("submitted_at", Float),
    Column("quote_micros", BigInteger, nullable=False),
    Column("spent_micros", BigInteger),
    Column("token", BigInteger, nullable=False),
    Column("submits", Integer, nullable=False),
    Column("executions", Integer, nullable=False),
    Column("replaces", String(160)),
    Column("error_class", String(64)),
    Column("error", Text),
    Column("outcome", Text),
    Column("seconds", Float, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Column("finished_at", Float),
    Index("ix_operation_production_state", "production", "state"),
)

operation_output = Table(
    "operation_output",
    metadata,
    Column("operation", String(160), ForeignKey("operation.key"), primary_key=True),
    Column("output", Integer, primary_key=True),
    Column("take", Integer),
    Column("sha256", String(64), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reasons", Text, nullable=False),
)

budget = Table(
    "budget",
    metadata,
    _production(),
    Column("cap_micros", BigInteger),
    Column("reserved_micros", BigInteger, nullable=False),
    Column("spent_micros", BigInteger, nullable=False),
    Column("unknown_micros", BigInteger, nullable=False),
)

take = Table(
    "take",
    metadata,
    _production(),
    Column("slate", String(8), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("round", Integer, nullable=False),
    Column("operation", String(160), nullable=False, index=True),
    Column("sha256", String(64), nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("document", Text, nullable=False),
)

final = Table(
    "final",
    metadata,
    _production(),
    Column("slate", String(8), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", Text, nullable=False),
)

review_event = Table(
    "review_event",
    metadata,
    _production(),
    Column("number", Integer, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("slate", String(8), nullable=False),
    Column("take", Integer),
    Column("round", Integer, nullable=False),
    Column("rater_kind", String(16), nullable=False),
    Column("rater", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("idempotency_key", String(120), nullable=False),
    Column("previous_sha256", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    UniqueConstraint("production", "idempotency_key"),
)

cut = Table(
    "cut",
    metadata,
    _production(),
    Column("version", Integer, primary_key=True),
    Column("document", Text, nullable=False),
)

master = Table(
    "master",
    metadata,
    _production(),
    Column("cut_version", Integer, primary_key=True),
    Column("document", Text, nullable=False),
)

release = Table(
    "release",
    metadata,
    _production(),
    Column("channel", String(32), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("document", Text, nullable=False),
)

step_attempt = Table(
    "step_attempt",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("production", String(40), nullable=False, index=True),
    Column("step", String(16), nullable=False),
    Column("visit", Integer, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("error_class", String(64)),
    Column("started_at", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("spent_micros", BigInteger, nullable=False),
    Column("generator", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("route", String(64), nullable=False, server_default=""),
    Column("model", String(128), nullable=False, server_default=""),
)
