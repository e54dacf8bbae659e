"""The same work as a plain LangGraph fan-out: one `Send` an item, checkpointed after every superstep.

    python -m tests.chaos.plain OPERATIONS FOLDER URL

What a chain without a journal does when it is killed and resumed: the baseline of the kill trials.
"""

from __future__ import annotations

import operator
import sqlite3
import sys
import time
from pathlib import Path
from typing import Annotated, Any, TypedDict

import httpx
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from tests.chaos.driver import request


class State(TypedDict):
    """What is to be made, and what was."""

    wanted: list[int]
    made: Annotated[list[str], operator.add]


def main(count: int, folder: Path, url: str) -> None:
    """Run, or resume, until all is done."""
    http = httpx.Client(base_url=url, timeout=30.0, trust_env=False)

    def shoot(item: dict[str, int]) -> dict[str, list[str]]:
        asked = {
            name: value for name, value in request(item["number"]).items() if name not in ("frames", "fps", "codec")
        }
        job = http.post("/v1/jobs", json=asked | {"label": f"item/{item['number']}"}).json()["id"]
        while http.get(f"/v1/jobs/{job}").json()["status"] != "done":
            time.sleep(0.05)
        return {"made": [job]}

    graph: StateGraph[Any] = StateGraph(State)
    graph.add_node("shoot", shoot)  # pyright: ignore[reportArgumentType]
    graph.add_conditional_edges(START, lambda state: [Send("shoot", {"number": one}) for one in state["wanted"]])
    graph.add_edge("shoot", END)
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / "plain.db", check_same_thread=False)
    app = graph.compile(checkpointer=SqliteSaver(connection))
    config: Any = {"configurable": {"thread_id": "plain"}, "max_concurrency": 8}
    begun = app.get_state(config).next
    first: Any = None if begun else {"wanted": list(range(1, count + 1)), "made": []}
    app.invoke(first, config, durability="sync")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
