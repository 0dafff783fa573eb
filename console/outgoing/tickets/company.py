"""What runs beside an engine for its ticket systems: a clerk for each, which is begun again where it ends."""

from collections.abc import Callable, Coroutine
from datetime import datetime

from console.beside import unending
from console.outgoing.tickets.clerk import Clerk
from console.outgoing.tickets.system import System
from engine.control.desks import Desks
from engine.settings import Settings
from engine.store.store import Store


def ticket_company(
    store: Store, desks: Desks, settings: Settings, clock: Callable[[], datetime], *, site: str
) -> list[Coroutine[object, object, None]]:
    """Everything to be run for the ticket systems of a site."""
    simulated = settings.page_simulated
    clerks = [Clerk(store, desks, System(one), clock, site=site, simulated=simulated) for one in settings.tickets]
    return [unending(clerk.run) for clerk in clerks]
