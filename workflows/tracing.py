"""Telemetry for processes that speak to Temporal: one trace over client, workflow and activity.

The interceptor looks up the process's global tracer provider, so this is the one place that sets it. The provider
knows about replay: a workflow run again from its history tells nothing twice.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from opentelemetry import context
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.trace.export import SpanExporter
from opentelemetry.trace import set_tracer_provider
from temporalio.contrib.opentelemetry import ReplaySafeTracerProvider, create_tracer_provider

from engine import telemetry
from engine.settings import Settings
from engine.telemetry import Telemetry

REMEMBERED = 1000
"""Workflows whose trace is known; older ones are forgotten, and begin traces of their own."""


class Threads:
    """Which trace each workflow belongs to: tied at the door, taken up where its workflow is started or nudged.

    Kept in memory only: a trace that a crash cuts in two is still two good traces.
    """

    def __init__(self) -> None:
        """Nothing is tied yet."""
        self._contexts: OrderedDict[str, context.Context] = OrderedDict()

    def here(self) -> Callable[[str], None]:
        """What ties a workflow to the trace that is current now, wherever it is called."""
        now = context.get_current()

        def tie(workflow_id: str) -> None:
            self._contexts[workflow_id] = now
            while len(self._contexts) > REMEMBERED:
                self._contexts.popitem(last=False)

        return tie

    @contextmanager
    def within(self, workflow_id: str) -> Iterator[None]:
        """Have what is done here stand in the workflow's trace, if it has one."""
        token = context.attach(self._contexts.get(workflow_id, context.Context()))
        try:
            yield
        finally:
            context.detach(token)


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
