"""Traces and metrics by OpenTelemetry: off unless a receiver is set, and never a way out for a secret (I11).

Rules: 1. Only attributes named in `ALLOWED` leave the process; what is not listed is dropped, not masked. 2. Error
messages and stack traces never leave, only the error's type: they quote what they failed on. 3. Names of spans and
instruments are constants of the code. 4. Spans leave in batches from a thread of their own, for a workflow must not
do I/O. 5. Spans of a running workflow are invisible until it ends, so what operators watch are metrics.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.metrics.view import View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Link, Status
from opentelemetry.util.types import Attributes, AttributeValue

from engine.settings import Settings

OURS = (
    *("action", "check", "connector", "detector", "effect", "executor", "format", "incident", "lease", "outcome"),
    *("reason", "receiver", "request", "result", "rule", "state", "subject", "tier", "workflow"),
)
"""Attributes of ours, without their prefix `fireline.`."""

ALLOWED = frozenset(
    {
        *(f"fireline.{name}" for name in OURS),
        "exception.type",
        "http.request.method",
        "http.response.status_code",
        "http.route",
        "temporalActivityID",
        "temporalActivityType",
        "temporalRunID",
        "temporalUpdateID",
        "temporalWorkflowID",
    }
)
"""Every attribute name that may leave: identifiers and words of closed sets, nothing anybody typed."""

RESOURCE = Resource.create({"service.name": "fireline"})
"""Who speaks."""

LONGEST = 200
"""Characters of a value that leave."""

_SECONDS_TO_SEND = 3


class Provider(Protocol):
    """What is needed of a tracer provider; Temporal's replay-safe one is another than the SDK's."""

    def add_span_processor(self, span_processor: SpanProcessor) -> None: ...

    def get_tracer(self, instrumenting_module_name: str) -> trace.Tracer: ...

    def shutdown(self) -> None: ...


@dataclass(frozen=True)
class Telemetry:
    """Where spans and measurements go; both do nothing while it is off."""

    tracer: trace.Tracer
    meter: metrics.Meter
    on: bool
    _shutdown: Callable[[], None]

    def shutdown(self) -> None:
        """Send what is left, for a few seconds at most."""
        self._shutdown()


def setup(settings: Settings, provider: Provider | None = None) -> Telemetry:
    """Telemetry as the settings say; `provider` is used instead of the SDK's own where it is on."""
    if not settings.otlp_endpoint:
        return Telemetry(trace.NoOpTracer(), metrics.NoOpMeter("fireline"), on=False, _shutdown=lambda: None)
    # The exporters take a quarter of a second to import, which only who wants them pays.
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader

    base = settings.otlp_endpoint.rstrip("/")
    spans = OTLPSpanExporter(endpoint=f"{base}/v1/traces", timeout=_SECONDS_TO_SEND)
    measures = OTLPMetricExporter(endpoint=f"{base}/v1/metrics", timeout=_SECONDS_TO_SEND)
    return build(spans, PeriodicExportingMetricReader(measures, export_interval_millis=10_000), provider)


def build(spans: SpanExporter, measures: MetricReader, provider: Provider | None = None) -> Telemetry:
    """Telemetry that leaves through these two and nothing else, filtered by the rules above."""
    tracing = provider or TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    tracing.add_span_processor(BatchSpanProcessor(AllowListed(spans), schedule_delay_millis=1000))
    view = View(instrument_name="*", attribute_keys=set(ALLOWED))
    # Exemplars would carry just those attributes that the view drops.
    measuring = MeterProvider(
        [measures], RESOURCE, exemplar_filter=AlwaysOffExemplarFilter(), views=[view], shutdown_on_exit=False
    )

    def shutdown() -> None:
        tracing.shutdown()
        measuring.shutdown(timeout_millis=_SECONDS_TO_SEND * 1000)

    return Telemetry(tracing.get_tracer("fireline"), measuring.get_meter("fireline"), on=True, _shutdown=shutdown)


class AllowListed(SpanExporter):
    """Passes spans on with their allowed attributes only."""

    def __init__(self, inner: SpanExporter) -> None:
        """`inner` sees filtered spans only."""
        self._inner = inner

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Filter and pass on."""
        return self._inner.export([_filtered(span) for span in spans])

    def shutdown(self) -> None:
        """Shut the inner one down."""
        self._inner.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Flush the inner one."""
        return self._inner.force_flush(timeout_millis)


def _filtered(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span.attributes),
        events=[Event(event.name, _allowed(event.attributes), event.timestamp) for event in span.events],
        links=[Link(link.context, _allowed(link.attributes)) for link in span.links],
        kind=span.kind,
        # Rule 2: the status, without its description.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(attributes: Attributes) -> Mapping[str, AttributeValue]:
    return {name: _short(value) for name, value in (attributes or {}).items() if name in ALLOWED}


def _short(value: AttributeValue) -> AttributeValue:
    return value[:LONGEST] if isinstance(value, str) else value
