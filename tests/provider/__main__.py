"""Run the loopback provider.

    python -m tests.provider --folder DIR [--port 0] [--keeps key|listing|nothing] [--price 0.05]
        [--job-seconds 0.2] [--faults RULES.json]

Prints one JSON line with its address, and serves until it is killed. Started again on the same folder it knows its
jobs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import socket
import sys
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.provider.clips import clip
from tests.provider.faults import OF_JOB, Faults
from tests.provider.ledger import Job, Ledger

FIELDS: dict[str, type] = {
    "label": str, "prompt": str, "negative_prompt": str, "seconds": int, "width": int, "height": int, "seed": int,
    "count": int,
}  # fmt: skip
_ROUTES = (
    ("POST", "submit", re.compile(r"/v1/jobs")),
    ("GET", "list", re.compile(r"/v1/jobs")),
    ("GET", "job", re.compile(r"/v1/jobs/(job-\d{6})")),
    ("POST", "cancel", re.compile(r"/v1/jobs/(job-\d{6})/cancel")),
    ("GET", "file", re.compile(r"/v1/files/(job-\d{6})/(\d)")),
)


class Drop(Exception):
    """Close the connection."""


class Server(ThreadingHTTPServer):
    """The provider."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, asked: argparse.Namespace) -> None:
        super().__init__(("127.0.0.1", asked.port), Handler)
        self.keeps: str = asked.keeps
        self.job_seconds: float = asked.job_seconds
        self.ledger = Ledger(asked.folder, price=Decimal(asked.price))
        rules = json.loads(asked.faults.read_text(encoding="utf-8")) if asked.faults else []
        self.faults = Faults(rules)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that go away."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]
    timeout = 120

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        fits = [(name, found) for _, name, route in _ROUTES if (found := route.fullmatch(parts.path))]
        name, found = next(
            ((n, f) for m, n, r in _ROUTES if m == method and (f := r.fullmatch(parts.path))), ("", None)
        )
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if found is None or (name == "list" and self.server.keeps != "listing"):
                self._error(405 if fits and found is None else 404, "not_found", "there is nothing here")
                return
            self._with_faults(name, found, parse_qs(parts.query), body)
        except Drop:
            self._noted(0, name)
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def _with_faults(self, name: str, found: re.Match[str], query: dict[str, list[str]], body: bytes) -> None:
        felt: dict[str, dict[str, Any]] = {rule["what"]: rule for rule in self.server.faults.of(name)}
        if "slow" in felt:
            time.sleep(felt["slow"]["seconds"])
        if "drop" in felt or "drop_before_accept" in felt:
            raise Drop
        if "429" in felt:
            after = {"Retry-After": str(felt["429"].get("retry_after", 1))}
            self._error(429, "rate_limited", "too many requests", headers=after)
        elif "503" in felt:
            self._error(503, "unavailable", "try again")
        elif name == "submit":
            self._submit(body, felt)
        elif "malformed_json" in felt:
            self._send(200, b'{"status": "do', "application/json")
        elif name == "list":
            self._list(query)
        elif name == "file":
            self._file(found, felt)
        else:
            self._job(name, found)

    def _submit(self, body: bytes, felt: dict[str, dict[str, Any]]) -> None:
        problem, request = _checked(body)
        if problem:
            self._error(400, "invalid", problem)
            return
        key = self.headers.get("Idempotency-Key", "")
        if bool(key) != (self.server.keeps == "key"):
            self._error(400, "invalid", "Idempotency-Key is " + ("not taken here" if key else "missing"))
            return
        if "policy_refusal" in felt:
            self._error(403, "policy", "the prompt is against our policy", reasons=["violence"])
            return
        if "quota" in felt:
            self._error(402, "quota", "the quota is used up")
            return
        faults = [what for what in felt if what in OF_JOB]
        if "late" in felt:
            pause = felt["late"]["seconds"]
            threading.Timer(pause, self.server.ledger.accept, (request,), {"key": key, "faults": faults}).start()
            raise Drop
        job = self.server.ledger.accept(request, key=key, faults=faults)
        if "drop_after_accept" in felt:
            raise Drop
        if job is None:
            self._error(422, "conflict", "this key was used with another request")
        elif "malformed_json" in felt:
            self._send(202, b'{"id": "job', "application/json")
        else:
            self._json(202, {"id": job.id})

    def _list(self, query: dict[str, list[str]]) -> None:
        if set(query) != {"label"}:
            self._error(400, "invalid", "ask with ?label=")
            return
        self._json(200, {"jobs": [{"id": job.id} for job in self.server.ledger.labelled(query["label"][0])]})

    def _job(self, name: str, found: re.Match[str]) -> None:
        job = self.server.ledger.jobs.get(found[1])
        if job is None:
            self._error(404, "not_found", "there is no such job")
        elif name == "cancel" and self._status(job) not in ("queued", "running"):
            self._error(409, "ended", "the job has ended")
        else:
            if name == "cancel":
                job.cancelled_at = time.time()
            self._json(200, self._told(job))

    def _status(self, job: Job) -> str:
        ended = job.at + self.server.job_seconds
        if job.cancelled_at is not None and ("never_ends" in job.faults or job.cancelled_at < ended):
            return "cancelled"
        if "never_ends" in job.faults or time.time() < ended:
            return "running"
        return "failed" if "refused_later" in job.faults else "done"

    def _told(self, job: Job) -> dict[str, Any]:
        status = self._status(job)
        error = None
        if status == "failed":
            error = {"code": "policy", "reason": "the clip was filtered: violence"}
        made = job.request["count"] - ("partial_result" in job.faults) if status == "done" else 0
        if status == "done" and made < job.request["count"]:
            error = {"code": "partial", "reason": "one clip was filtered by policy"}
        outputs = [self._output(job, number) for number in range(made)]
        if "duplicate_delivery" in job.faults:
            outputs *= 2
        pause = min(1.0, max(0.05, self.server.job_seconds / 4))
        charged = "0" if status == "failed" else job.amount
        return {
            "status": status, "poll_after_s": pause, "outputs": outputs, "charged": charged, "error": error,
        }  # fmt: skip

    def _output(self, job: Job, number: int) -> dict[str, Any]:
        data = _made(job, number)
        url = f"http://127.0.0.1:{self.server.server_address[1]}/v1/files/{job.id}/{number}"
        return {"url": url, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def _file(self, found: re.Match[str], felt: dict[str, dict[str, Any]]) -> None:
        job = self.server.ledger.jobs.get(found[1])
        if job is None or int(found[2]) >= job.request["count"]:
            self._error(404, "not_found", "there is no such file")
            return
        data = _made(job, int(found[2]))
        if "garbage" in felt:
            data = b"\0" * len(data)
        if "truncated_file" in felt:
            data = data[: len(data) // 2]
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        part = data[first:]
        headers = {"Content-Range": f"bytes {first}-{len(data) - 1}/{len(data)}"} if asked else {}
        if "download_reset" in felt:
            self._send(206 if asked else 200, part, "video/mp4", headers=headers, only=len(part) // 2)
            raise Drop
        self._send(206 if asked else 200, part, "video/mp4", headers=headers)

    def _json(self, status: int, value: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", headers=headers)

    def _error(
        self, status: int, code: str, reason: str, *, reasons: list[str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        error: dict[str, Any] = {"code": code, "reason": reason}
        if reasons:
            error["reasons"] = reasons
        self._json(status, {"error": error}, headers)

    def _send(
        self, status: int, data: bytes, kind: str, *, headers: dict[str, str] | None = None, only: int | None = None
    ) -> None:
        self._noted(status, "")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data if only is None else data[:only])
        self.wfile.flush()

    def _noted(self, status: int, name: str) -> None:
        row = {"method": self.command, "path": self.path, "status": status, "at": time.time()}
        self.server.ledger.note(row | ({"dropped": name} if not status else {}))


def _made(job: Job, number: int) -> bytes:
    asked = job.request
    seed = asked["seed"] + 7 * number
    return clip(width=asked["width"], height=asked["height"], seconds=asked["seconds"], seed=seed)


def _checked(body: bytes) -> tuple[str, dict[str, Any]]:
    """Return what is wrong with a request, and the request."""
    try:
        request = json.loads(body)
    except ValueError:
        return "the body is not JSON", {}
    if not isinstance(request, dict) or set(request) != set(FIELDS):
        return f"exactly these fields: {', '.join(FIELDS)}", {}
    wrong = [name for name, kind in FIELDS.items() if type(request[name]) is not kind]
    if wrong:
        return f"of another type: {', '.join(wrong)}", {}
    if not (1 <= request["seconds"] <= 60 and 1 <= request["count"] <= 4 and request["label"]):
        return "seconds from 1 to 60, count from 1 to 4, a label", {}
    return "", request


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(description="Run the loopback provider.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--keeps", choices=["key", "listing", "nothing"], default="key")
    parser.add_argument("--price", default="0.05")
    parser.add_argument("--job-seconds", type=float, default=0.2)
    parser.add_argument("--faults", type=Path)
    with Server(parser.parse_args()) as server:
        print(json.dumps({"url": f"http://127.0.0.1:{server.server_address[1]}"}), flush=True)  # noqa: T201
        server.serve_forever()


if __name__ == "__main__":
    main()
