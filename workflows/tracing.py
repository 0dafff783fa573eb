"""Telemetry for processes that speak to Temporal: one trace over client, workflow and activity.

The interceptor looks up the process's global tracer provider, so this is the one place that sets it. The provider
knows about replay: a workflow run again from its history tells nothing twice.
"""

from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import set_tracer_provider
from temporalio.contrib.opentelemetry import ReplaySafeTracerProvider, create_tracer_provider

from engine import telemetry
from engine.settings import Settings
from engine.telemetry import Telemetry


def setup(settings: Settings) -> Telemetry:
    """Telemetry as the settings say; once a process, before its first client."""
    return telemetry.setup(settings, _provider() if settings.otlp_endpoint else None)


def begin(spans: SpanExporter, measures: MetricReader) -> Telemetry:
    """Telemetry that leaves through these two."""
    return telemetry.build(spans, measures, _provider())


def _provider() -> ReplaySafeTracerProvider:
    provider = create_tracer_provider(resource=telemetry.RESOURCE, shutdown_on_exit=False)
    set_tracer_provider(provider)
    return provider
