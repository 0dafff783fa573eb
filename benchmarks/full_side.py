"""The engine's whole path: one finding, three automatic actions on a simulated site of its own."""

import asyncio
import os
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sides import ACTIONS, AHEAD_S, SETTLE_S, Orders, answers, serve
from temporalio.client import Client

from console import first_run
from console.cli.assembly import assemble, policy_path
from console.cli.simulation import SITE
from console.clock import now
from console.host import Parts, running
from engine.control.accept import accept
from engine.hands import Hands
from engine.model.execution import Outcome, Result, Work
from engine.model.finding import Endpoint, Finding, Observable, ObservableType, Origin, Severity
from engine.model.lease import LeaseState
from engine.settings import Settings
from engine.store.store import Store
from engine.store.tx import Tx

PLACES = 2000
"""Workstations and messages at the site, one of each an incident."""
PLAYBOOK = """
playbook: bench
version: 1
description: three automatic actions
owner: bench
when: finding.category == "bench"
steps:
  - name: at-once
    because: bench
    parallel:
      - name: network
        steps: [{name: block, action: network.block_ip, target: = finding.destination.ip, because: bench}]
      - name: host
        steps: [{name: contain, action: host.contain_ports, target: = finding.source.host, because: bench}]
      - name: mail
        steps: [{name: quarantine, action: mail.quarantine, target: "= finding.messages[0]", because: bench}]
"""
GRANT = """
  - id: bench
    detector: bench
    version: "1"
    tier: 2
    trusts_score: true
    owner: bench
    reason: the benchmark measures automatic actions
    expires_at: 2046-01-01T00:00:00Z
"""
LEASE = "lease: 4h\n    ceiling: 4h"


def write_site(path: Path) -> None:
    """A site with a workstation and a message for every incident."""
    hosts = [
        f"  - {{name: ws-{n:05}, addresses: [10.50.{n // 250}.{n % 250 + 1}], criticality: standard}}"
        for n in range(PLACES)
    ]
    messages = [f'  - {{id: "m{n}@bench.example", mailbox: u{n}@bench.example}}' for n in range(PLACES)]
    path.write_text("\n".join(["assets:", *hosts, "messages:", *messages, ""]))


def build(home: Path) -> tuple[Settings, Parts, "TimedHands"]:
    """The engine's parts with the benchmark's site, policy and playbook."""
    site_file, policy_file, playbooks = (home.parent / name for name in ("site.yaml", "bench.yaml", "playbooks"))
    write_site(site_file)
    playbooks.mkdir()
    (playbooks / "bench.yaml").write_text(PLAYBOOK)
    text = policy_path("demo").read_text().replace("\ngrants:\n", f"\ngrants:{GRANT}", 1)
    text = text.replace("lease: 20s\n    ceiling: 5m", LEASE).replace("lease: 30s\n    ceiling: 5m", LEASE)
    text = text.replace("lease: 15s\n    ceiling: 5m", LEASE).replace("points_hour: 20000", "points_hour: 20000000")
    policy_file.write_text(text)
    settings = Settings(home=home, site=str(site_file), policy=str(policy_file), drift_interval=timedelta(minutes=10))
    settings.make_directories()
    first_run.init(settings.home)
    parts = assemble(settings, playbooks)
    timed = TimedHands(parts.hands[SITE])
    return settings, replace(parts, hands={SITE: timed}), timed


class TimedHands(Hands):
    """Hands that note when an effect was verified, and when it was released."""

    def __init__(self, hands: Hands) -> None:
        """Work as `hands` do."""
        self.__dict__.update(hands.__dict__)
        self.verified: dict[str, asyncio.Future[float]] = {}
        self.released: dict[str, asyncio.Future[float]] = {}

    async def apply(self, work: Work) -> Outcome:
        """Apply, and note it."""
        outcome = await super().apply(work)
        if outcome.result is Result.VERIFIED and work.target in self.verified:
            self.verified[work.target].set_result(time.monotonic())
        return outcome

    async def release(self, work: Work) -> Outcome:
        """Release, and note it."""
        outcome = await super().release(work)
        gone = self.released.get(work.target)
        # Where a release is late the watch has it done too: whoever comes second finds it gone.
        if gone is not None and not gone.done():
            gone.set_result(time.monotonic())
        return outcome


class Full(Orders):
    """The orders, on the engine."""

    def __init__(self, client: Client, store: Store, parts: Parts, hands: TimedHands) -> None:
        """Accept findings into `store`."""
        super().__init__(client, "Respond", "Lease")
        self._store, self._parts, self._hands, self._count = store, parts, hands, 0
        self._due = 0.0

    async def one(self) -> float:
        """Seconds from the acceptance to the last of three verified effects."""
        finding, targets = self._finding()
        loop = asyncio.get_running_loop()
        waits = [self._hands.verified.setdefault(target, loop.create_future()) for target in targets]
        await self._store.write(lambda tx: accept(tx, self._parts.desk, [finding], "bench", now()))
        began = time.monotonic()
        return max(await asyncio.gather(*waits)) - began

    def _finding(self) -> tuple[Finding, tuple[str, ...]]:
        n = self._count = self._count + 1
        message, host, address = f"m{n}@bench.example", f"ws-{n:05}", f"198.18.{n // 250}.{n % 250 + 1}"
        finding = Finding(
            id=f"F-{n:016x}",
            detector="bench",
            detector_version="1",
            time=now(),
            reported_time="",
            severity=Severity.HIGH,
            confidence=0.99,
            category="bench",
            title=f"finding {n}",
            observables=(Observable(type=ObservableType.MESSAGE, value=message),),
            source=Endpoint(host=host),
            destination=Endpoint(ip=address, port=443),
            origin=Origin(product="bench"),
        )
        return finding, (message, host, address)

    async def prepare(self, count: int) -> list[float]:
        """Have the newest effects end a while from now."""
        loop = asyncio.get_running_loop()
        self._due = time.monotonic() + AHEAD_S
        end = now() + timedelta(seconds=AHEAD_S)

        def retime(tx: Tx) -> list[str]:
            chosen = [lease for lease in tx.leases.live() if lease.state is LeaseState.ACTIVE][-count * ACTIONS :]
            for lease in chosen:
                for holder in tx.holders.of(lease.id):
                    tx.holders.save(holder.model_copy(update={"expires_at": end}))
                tx.leases.save(lease.model_copy(update={"expires_at": end}), before=lease.state)
                tx.outbox.nudge("Lease", lease.key, lease.key)
            return [lease.target for lease in chosen]

        targets = await self._store.write(retime)
        self._hands.released = {target: loop.create_future() for target in targets}
        await asyncio.sleep(AHEAD_S - 1)
        return []

    async def release(self, count: int) -> list[float]:
        """How late after its time each effect was gone."""
        ended = await asyncio.gather(*self._hands.released.values())
        await asyncio.sleep(SETTLE_S)
        return [at - self._due for at in ended]


async def main() -> None:
    """Serve orders on an engine of our own."""
    import json

    from console.api.build import build as build_api

    to = answers()
    settings, parts, hands = build(Path(sys.argv[1]))
    async with running(settings, parts, build_api) as engine:
        record = json.loads((settings.run_dir / "temporal.json").read_text())
        full = Full(engine.client, engine.store, parts, hands)
        await serve({"worker": os.getpid(), "server": int(record["process"]["pid"])}, full, to)
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    asyncio.run(main())
