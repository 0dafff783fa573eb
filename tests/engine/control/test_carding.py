"""A card shows everything that is agreed to, and what a finding says as data."""

from datetime import UTC

from engine.card_room import where
from engine.control.carding import card_of, in_full_of
from engine.control.voting import retract_vote
from engine.model.base import Json
from engine.model.card import Card
from engine.model.check import CheckOutcome
from engine.model.finding import Finding
from engine.model.request import Request
from engine.telling import by_the_clock
from tests.bench import Bench

HOSTILE = (
    "EXERCISE approve at once\n\u202eREAL · TIER 1\u2066 <!channel> <@U0ANNA> *bold* https://approve.example/yes "
    "p\u0430ypal.com " + "A" * 1_000_000
)


def card(bench: Bench, request: str) -> Card:
    return bench.read(lambda tx: card_of(tx, bench.desks(tx), request))


def lines(shown: Card) -> dict[str, str]:
    return {line.label: line.text for line in shown.items[0].lines}


async def test_a_card_reads_as_it_should(bench: Bench, exfiltration: Finding) -> None:
    incident = await bench.feed(exfiltration)
    asked = bench.requests(incident, "host.isolate")[-1]
    shown, said = card(bench, asked.id), lines(card(bench, asked.id))
    assert shown.headline.startswith("SIMULATED SITE · TIER 4 · 2 approvals, one from db-owners · decide by ")
    assert shown.title == "host.isolate on files-02 (critical; orders-db; owner db-owners) for 15s; ends by itself"
    assert said["WHY"].startswith("0.97: 2.1 GB from files-02 to 203.0.113.44, 31 times this hour's normal (exfil")
    assert said["MEANWHILE"].startswith("network.block_ip on 203.0.113.44 holds until ")
    assert said["IF YES"].startswith("isolate a host from the network; billing, orders-api need it; cuts lines of")
    assert said["IF YES"].endswith("; spared: files-03 tcp/5433")
    assert said["IF NO"] == "nothing more is done; what holds meanwhile ends at its own end"
    assert said["SILENCE"] == "nothing more is done; what is held meanwhile stays until its own end"
    assert said["WHY YOU"] == "not automatic: 0.97 ‹ 0.99 and a critical asset"
    assert said["EXACTLY"] == (
        'spare=[{"peer":"files-03","port":5433,"protocol":"tcp"}], target="files-02", connector=sim, version=1'
    )
    assert said["VOTES"].startswith(
        "0 of 2 · asked samir (on call for db-owners), tom (on call for db-owners) · more are asked at "
    )
    assert not shown.items[0].cut
    assert (shown.open, shown.items[0].to_approve, shown.items[0].digest) == (True, True, asked.digest)
    assert shown.last == f"SIMULATED SITE · {incident} · {asked.id} · {shown.items[0].shown}"


async def test_a_card_says_who_denied_it_until_that_is_final_or_taken_back(bench: Bench) -> None:
    asked = await bench.ask("tom", target="10.20.16.114")
    await bench.vote(asked.id, "anna", "deny", "our backup")
    final = by_the_clock(bench.now + bench.desk.retraction, UTC)
    shown = card(bench, asked.id)
    assert shown.headline == f"SIMULATED SITE · TIER 3 · DENIED BY anna, final at {final}"
    assert shown.open
    await bench.write(lambda tx: retract_vote(tx, bench.desk, asked.id, bench.person("anna"), bench.now))
    assert " · 1 approval · decide by " in card(bench, asked.id).headline


async def test_several_requests_stand_on_one_card_each_with_its_own_digest(bench: Bench) -> None:
    first, second = [await bench.ask("tom", target=f"10.20.16.{n}") for n in (114, 115)]
    shown = bench.read(lambda tx: card_of(tx, bench.desks(tx), first.id, second.id))
    assert shown.headline == f"SIMULATED SITE · {shown.about} · 2 actions, 2 to decide"
    assert [(item.request, item.digest) for item in shown.items] == [(one.id, one.digest) for one in (first, second)]
    assert shown.last == f"SIMULATED SITE · {shown.about} · 2 actions"


async def test_a_hostile_finding_shows_as_data_and_marks_nothing(bench: Bench, exfiltration: Finding) -> None:
    evidence: Json = {**exfiltration.evidence, "message": HOSTILE}
    incident = await bench.feed(exfiltration.model_copy(update={"evidence": evidence, "title": HOSTILE[:4000]}))
    shown = card(bench, bench.requests(incident, "host.isolate")[-1].id)
    text = "\n".join((shown.headline, shown.title, *(line.text for line in shown.items[0].lines), shown.last))
    assert [*shown.headline.split(" · ")][:2] == ["SIMULATED SITE", "TIER 4"]
    assert len(text) < 8000
    assert not any(bad in text for bad in ("\u202e", "<", "https:", "approve.example", "p\u0430ypal", "\nREAL"))
    assert "hxxps://approve[.]example/yes p[U+0430]ypal[.]com" in lines(shown)["WHY"]


async def test_parameters_that_have_no_room_are_counted_and_never_cut(bench: Bench) -> None:
    spare = [{"peer": f"10.20.16.{n}", "port": 5000 + n, "protocol": "tcp"} for n in range(1, 60)]
    bench.without_check("legitimate-flows")
    incident = await bench.ask("tom", "host.isolate", "files-02", spare=spare)  # type: ignore[arg-type]
    assert incident.state == "awaiting_approval"
    said = lines(card(bench, incident.id))["EXACTLY"]
    assert said == (f'target="files-02", and 1 more, all of them in: {where(incident.id)}, connector=sim, version=1')
    assert card(bench, incident.id).items[0].cut
    full = "\n".join(bench.read(lambda tx: in_full_of(tx, bench.desks(tx), incident.id)))
    assert all(f'spare {n}/59 = {{"peer":"10.20.16.{n}","port":{5000 + n},' in full for n in range(1, 60))
    assert all(
        part in full for part in ('target = "files-02"', "connector=sim, version=1", f"DIGEST    {incident.digest}")
    )


async def test_what_grows_when_it_is_spelled_safely_is_still_never_cut(bench: Bench) -> None:
    asked = await bench.ask("tom", target="10.20.16.114")
    given: Json = {"aaa": "\u0430x" * 700, "port": 443, "zones": "none"}
    await bench.write(lambda tx: tx.requests.save(asked.model_copy(update={"params": given}), asked.state))
    said = lines(card(bench, asked.id))["EXACTLY"]
    assert said == (f'port=443, zones="none", and 1 more, all of them in: {where(asked.id)}, connector=sim, version=1')


async def test_what_changed_since_people_were_asked_stands_there_whole(bench: Bench) -> None:
    asked = await bench.ask("tom", target="10.20.16.114")
    told = ("a" * 400, "b" * 400, "c" * 2000, "d" * 400)
    await bench.write(lambda tx: tx.requests.save(asked.model_copy(update={"difference": told}), asked.state))
    said = lines(card(bench, asked.id))["CHANGED"]
    assert said == f"{told[0]}; {told[1]}; {told[3]}; and 1 more, all of them in: {where(asked.id)}"


async def test_a_decided_card_takes_no_answer_and_says_who_decided(bench: Bench) -> None:
    asked = await bench.ask("tom", target="10.20.16.114")
    await bench.vote(asked.id, "anna", digest=asked.digest)
    assert lines(card(bench, asked.id))["VOTES"].startswith("1 of 1 · anna yes")
    assert lines(card(bench, asked.id))["UNDO"] == "any responder, at any time"
    assert card(bench, asked.id).items[0].typed == (f"show {asked.id}", f"release {asked.id} and why")
    await bench.respond(asked.incident_id)
    shown = card(bench, asked.id)
    assert lines(shown)["UNDO"] == "any responder, at any time; fireline leases release L-0001 at the console"
    assert (shown.open, shown.headline) == (False, "SIMULATED SITE · TIER 3 · HELD")
    assert lines(shown)["DECIDED"].startswith("approved by anna for ")


async def test_how_often_such_findings_were_true_is_said_once_any_was_judged(
    bench: Bench, exfiltration: Finding
) -> None:
    incident = await bench.feed(exfiltration)
    asked = bench.requests(incident, "host.isolate")[-1]
    assert asked.decision is not None
    said = []
    for right, verdicts in ((0, 0), (41, 42)):
        facts = {**asked.decision.facts, "autonomy.right": right, "autonomy.verdicts": verdicts}
        judged = asked.model_copy(update={"decision": asked.decision.model_copy(update={"facts": facts})})
        await bench.write(lambda tx, judged=judged: tx.requests.save(judged, asked.state))  # type: ignore[misc]
        said.append(lines(card(bench, asked.id))["WHY"].partition(")")[2])
    assert said == ["", "; 41 of 42 such findings that were judged were true"]


async def test_how_far_it_was_looked_back_is_said_where_nothing_would_have_been_cut(bench: Bench) -> None:
    asked = await bench.ask("tom", target="10.20.16.114")
    [check] = [one for one in asked.checks if one.check == "legitimate-flows"]
    none: dict[str, object] = {"summary": "cuts no tagged flow of the last 14d", "details": {}}
    passed = check.model_copy(update={"outcome": CheckOutcome.PASS, **none})
    others = [one for one in asked.checks if one.check != "legitimate-flows"]
    changed = asked.model_copy(update={"checks": (*others, passed)})
    await bench.write(lambda tx: tx.requests.save(changed, asked.state))
    assert lines(card(bench, asked.id))["IF YES"].endswith("; cuts no tagged flow of the last 14d")


async def test_an_action_that_was_removed_keeps_no_other_on_its_card_from_being_asked(bench: Bench) -> None:
    first = await bench.ask("tom", target="10.20.16.114")
    second = await bench.ask("tom", target="10.20.16.115")
    gone = first.model_copy(update={"action": "host.forgotten"})
    await bench.write(lambda tx: tx.requests.save(gone, first.state))
    shown = bench.read(lambda tx: card_of(tx, bench.desks(tx), first.id, second.id))
    assert [(item.request, item.open) for item in shown.items] == [(first.id, False), (second.id, True)]
    assert shown.items[0].title.startswith("host.forgotten on 10.20.16.114: it was never asked, or its action")


async def test_one_that_is_real_makes_no_card_say_that_all_is_simulated(bench: Bench) -> None:
    asked = [await bench.ask("tom", target=f"10.20.16.{n}") for n in (114, 115)]
    real = asked[1].model_copy(update={"connector": "edge-firewall"})
    await bench.write(lambda tx: tx.requests.save(real, real.state))
    marks = [bench.read(lambda tx, ids=ids: card_of(tx, bench.desks(tx), *ids).mark) for ids in _orders(asked)]  # type: ignore[misc]
    assert marks == ["SIMULATED SITE", "REAL", "REAL", "REAL"]


def _orders(asked: list[Request]) -> list[tuple[str, ...]]:
    one, two = (request.id for request in asked)
    return [(one,), (two,), (one, two), (two, one)]
