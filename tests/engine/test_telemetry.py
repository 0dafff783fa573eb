"""Telemetry: silent unless asked for, complete when it is, and no way out for a secret."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, StatusCode

from engine.settings import load
from engine.telemetry import LONGEST, build, setup

SECRET = "hunter2-the-secret"


class Receiver(ThreadingHTTPServer):
    """The least that can be called an OTLP/HTTP receiver: it keeps what it is sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received[self.path] = self.server.received.get(self.path, b"") + body
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_it_is_off_unless_a_receiver_is_set(home: Path) -> None:
    telemetry = setup(load())
    with telemetry.tracer.start_as_current_span("intake") as span:
        telemetry.meter.create_counter("fireline.findings").add(1)
    telemetry.shutdown()
    assert not telemetry.on
    assert not span.is_recording()


def test_spans_and_measurements_reach_a_receiver(receiver: Receiver, home: Path) -> None:
    telemetry = setup(load({"otlp_endpoint": receiver.url}))
    with telemetry.tracer.start_as_current_span("intake") as span:
        span.set_attribute("fireline.request", "AR-0007")
        span.set_attribute("password", SECRET)
        telemetry.meter.create_counter("fireline.findings").add(3, {"fireline.format": "eve", "token": SECRET})
    telemetry.shutdown()
    traces, measures = receiver.received["/v1/traces"], receiver.received["/v1/metrics"]
    assert b"intake" in traces
    assert b"AR-0007" in traces
    assert b"fireline.findings" in measures
    assert b"eve" in measures
    assert SECRET.encode() not in traces + measures


def test_a_receiver_that_is_away_costs_seconds_and_no_error(home: Path) -> None:
    telemetry = setup(load({"otlp_endpoint": "http://127.0.0.1:9"}))
    telemetry.tracer.start_span("intake").end()
    telemetry.shutdown()


def test_no_secret_leaves_with_a_span() -> None:
    spans = InMemorySpanExporter()
    telemetry = build(spans, InMemoryMetricReader())
    other = NonRecordingSpan(SpanContext(1, 2, is_remote=True)).get_span_context()
    with (
        pytest.raises(ValueError, match=SECRET),
        telemetry.tracer.start_as_current_span("act", links=[Link(other, {"why": SECRET})]) as span,
    ):
        span.set_attributes({"fireline.action": "host.isolate", "params": SECRET})
        span.add_event("asked", {"card": SECRET, "fireline.subject": "AR-1"})
        raise ValueError(SECRET)
    telemetry.shutdown()
    (sent,) = spans.get_finished_spans()
    assert sent.attributes == {"fireline.action": "host.isolate"}
    assert [dict(event.attributes or {}) for event in sent.events] == [
        {"fireline.subject": "AR-1"},
        {"exception.type": "ValueError"},
    ]
    assert (sent.status.status_code, sent.status.description) == (StatusCode.ERROR, None)
    assert SECRET not in sent.to_json()


def test_no_secret_leaves_with_a_measurement() -> None:
    reader = InMemoryMetricReader()
    telemetry = build(InMemorySpanExporter(), reader)
    counter = telemetry.meter.create_counter("fireline.decisions")
    with telemetry.tracer.start_as_current_span("decide"):
        counter.add(1, {"fireline.tier": 3, "token": SECRET})
        counter.add(1, {"fireline.tier": 3, "token": "another"})
    measured = reader.get_metrics_data()
    telemetry.shutdown()
    assert measured is not None
    (metric,) = json.loads(measured.to_json())["resource_metrics"][0]["scope_metrics"][0]["metrics"]
    assert [(point["attributes"], point["value"]) for point in metric["data"]["data_points"]] == [
        ({"fireline.tier": 3}, 2)
    ]
    assert SECRET not in measured.to_json()


def test_a_long_value_is_cut() -> None:
    spans = InMemorySpanExporter()
    telemetry = build(spans, InMemoryMetricReader())
    telemetry.tracer.start_span("act", attributes={"fireline.subject": "x" * 10_000}).end()
    telemetry.shutdown()
    (sent,) = spans.get_finished_spans()
    assert sent.attributes == {"fireline.subject": "x" * LONGEST}
