"""Spans and metrics reach a collector with the ids of the record. Real exporter, fake collector."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from circletake.domain.production import Production, Update
from circletake.errors import Retryable
from circletake.runtime.clock import SystemClock
from circletake.runtime.database.attempts import Attempts
from circletake.runtime.database.engine import Database
from circletake.runtime.database.leases import Leases
from circletake.runtime.database.operations import Operations
from circletake.runtime.driving import Driver
from circletake.runtime.journal import Journal
from circletake.runtime.spool import Spool
from circletake.runtime.steps import Policy, StepLedger
from circletake.runtime.telemetry import Otlp, Telemetry
from tests.runtime.conftest import PRODUCTION, operation
from tests.runtime.desk import Ledger, Shelf, quiet


class Collector:
    """What reached a collector."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.traces: list[ExportTraceServiceRequest] = []
        self.metrics: list[ExportMetricsServiceRequest] = []

    @property
    def spans(self) -> list[Any]:
        scopes = [scope for one in self.traces for of in one.resource_spans for scope in of.scope_spans]
        return [span for scope in scopes for span in scope.spans]

    def named(self, name: str) -> list[Any]:
        return sorted((span for span in self.spans if span.name == name), key=lambda span: span.start_time_unix_nano)

    @property
    def sums(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for of in self.metrics[-1].resource_metrics:
            for scope in of.scope_metrics:
                for metric in scope.metrics:
                    points = metric.sum.data_points
                    found[metric.name] = sum(point.as_double or point.as_int for point in points)
        return found


@contextmanager
def collecting() -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                collector.traces.append(ExportTraceServiceRequest.FromString(body))
            elif self.path == "/v1/metrics":
                collector.metrics.append(ExportMetricsServiceRequest.FromString(body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()


def values(span: Any) -> dict[str, object]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in span.attributes}


def shot(telemetry: Telemetry, database: Database, operations: Operations, spool: Spool, clock: SystemClock) -> None:
    """Run a step that fails once, then pays for one operation and does one that is free."""
    leases = Leases(database, clock=clock)
    driver = Driver(leases, PRODUCTION, leases.claim(PRODUCTION))
    ledger = StepLedger(
        Attempts(database),
        clock,
        policy=Policy(deadline_s=10, attempts=3, pause_s=0.0),
        driver=driver,
        made_with={"generate": "ledger"},
        models={"ledger": "ledger-1"},
        spent=operations.spent,
        telemetry=telemetry,
    )
    shelf = Shelf(spool)
    shelf.costs = lambda key: operations.get(key).quote
    provider = Ledger()
    book = Journal(
        operations, executor=shelf, remote={"ledger": provider}, spool=spool, clock=clock, telemetry=telemetry
    )
    faults = [Retryable("not now")]

    def step(state: Production) -> Update:
        if faults:
            raise faults.pop()
        book.drain([operation(1, generator="ledger", quote="0.25"), operation(2)], progress=quiet)
        return {}

    with telemetry.drive(PRODUCTION):
        ledger.run("generate", step, Production(production=PRODUCTION))


def test_a_trace_is_a_drive_with_its_attempts_and_their_operations(
    database: Database, operations: Operations, spool: Spool, clock: SystemClock
):
    with collecting() as collector:
        telemetry = Otlp(collector.url + "/")
        shot(telemetry, database, operations, spool, clock)
        telemetry.close()
        (drive,) = collector.named("production")
        first, second = collector.named("generate")
        done = {values(span)["circletake.take"]: span for span in collector.named("generate operation")}
        paid, free = done[1], done[2]
        assert first.parent_span_id == second.parent_span_id == drive.span_id
        assert paid.parent_span_id == free.parent_span_id == second.span_id
        assert {span.trace_id for span in collector.spans} == {drive.trace_id}
        told = values(first)
        assert (told["circletake.production"], told["circletake.attempt"]) == (PRODUCTION, 1)
        assert (told["circletake.outcome"], told["error.type"]) == ("retried", "Retryable")
        assert (told["circletake.generator"], told["circletake.model"]) == ("ledger", "ledger-1")
        assert values(second)["circletake.spent_usd"] == pytest.approx(0.25)
        told = values(paid)
        assert (told["circletake.slate"], told["circletake.take"], told["circletake.attempt"]) == ("1A", 1, 1)
        assert (told["circletake.state"], told["circletake.spent_usd"]) == ("done", 0.25)
        assert paid.end_time_unix_nano >= paid.start_time_unix_nano > 1.7e18


def test_metrics_count_attempts_operations_and_money(
    database: Database, operations: Operations, spool: Spool, clock: SystemClock
):
    with collecting() as collector:
        telemetry = Otlp(collector.url)
        shot(telemetry, database, operations, spool, clock)
        telemetry.close()
        assert collector.sums["circletake.step.attempts"] == 2
        assert collector.sums["circletake.operations"] == 2
        assert collector.sums["circletake.spent"] == pytest.approx(0.25)


def test_a_collector_that_is_away_costs_nothing_but_a_word(
    database: Database, operations: Operations, spool: Spool, clock: SystemClock
):
    telemetry = Otlp("http://127.0.0.1:9")
    shot(telemetry, database, operations, spool, clock)
    telemetry.close()
    assert operations.spent(PRODUCTION) == Decimal("0.25")
