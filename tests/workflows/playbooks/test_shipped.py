"""Each shipped playbook end to end on the bench: what stands at the site, what people are asked, what it never did."""

from dataclasses import replace
from datetime import timedelta

from detectors.generators import alerts
from engine.model.finding import Endpoint
from tests.bench import Bench, findings
from tests.workflows.playbooks.acting import OUTSIDE, WS_114, Played, finding

TUNNEL, BAD = "t.tunnel.example", "update-cache.example"
BLOCK, ISOLATE, SINKHOLE, CAPTURE = "network.block_ip", "host.isolate", "dns.sinkhole", "evidence.capture"
SESSIONS, DISABLE, FACTOR = "identity.revoke_sessions", "identity.disable_account", "identity.require_mfa"
PORTS, MAIL = "host.contain_ports", "mail.quarantine"
HOUR = timedelta(hours=1)
DECIDED = timedelta(minutes=2)
"""After this nobody can take a vote back any more."""


async def test_a_tunnel_through_dns_loses_its_name_at_once_and_its_host_when_people_say_so(bench: Bench) -> None:
    played = await Played.of(bench, finding(bench, "dns tunnel", "T1071.004", source=WS_114, domains=(TUNNEL,)))
    assert played.run.playbook == "dns-misuse"
    assert played.done() == {SINKHOLE: {TUNNEL}, CAPTURE: {"ws-114"}}

    await played.answer("anna", attack=True, left=True)

    assert played.done() == {SINKHOLE: {TUNNEL}, CAPTURE: {"ws-114"}, ISOLATE: {"ws-114"}}
    assert (played.run.state, played.verdict()) == ("done", "true_positive")
    assert played.told() == ["data left through DNS; find out whose it was"]


async def test_what_is_no_dns_on_its_port_has_its_far_end_blocked(bench: Bench) -> None:
    spoken = finding(bench, "command_and_control", "T1571", source=WS_114, destination=OUTSIDE, detector="dns.made-up")
    played = await Played.of(bench, spoken)
    assert played.run.playbook == "dns-misuse"
    assert [request.target for request in bench.requests(played.incident, BLOCK)] == ["203.0.113.60"]
    assert played.done() == {}  # nobody has reason to trust this detector yet: people decide


async def test_a_harmless_tunnel_gets_its_name_back_at_once(bench: Bench) -> None:
    played = await Played.of(bench, finding(bench, "dns tunnel", "T1071.004", source=WS_114, domains=(TUNNEL,)))
    await played.answer("anna", attack=False, left=False)
    assert (played.run.state, played.verdict()) == ("withdrawn", "false_positive")
    assert await bench.standing() == []
    assert ISOLATE not in played.done()


async def stuffing(bench: Bench) -> Played:
    source, users = Endpoint(ip="203.0.113.50"), ("j.baker", "m.ostrow", "t.lindgren")
    return await Played.of(bench, finding(bench, "credential stuffing", "T1110.004", source=source, users=users))


async def test_of_accounts_whose_passwords_were_tried_only_the_taken_ones_are_disabled(bench: Bench) -> None:
    played = await stuffing(bench)
    everybody = {"j.baker", "m.ostrow", "t.lindgren"}
    assert played.run.playbook == "credential-stuffing"
    assert played.done() == {BLOCK: {"203.0.113.50"}, FACTOR: everybody}

    await played.answer("anna", attack=True, taken=True)
    await played.answer("anna", account="j.baker", more=True)
    await played.later(timedelta(seconds=1))
    await played.answer("anna", account="m.ostrow", more=False)
    await played.later(timedelta(seconds=1))

    taken = {"j.baker", "m.ostrow"}
    assert played.done() == {BLOCK: {"203.0.113.50"}, FACTOR: everybody, SESSIONS: taken, DISABLE: taken}
    assert (played.run.state, played.verdict()) == ("done", "true_positive")


async def test_a_task_that_is_declined_fails_and_what_holds_goes_on_until_its_lease_ends(bench: Bench) -> None:
    played = await stuffing(bench)
    await played.decline("anna")
    assert (played.run.state, played.verdict()) == ("failed", "")
    assert BLOCK in await bench.standing()
    assert DISABLE not in played.done()


async def exfiltration(bench: Bench) -> Played:
    return await Played.of(bench, *findings(alerts.exfiltration(bench.now), bench.settings.home))


async def test_the_receiver_is_blocked_while_people_are_asked_about_the_sender(bench: Bench) -> None:
    played = await exfiltration(bench)
    assert played.run.playbook == "data-exfiltration"
    assert played.done() == {BLOCK: {"203.0.113.44"}, CAPTURE: {"files-02"}}
    assert played.ended("isolate") == "begun"

    await played.vote(ISOLATE, "approve", "anna", "samir")
    await played.answer("anna", meant=False, whose="people's", what="a list of customers")
    assert played.task().groups == ("governance",)
    await played.answer("lena", reported=True)

    assert played.done() == {BLOCK: {"203.0.113.44"}, CAPTURE: {"files-02"}, ISOLATE: {"files-02"}}
    assert (played.run.state, played.verdict()) == ("done", "true_positive")
    assert played.told() == ["personal data left; the time within which it has to be reported runs"]


async def test_where_people_say_no_the_sender_stays_and_only_its_receiver_was_blocked(bench: Bench) -> None:
    played = await exfiltration(bench)
    assert set(await bench.standing()) == {BLOCK}
    await played.vote(ISOLATE, "deny", "samir")
    await played.answer("anna", meant=False, whose="nobody's")
    await played.later(DECIDED)
    assert (played.ended("isolate"), played.run.state) == ("failed", "done")
    assert played.done() == {BLOCK: {"203.0.113.44"}, CAPTURE: {"files-02"}}


MESSAGES = ("<20261121.0007@mail.example>", "<20261121.0008@mail.example>")


async def test_each_copy_of_a_mail_goes_and_then_what_people_name(bench: Bench) -> None:
    played = await Played.of(bench, finding(bench, "phishing", "T1566.001", messages=MESSAGES, users=("m.ostrow",)))
    assert played.run.playbook == "phishing-attachment"
    assert played.done() == {MAIL: {*MESSAGES}}

    await played.answer("anna", harmful=True, opened="ws-127", password="j.baker")

    assert played.done() == {
        MAIL: {*MESSAGES}, CAPTURE: {"ws-127"}, ISOLATE: {"ws-127"}, SESSIONS: {"j.baker"}, FACTOR: {"j.baker"},
    }  # fmt: skip
    assert (played.run.state, played.verdict()) == ("done", "true_positive")


async def test_a_host_that_may_not_be_isolated_is_told_and_the_rest_goes_on(bench: Bench) -> None:
    played = await Played.of(bench, finding(bench, "phishing", messages=MESSAGES))
    await played.answer("anna", harmful=True, opened="dc-01")
    assert played.told() == ["could not be isolated: dc-01"]
    assert (played.run.state, played.verdict()) == ("done", "true_positive")
    assert ISOLATE not in played.done()


async def test_before_files_are_encrypted_the_host_is_cut_off_and_backups_are_looked_after(bench: Bench) -> None:
    hosts = ("ws-114", "ws-127")
    played = await Played.of(
        bench, finding(bench, "shadow copies deleted", "T1490", source=WS_114, hosts=hosts, users=("j.baker",))
    )
    assert played.run.playbook == "ransomware-precursor"
    at_once = {ISOLATE: {"ws-114"}, CAPTURE: {"ws-114"}, SESSIONS: {"j.baker"}, PORTS: {"ws-127"}}
    assert played.done() == at_once

    await played.answer("anna", attack=True, safe=False, encrypted=False)
    await played.answer("anna", asked="none")

    assert played.done() == at_once
    assert (played.run.state, played.verdict()) == ("done", "true_positive")
    assert played.told() == [
        "signs of encryption to come on ws-114",
        "backups are not safe, or files are encrypted already",
    ]


async def test_a_host_that_stays_connected_has_its_ports_closed_and_silence_is_no_answer(bench: Bench) -> None:
    server = Endpoint(ip="10.20.4.16", host="files-01")
    played = await Played.of(bench, finding(bench, "ransomware", "T1486", source=server))
    await played.vote(ISOLATE, "deny", "anna")
    await played.later(DECIDED)
    assert (played.ended("isolate"), played.ended("instead")) == ("failed", "done")
    assert played.done()[PORTS] == {"files-01"}

    await played.later(timedelta(minutes=30))

    assert (played.run.state, played.verdict()) == ("done", "")
    assert played.told()[-1] == "nobody has looked after the backups"
    assert ISOLATE not in played.done()


async def takeover(bench: Bench) -> Played:
    return await Played.of(bench, *findings(alerts.account_compromise(bench.now), bench.settings.home))


async def test_an_administrators_account_is_put_out_at_once_and_disabled_when_two_people_say_so(bench: Bench) -> None:
    played = await takeover(bench)
    wolf = {"adm-k.wolf"}
    assert played.run.playbook == "privileged-account-compromise"
    assert played.done() == {CAPTURE: wolf, SESSIONS: wolf, FACTOR: wolf, BLOCK: {"203.0.113.9"}}

    await played.vote(DISABLE, "approve", "anna", "lena")
    await played.answer("lena", owner=False, changed=True)
    await played.answer("lena", left="nothing")

    assert played.done()[DISABLE] == wolf
    assert (played.run.state, played.verdict()) == ("done", "true_positive")
    assert played.told() == ["an intruder has changed accounts, groups, keys or sign-in rules"]


async def test_an_administrators_account_about_which_nobody_answers_is_not_disabled(bench: Bench) -> None:
    played = await takeover(bench)
    await played.later(timedelta(seconds=6))
    await played.later(HOUR)
    assert (played.ended("disable"), played.ended("look"), played.run.state) == ("failed", "failed", "done")
    assert played.told() == ["nobody has looked at a privileged account that may be taken"]
    assert (played.verdict(), DISABLE in played.done()) == ("", False)


async def test_a_bad_name_is_denied_and_only_the_pair_that_was_seen_is_cut(bench: Bench) -> None:
    seen = finding(bench, "malicious domain", "T1071.001", source=WS_114, destination=OUTSIDE, domains=(BAD,))
    played = await Played.of(bench, seen)
    assert played.run.playbook == "malicious-domain"
    [block] = bench.requests(played.incident, BLOCK)
    assert (block.target, block.params["host"], block.params["port"]) == ("203.0.113.60", "10.20.16.114", 443)

    await played.answer("anna", malicious=True, running=True, others=3)

    assert played.done() == {
        SINKHOLE: {BAD}, BLOCK: {"203.0.113.60"}, CAPTURE: {"ws-114"}, ISOLATE: {"ws-114"},
    }  # fmt: skip
    assert (played.run.state, played.verdict()) == ("done", "true_positive")
    assert played.told() == ["other hosts asked for the domain as well; hunt for what asked"]


async def test_without_a_resolver_the_pair_is_cut_all_the_same(bench: Bench) -> None:
    routes = {action: where for action, where in bench.desk.routes.items() if action == BLOCK}
    bench.parts = replace(bench.parts, desk=replace(bench.desk, routes=routes))
    seen = finding(bench, "malicious domain", "T1071.001", source=WS_114, destination=OUTSIDE, domains=(BAD,))
    played = await Played.of(bench, seen)
    await played.answer("anna", malicious=True, running=True)
    assert played.done() == {BLOCK: {"203.0.113.60"}}
    assert (played.run.state, played.verdict()) == ("done", "true_positive")
    assert {entry.body["action"] for entry in bench.entries("step.unroutable")} >= {SINKHOLE, ISOLATE, "notify"}


async def test_every_visit_of_a_playbook_began_and_ended_in_the_ledger(bench: Bench) -> None:
    played = await takeover(bench)
    await played.answer("lena", owner=True, changed=False)
    assert (played.run.state, played.verdict()) == ("withdrawn", "false_positive")
    begun = {(entry.subject, entry.body["path"]) for entry in bench.entries("step.begun")}
    over = [entry for kind in ("done", "failed", "skipped") for entry in bench.entries(f"step.{kind}")]
    assert begun <= {(entry.subject, entry.body["path"]) for entry in over}
    assert await bench.standing() == []


async def test_a_second_finding_of_the_incident_asks_for_nothing_again(bench: Bench) -> None:
    first = finding(bench, "dns tunnel", "T1071.004", source=WS_114, domains=(TUNNEL,))
    played = await Played.of(bench, first)
    before = len(bench.read(lambda tx: tx.requests.of(played.incident)))
    await bench.feed(first.model_copy(update={"id": "F-2"}))
    await played.go()
    assert len(bench.read(lambda tx: tx.requests.of(played.incident))) == before
    assert played.task().path == "cut/branch[people]/look"
