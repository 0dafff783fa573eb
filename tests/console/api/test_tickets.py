"""An incident is shown with its tickets, as people know them."""

from engine.control.ticketing import Ticket, closed, opened
from tests.bench import Bench
from tests.console.api.conftest import Api


async def test_an_incident_names_its_tickets_and_whether_they_are_closed(api: Api, bench: Bench) -> None:
    incident = (await bench.ask()).incident_id
    assert (await api.get(f"/incidents/{incident}")).json()["tickets"] == []
    ticket = Ticket("0a1b", "INC0010001")
    await bench.write(lambda tx: opened(tx, "servicenow", incident, ticket, bench.now))
    await bench.write(lambda tx: opened(tx, "jira", incident, Ticket("SEC-1", "SEC-1"), bench.now))
    await bench.write(lambda tx: closed(tx, "servicenow", incident, ticket, bench.now))
    assert (await api.get(f"/incidents/{incident}")).json()["tickets"] == [
        {"system": "jira", "ticket": "SEC-1", "closed": False},
        {"system": "servicenow", "ticket": "INC0010001", "closed": True},
    ]
