"""What runs beside an engine for its receivers of events: a forwarder for each.

Whatever is wrong here, the engine goes on: what ended is begun again.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime

from console.beside import unending
from console.outgoing.siem.collector import Collector
from console.outgoing.siem.file import EventFile
from console.outgoing.siem.forwarder import Forwarder
from console.outgoing.siem.port import Receiver
from console.outgoing.siem.syslog import SyslogTls
from engine.control.desks import Desks
from engine.model.siem import CollectorSettings, EventFileSettings, ReceiverSettings, SyslogTlsSettings
from engine.settings import Settings
from engine.store.store import Store


def receiver(settings: ReceiverSettings) -> Receiver:
    """The receiver that these settings describe."""
    match settings:
        case EventFileSettings():
            return EventFile(settings)
        case CollectorSettings():
            return Collector(settings)
        case SyslogTlsSettings():
            return SyslogTls(settings)
    raise TypeError(f"no receiver is made of {type(settings).__name__}")


def siem_company(
    store: Store, desks: Desks, settings: Settings, clock: Callable[[], datetime], *, site: str
) -> list[Coroutine[object, object, None]]:
    """Everything to be run for the receivers of a site."""
    simulated = settings.page_simulated
    made = [Forwarder(store, desks, receiver(one), clock, site=site, simulated=simulated).run for one in settings.siem]
    return [unending(run) for run in made]
