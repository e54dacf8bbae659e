"""Checkpoints: found again by whoever opens them next, on either database, and never a way to run code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from langgraph.graph import START, StateGraph

from circletake.domain.production import Production
from circletake.errors import DatabaseLost, HomeError
from circletake.runtime.checkpoints import Checkpoints, forget, open_checkpoints
from tests.postgres import ABSENT, Server, binaries, cluster, database_name

THREAD: Any = {"configurable": {"thread_id": "p1"}}


def two_steps(checkpoints: Checkpoints, *, between: Any = lambda: None) -> Any:
    """Return a graph that goes through two steps, with something happening between them."""

    def second(state: Production) -> dict[str, int]:
        between()
        return {"round": state.round + 1}

    graph = StateGraph(Production)
    graph.add_node("first", lambda state: {"plan_version": 7})
    graph.add_node("second", second)
    graph.add_edge(START, "first")
    graph.add_edge("first", "second")
    return graph.compile(checkpointer=checkpoints)


def run(app: Any) -> None:
    app.invoke({"production": "p1"}, THREAD, durability="sync")


def test_who_opens_them_next_finds_them(tmp_path: Path, database_url: str):
    with open_checkpoints(tmp_path, database_url) as checkpoints:
        run(two_steps(checkpoints))
    with open_checkpoints(tmp_path, database_url) as checkpoints:
        found = two_steps(checkpoints).get_state(THREAD)
    assert (found.values["plan_version"], found.values["round"], found.next) == (7, 2, ())
    assert (tmp_path / "checkpoints.db").exists() == (database_url == "")


def test_those_of_a_production_that_was_never_begun_are_removed(tmp_path: Path, database_url: str):
    with open_checkpoints(tmp_path, database_url) as checkpoints:
        run(two_steps(checkpoints))
    forget(tmp_path, database_url, "p1")
    with open_checkpoints(tmp_path, database_url) as checkpoints:
        assert checkpoints.get_tuple(THREAD) is None


def test_only_plain_values_are_loaded_from_them(tmp_path: Path, database_url: str):
    with open_checkpoints(tmp_path, database_url) as checkpoints:
        plain = checkpoints.serde.dumps_typed({"note": "plain"})
        assert checkpoints.serde.loads_typed(plain) == {"note": "plain"}
        ours = checkpoints.serde.dumps_typed(Production(production="p1"))
        assert not isinstance(checkpoints.serde.loads_typed(ours), Production)


def test_four_processes_may_make_them_at_once(tmp_path: Path, database_url: str):
    script = (
        "import sys, pathlib\nfrom circletake.runtime.checkpoints import open_checkpoints\n"
        "with open_checkpoints(pathlib.Path(sys.argv[1]), sys.argv[2]) as held:\n"
        "    sys.exit(0 if held.get_tuple({'configurable': {'thread_id': 'p1'}}) is None else 1)\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), database_url]) for _ in range(4)]
    assert [process.wait() for process in started] == [0, 0, 0, 0]


def test_a_home_that_cannot_hold_them_is_told_in_one_line(tmp_path: Path):
    (tmp_path / "checkpoints.db").mkdir()
    with pytest.raises(HomeError, match="cannot use"), open_checkpoints(tmp_path):
        pass


@pytest.mark.slow
def test_a_connection_that_was_lost_while_a_step_ran_is_replaced(
    tmp_path: Path, postgres_server: Server, postgres_url: str
):
    ended: list[int] = []

    def end() -> None:
        with postgres_server.connected() as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            ended.append(len(connection.execute(query, (database_name(postgres_url),)).fetchall()))

    with open_checkpoints(tmp_path, postgres_url) as checkpoints:
        app = two_steps(checkpoints, between=end)
        run(app)
        assert app.get_state(THREAD).values["round"] == 2
    assert ended == [1]


@pytest.mark.slow
def test_a_server_that_ends_is_an_error_of_ours_and_one_that_is_started_again_is_waited_for(tmp_path: Path):
    bin = binaries()
    if bin is None:
        pytest.skip(ABSENT)
    with cluster(bin) as made:
        server = made.start()
        url = server.make("studio")
        with (
            open_checkpoints(tmp_path, url) as checkpoints,
            pytest.raises(DatabaseLost, match="cannot be used now"),
        ):
            run(two_steps(checkpoints, between=server.stop))
        server = made.start(server.port)
        again: list[Server] = []

        def restart() -> None:
            server.stop()
            again.append(made.start(server.port))

        with open_checkpoints(tmp_path, url) as checkpoints:
            app = two_steps(checkpoints, between=restart)
            assert app.get_state(THREAD).next == ("second",)
            app.invoke(None, THREAD, durability="sync")
            assert app.get_state(THREAD).values["round"] == 2
        again[0].stop()
