"""Somebody else changes the world under a real engine, which is killed before it could do what people answered."""

import asyncio
from pathlib import Path

from actions.simulators.events import Op
from actions.simulators.faults import ANY_ACTION, FaultKind
from tests.processes import Up, run_here, until

DEMO = Path(__file__).parents[3] / "policies" / "demo.yaml"
CLOSELY = """
leases:
  drift:
    - {id: resolver, actions: [dns.sinkhole], look_every: 1s, because: whoever lifts it may be whom it is against}
"""
DOMAIN, BEFORE, MEANWHILE = "cdn.evil.example", "203.0.113.80", "192.0.2.1"


def answer(engine: Up) -> str:
    return asyncio.run(engine.site.resolver.answer(DOMAIN))


def owner(engine: Up) -> str:
    return next(iter(asyncio.run(engine.site.owned())), "")


def times(engine: Up, op: Op) -> int:
    return sum(event.op is op for event in engine.site.history())


def test_what_is_lifted_is_put_back_in_time_and_an_answer_outlives_a_kill(tmp_path: Path) -> None:
    policy = tmp_path / "closely.yaml"
    policy.write_text(DEMO.read_text() + CLOSELY)
    begin = ("up", "--policy", str(policy), "--site", "demo")
    engine = Up(tmp_path / "home", *begin, FIRELINE_DRIFT_INTERVAL="1h")
    engine.site.others.set(DOMAIN, "answer", BEFORE)
    engine.ask("actions", "request", "dns.sinkhole", "--target", DOMAIN, "--lease", "5m", "--reason", "c2")
    [lease] = until(lambda: engine.leases_in("active"), "it is in force")

    engine.site.others.lift(owner(engine))
    until(lambda: owner(engine), "it is put back, though the site looks once an hour")
    assert [page["kind"] for page in engine.listed("pages", "list")].count("lifted") == 1

    engine.site.others.set(DOMAIN, "answer", MEANWHILE)
    engine.ask("leases", "release", str(lease["id"]), "--reason", "cleaned")
    [task] = until(lambda: engine.listed("tasks", "list"), "people are asked about the rest")
    assert (owner(engine), answer(engine), task["lease"]) == ("", MEANWHILE, lease["id"])

    engine.site.faults.switch_on(FaultKind.UNREACHABLE, ANY_ACTION)
    engine.ask("tasks", "answer", str(task["id"]), "--as", "samir", "--answer", "answer=restore")
    engine.kill()
    engine.site.faults.clear()
    again = Up(engine.home, *begin, FIRELINE_DRIFT_INTERVAL="1h")
    until(lambda: answer(again) == BEFORE, "it is given back")
    assert again.interrupt() == 0
    assert (times(again, Op.PLACED), times(again, Op.RELEASED), times(again, Op.SET)) == (2, 1, 3)
    assert run_here(again.home, "ledger", "verify").returncode == 0
