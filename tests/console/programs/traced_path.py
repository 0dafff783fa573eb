"""Carries one finding from the API to its effect and its release, and prints the spans and numbers as they would leave.

In a process of its own: a tracer provider is a process's.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import httpx
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from console import first_run
from console.api.build import build
from console.cli.assembly import assemble
from console.cli.leaving import leave
from console.clock import now
from console.host import Running, running
from detectors.generators import alerts
from engine.model.base import Json
from engine.settings import Settings
from tests.bench import findings
from tests.patience import PATIENCE_S
from workflows import tracing


async def main(home: Path) -> None:
    """Play it, and print."""
    settings = Settings(home=home, policy="demo", site="demo")
    settings.make_directories()
    first_run.init(home, "demo")
    spans, numbers = InMemorySpanExporter(), InMemoryMetricReader()
    sent = tracing.begin(spans, numbers)
    async with running(settings, assemble(settings), build, sent) as engine:
        await _play(engine, settings)
        data = numbers.get_metrics_data()
        measured = {} if data is None else json.loads(data.to_json())
    told: Json = {"spans": [json.loads(span.to_json()) for span in spans.get_finished_spans()], "numbers": measured}
    print(json.dumps(told), flush=True)


async def _play(engine: Running, settings: Settings) -> None:
    token = settings.token_file.read_text().strip()
    found = findings(alerts.beaconing(now(), beats=1), settings.home)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=f"{engine.url}/api/v1", headers=headers, trust_env=False, timeout=PATIENCE_S
    ) as api:
        await api.post("/findings", json={"findings": [one.model_dump(mode="json") for one in found]})
        await _until(api, "active")
        await api.post("/leases/L-0001/release", json={"reason": "hunter2 lives there"})
        await _until(api, "released")
    # The numbers follow the ledger within a second.
    await asyncio.sleep(2.5)


async def _until(api: httpx.AsyncClient, state: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        leases = (await api.get("/leases")).json()["leases"]
        if [lease["state"] for lease in leases] == [state]:
            return
        await asyncio.sleep(0.1)
    raise SystemExit(f"no lease came to be {state}")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
    leave(0)
