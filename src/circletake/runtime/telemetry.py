"""Spans and metrics for a collector of the house's choice (OpenTelemetry, OTLP over HTTP); off unless one is set.

A trace is one drive of a production: a span for it, in it a span for every attempt of a step, in those a span for every
operation that was finished. They carry the ids that the record has: production, step, slate, take, attempt.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from circletake.domain.operation import Operation
from circletake.errors import SettingsError
from circletake.runtime.database.attempts import StepAttempt

Ended = Callable[[str, str | None, float, int], None]
"""Called when an attempt ended: outcome, class of its error, seconds, and what was charged in millionths of a USD."""
_FAILED = ("retried", "invalid", "timed_out", "lost")
_PATIENCE_S = 5.0
"""How long one export may take; a collector that is away holds nothing up for longer."""
_QUEUE = 16_384
"""Spans that wait for their export; thousands of operations may finish between two exports."""


class Telemetry:
    """Tells nobody; `Otlp` tells a collector."""

    on = False
    """Whether anybody listens."""

    @contextmanager
    def drive(self, production: str) -> Iterator[None]:
        """Cover a drive of a production."""
        yield

    @contextmanager
    def attempt(self, row: StepAttempt) -> Iterator[Ended]:
        """Cover an attempt of a step."""
        yield _nobody

    def finished(self, operations: Sequence[Operation], *, worked: Mapping[str, float]) -> None:
        """Tell of operations that came to their end.

        Args:
            operations: as the journal has them now.
            worked: key -> seconds that a worker took; operations that were never sent began that long before their end.
        """

    def close(self) -> None:
        """Send what has not been sent."""


def _nobody(outcome: str, error_class: str | None, seconds: float, spent_micros: int) -> None:
    """Tell nobody."""


class Otlp(Telemetry):
    """Tells a collector.

    Args:
        endpoint: base URL of the collector, e.g. `http://localhost:4318`; headers and certificates come from the usual
            `OTEL_EXPORTER_OTLP_*` variables.

    Raises:
        SettingsError: OpenTelemetry is not installed.
    """

    on = True

    def __init__(self, endpoint: str) -> None:
        try:
            from opentelemetry import trace
            from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.metrics import MeterProvider
            from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            raise SettingsError(
                "otlp_endpoint is set and OpenTelemetry is not installed: pip install 'circletake[otel]'"
            ) from error
        base = endpoint.rstrip("/")
        about = Resource.create({"service.name": "circletake", "service.version": version("circletake")})
        self._trace = trace
        self._spans = TracerProvider(resource=about)
        exporter = OTLPSpanExporter(f"{base}/v1/traces", timeout=_PATIENCE_S)
        self._spans.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=_QUEUE))
        reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"{base}/v1/metrics", timeout=_PATIENCE_S))
        self._metrics = MeterProvider([reader], resource=about)
        self._tracer = self._spans.get_tracer("circletake")
        meter = self._metrics.get_meter("circletake")
        self._attempts = meter.create_counter("circletake.step.attempts", description="Attempts of steps")
        self._seconds = meter.create_histogram("circletake.step.duration", unit="s", description="Attempts of steps")
        self._operations = meter.create_counter("circletake.operations", description="Operations that ended")
        self._work = meter.create_histogram("circletake.operation.duration", unit="s", description="From begin to end")
        self._spent = meter.create_counter("circletake.spent", unit="USD", description="Charged for operations")

    @contextmanager
    def drive(self, production: str) -> Iterator[None]:
        """Open the span of a drive."""
        with self._tracer.start_as_current_span("production", attributes={"circletake.production": production}):
            yield

    @contextmanager
    def attempt(self, row: StepAttempt) -> Iterator[Ended]:
        """Open the span of an attempt."""
        ids: dict[str, Any] = {
            "circletake.production": row.production,
            "circletake.step": row.step,
            "circletake.visit": row.visit,
            "circletake.attempt": row.attempt,
        }
        named = {"circletake.route": row.route, "circletake.generator": row.generator, "circletake.model": row.model}
        ids |= {name: value for name, value in named.items() if value}
        with self._tracer.start_as_current_span(
            row.step, attributes=ids, record_exception=False, set_status_on_exception=False
        ) as span:

            def ended(outcome: str, error_class: str | None, seconds: float, spent_micros: int) -> None:
                span.set_attribute("circletake.outcome", outcome)
                span.set_attribute("circletake.spent_usd", spent_micros / 1_000_000)
                if error_class is not None:
                    span.set_attribute("error.type", error_class)
                if outcome in _FAILED:
                    span.set_status(self._trace.StatusCode.ERROR, error_class)
                self._attempts.add(1, {"circletake.step": row.step, "circletake.outcome": outcome})
                self._seconds.record(seconds, {"circletake.step": row.step})

            yield ended

    def finished(self, operations: Sequence[Operation], *, worked: Mapping[str, float]) -> None:
        """Write a span an operation, in the step that waits for it."""
        for one in operations:
            end = one.finished_at or 0.0
            begin = one.submitted_at or end - worked.get(one.key, 0.0)
            span = self._tracer.start_span(
                f"{one.step} operation",
                start_time=int(begin * 1e9),
                attributes={
                    "circletake.production": one.production,
                    "circletake.step": one.step,
                    "circletake.slate": one.slate,
                    "circletake.take": one.number,
                    "circletake.round": one.round,
                    "circletake.attempt": one.submits,
                    "circletake.operation": one.key,
                    "circletake.generator": one.generator,
                    "circletake.state": one.state,
                    "circletake.spent_usd": float(one.spent or 0),
                },
            )
            if one.state in ("failed", "unknown", "refused"):
                span.set_attribute("error.type", one.error_class or one.state)
                span.set_status(self._trace.StatusCode.ERROR, one.error)
            span.end(int(end * 1e9))
            told = {"circletake.generator": one.generator, "circletake.state": one.state}
            self._operations.add(1, told)
            self._work.record(max(0.0, end - begin), told)
            self._spent.add(float(one.spent or 0), {"circletake.generator": one.generator})

    def close(self) -> None:
        """Send what has not been sent, within a few seconds."""
        self._spans.shutdown()
        self._metrics.shutdown(timeout_millis=_PATIENCE_S * 1000)
