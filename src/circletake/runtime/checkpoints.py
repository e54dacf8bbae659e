"""Where LangGraph keeps its checkpoints: SQLite beside the database, strict about what it will load."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver

from circletake.errors import HomeError


def open_checkpoints(home: Path) -> SqliteSaver:
    """Open `<home>/checkpoints.db`. Only plain values are ever loaded from it, never a callable.

    Raises:
        HomeError: it cannot be opened or written.
    """
    path = home / "checkpoints.db"
    try:
        connection = sqlite3.connect(path, check_same_thread=False, timeout=60.0)
        saver = SqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
        saver.setup()
    except sqlite3.Error as error:
        raise HomeError(f"cannot use {path}: {error}; free space or permit writing") from error
    return saver


def forget(home: Path, production: str) -> None:
    """Remove the checkpoints of a production that was never begun."""
    saver = open_checkpoints(home)
    try:
        saver.delete_thread(production)
    finally:
        saver.conn.close()
