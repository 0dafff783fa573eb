"""One ticket an incident follows it from its opening to its end, whatever is killed, refused or away in between."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from console.outgoing.tickets.clerk import Clerk
from console.outgoing.tickets.system import System
from engine.control.doors import extend_lease
from engine.control.moves import note
from engine.control.ticketing import references
from engine.control.verdicts import release_by_hand
from engine.errors import StoreUnavailable
from engine.model.ticket import JiraSettings, ServiceNowSettings, TicketSettings
from tests.bench import Bench
from tests.console.outgoing.tickets.emulators import PASSWORD, USER, Tickets, jira, servicenow, serving
from tests.engine.store.samples import finding

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
EVERY = ("jira", "servicenow")
Made = Callable[..., Clerk]


@contextmanager
def kept(kind: str) -> Iterator[tuple[Tickets, TicketSettings]]:
    """A ticket system of this kind, and the settings for it."""
    with serving({"jira": jira, "servicenow": servicenow}[kind]) as tickets:
        yield tickets, settings(kind, tickets)


def settings(kind: str, tickets: Tickets) -> TicketSettings:
    given = {"kind": kind, "name": "desk", "url": tickets.url, "user": USER}
    if kind == "jira":
        more = {"token": "env:TICKET_PASSWORD", "project": "SEC", "transition": "31"}
        return JiraSettings.model_validate({**given, **more})
    return ServiceNowSettings.model_validate({**given, "password": "env:TICKET_PASSWORD"})


@pytest.fixture
async def clerk(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Made]:
    """Clerks that follow what happens from now on."""
    monkeypatch.setenv("TICKET_PASSWORD", PASSWORD)
    newest = bench.read(lambda tx: tx.read_until.newest())
    await bench.write(lambda tx: tx.read_until.put("tickets/desk", newest))

    def make(given: JiraSettings | ServiceNowSettings, simulated: bool = True) -> Clerk:
        return Clerk(bench.store, bench.desks, System(given), lambda: bench.now, site="ab12", simulated=simulated)

    yield make


async def asked(bench: Bench) -> str:
    """An incident in which somebody had an address blocked; its id."""
    request = await bench.ask()
    await bench.respond(request.incident_id)
    return request.incident_id


async def over(bench: Bench, incident: str) -> None:
    """What it did is released, and the incident closed."""
    [lease] = bench.read(lambda tx: tx.leases.live())
    await bench.write(lambda tx: release_by_hand(tx, bench.desk, bench.person("tom"), lease.id, "over", bench.now))
    await bench.carry(lease.key)
    await bench.later(2 * HOUR)
    await bench.respond(incident)
    assert len(bench.entries("incident.closed")) == 1


def told(tickets: Tickets) -> list[str]:
    [lines] = tickets.said.values()
    return lines


@pytest.mark.parametrize("kind", EVERY)
async def test_a_ticket_follows_its_incident_from_its_opening_to_its_end(bench: Bench, clerk: Made, kind: str) -> None:
    with kept(kind) as (tickets, given):
        incident = await asked(bench)
        await clerk(given).follow()
        await over(bench, incident)
        await clerk(given).follow()
        again = [*tickets.calls]
        await clerk(given).follow()
    assert (len(tickets.held), len(tickets.closed), tickets.calls) == (1, 1, again)
    said = "\n".join(told(tickets))
    for words in ("asked for by tom", "EXECUTED AND VERIFIED", "RELEASED", "the incident is closed"):
        assert said.count(words) == 1
    assert "network.block_ip on 203.0.113.7" in said
    [reference] = bench.read(lambda tx: references(tx, incident))
    label = {"jira": "SEC-1", "servicenow": "INC0010001"}[kind]
    assert reference == {"system": "desk", "ticket": label, "closed": True}


@pytest.mark.parametrize("kind", EVERY)
async def test_killed_between_opening_and_writing_it_down_it_is_found_again(
    bench: Bench, clerk: Made, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept(kind) as (tickets, given):
        await asked(bench)
        with monkeypatch.context() as killed:

            async def dies(*_: object) -> None:
                raise SystemExit

            killed.setattr(bench.store, "write", dies)
            with pytest.raises(SystemExit):
                await clerk(given).follow()
        await clerk(given).follow()
    assert len(tickets.held) == 1
    assert "\n".join(told(tickets)).count("EXECUTED AND VERIFIED") == 1


@pytest.mark.parametrize("kind", EVERY)
async def test_one_that_answers_an_error_after_having_opened_it_opens_no_second(
    bench: Bench, clerk: Made, kind: str
) -> None:
    opening = {"jira": "POST /rest/api/3/issue", "servicenow": "POST /api/now/table/incident"}[kind]
    with kept(kind) as (tickets, given):
        tickets.troubles[opening] = [-502]
        await asked(bench)
        served = clerk(given)
        await served.follow()
        bench.now += SECOND
        await served.follow()
    assert (len(tickets.held), len(bench.entries("ticket.opened"))) == (1, 1)


async def test_killed_between_two_incidents_the_first_is_not_told_again(
    bench: Bench, clerk: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept("jira") as (tickets, given):
        await asked(bench)
        await bench.ask(target="203.0.113.8")
        tickets.troubles["search"] = [0, 503]
        served = clerk(given)
        await served.follow()
        assert len(tickets.held) == 1
        bench.now += SECOND
        await served.follow()
    assert [len([line for line in lines if "asked for by" in line]) for lines in tickets.said.values()] == [1, 1]


async def test_one_that_is_away_or_does_not_let_us_in_gets_everything_later(bench: Bench, clerk: Made) -> None:
    with kept("jira") as (tickets, given):
        incident = await asked(bench)
        served, counts = clerk(given), []
        for status in (503, 401, 429):
            tickets.troubles[""] = [status]
            await served.follow()
            counts.append(len(tickets.held))
            bench.now += HOUR
        await served.follow()
    assert (counts, len(tickets.held), bench.entries("ticket.refused")) == ([0, 0, 0], 1, [])
    assert incident in told(tickets)[0]


async def test_what_is_refused_is_recorded_and_keeps_no_other_incident_back(bench: Bench, clerk: Made) -> None:
    with kept("jira") as (tickets, given):
        tickets.troubles["POST /rest/api/3/issue"] = [400]
        first = await asked(bench)
        await bench.ask(target="203.0.113.8")
        await clerk(given).follow()
        assert len(tickets.held) == 1
        [refused] = bench.entries("ticket.refused")
        assert (refused.subject, refused.body["system"]) == (f"incident/{first}", "desk")
        # What happens next there is another try.
        [lease] = bench.read(lambda tx: tx.leases.live())
        await bench.write(lambda tx: extend_lease(tx, bench.person("tom"), lease.id, SECOND, "more", bench.now))
        await clerk(given).follow()
    assert len(tickets.held) == 2


async def test_a_search_that_is_refused_is_no_word_about_the_ticket_and_everything_waits(
    bench: Bench, clerk: Made
) -> None:
    with kept("jira") as (tickets, given):
        tickets.troubles["POST /rest/api/3/search/jql"] = [404, 400]
        await asked(bench)
        served = clerk(given)
        for _ in range(3):
            await served.follow()
            bench.now += HOUR
    assert (len(tickets.held), bench.entries("ticket.refused")) == (1, [])


async def test_a_ticket_is_closed_although_the_last_comment_was_refused(bench: Bench, clerk: Made) -> None:
    with kept("jira") as (tickets, given):
        incident = await asked(bench)
        await clerk(given).follow()
        [name] = tickets.held
        tickets.troubles[f"POST /rest/api/3/issue/{name}/comment"] = [400]
        await over(bench, incident)
        await clerk(given).follow()
    assert (len(tickets.closed), len(bench.entries("ticket.refused")), len(bench.entries("ticket.closed"))) == (1, 1, 1)


async def test_a_ticket_that_somebody_deleted_is_not_opened_anew(bench: Bench, clerk: Made) -> None:
    with kept("servicenow") as (tickets, given):
        incident = await asked(bench)
        await clerk(given).follow()
        tickets.held.clear()
        await over(bench, incident)
        await clerk(given).follow()
    assert (tickets.held, len(bench.entries("ticket.refused"))) == ({}, 1)


@pytest.mark.parametrize("kind", EVERY)
async def test_text_of_a_finding_is_data_and_never_structure(bench: Bench, clerk: Made, kind: str) -> None:
    hostile = '"}} , {key} {ticket} [x](http://evil.example) <script> \n@all \u202e' + "x" * 5000
    with kept(kind) as (tickets, given):
        await bench.feed(finding("F-1", time=bench.now, title=hostile))
        await clerk(given).follow()
    bodies = "\n".join(tickets.bodies)
    assert len(tickets.held) == 1
    assert [bad for bad in ("<script>", "@all", "\u202e", "http://evil", "\\u202e") if bad in bodies] == []
    assert "{key} {ticket}" in bodies
    assert all(len(line) < 600 for line in told(tickets))


async def test_what_is_simulated_stays_here_unless_the_site_wants_it(bench: Bench, clerk: Made) -> None:
    with kept("jira") as (tickets, given):
        await asked(bench)
        await clerk(given, simulated=False).follow()
    assert tickets.calls == []


async def test_a_storm_is_told_by_its_number(bench: Bench, clerk: Made) -> None:
    with kept("jira") as (tickets, given):
        incident = await asked(bench)
        for _ in range(200):
            body = {"kind": "test", "reason": "again"}
            await bench.write(lambda tx, b=body: note(tx, f"incident/{incident}", "incident.verdict", bench.now, b))  # type: ignore[misc]
        await clerk(given).follow()
    assert len(told(tickets)) < 70
    assert any("lines before these" in line for line in told(tickets))


async def test_while_the_database_is_away_nothing_is_lost(
    bench: Bench, clerk: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept("jira") as (tickets, given):
        await asked(bench)
        with monkeypatch.context() as gone:

            async def away(*_: object) -> None:
                raise StoreUnavailable("full")

            gone.setattr(bench.store, "read", away)
            with pytest.raises(StoreUnavailable):
                await clerk(given).follow()
        await clerk(given).follow()
    assert len(tickets.held) == 1


async def test_the_password_is_in_no_entry_and_no_log(
    bench: Bench, clerk: Made, caplog: pytest.LogCaptureFixture
) -> None:
    with kept("jira") as (tickets, given):
        tickets.troubles[""] = [401]
        await asked(bench)
        served = clerk(given)
        await served.follow()
        bench.now += HOUR
        tickets.troubles["POST /rest/api/3/issue"] = [400]
        await served.follow()
    written = [entry.model_dump_json() for entry in bench.entries("ticket.refused")]
    assert (len(written), [text for text in (*written, caplog.text) if PASSWORD in text]) == (1, [])
