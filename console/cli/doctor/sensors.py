"""Whether sensors can be known by their certificates: our own and its key, their authority, and the port."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from console.cli.doctor.certificates import RENEW, validity
from console.cli.doctor.lines import Line, bad, odd, well
from console.cli.doctor.services import PATIENCE_S, engine_runs
from engine.errors import InvalidInput
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.model.sign_in import SensorsSettings

MEND = "mend `sensors` in the settings: docs/settings.md says what it needs"


def sensors(settings: Settings) -> Iterator[Line]:
    """Each file, and the port where an engine runs; without the setting there is nothing to look at."""
    if settings.sensors is not None:
        yield from _told(_own, settings.sensors)
        yield from _told(_authorities, settings.sensors)
        if engine_runs(settings):
            yield from _told(_port, settings.sensors)


def _told(look: "Callable[[SensorsSettings], Iterator[Line]]", here: "SensorsSettings") -> Iterator[Line]:
    """What one look says; that one file cannot be read keeps nobody from the others."""
    try:
        yield from look(here)
    except InvalidInput as error:
        yield bad("sensors", str(error), MEND)


def _own(here: "SensorsSettings") -> Iterator[Line]:
    # Imported here, and below: it is needed only where a certificate is named.
    from console.certificates import read_certificates, read_key, require_pair

    certificate = read_certificates(Path(here.certificate))[0]
    yield validity("sensors", certificate, here.certificate)
    require_pair(certificate, read_key(Path(here.key)), here.key)
    yield well("sensors", f"`{here.key}` is its key, and its owner's alone")


def _authorities(here: "SensorsSettings") -> Iterator[Line]:
    from console.certificates import read_certificates

    for authority in read_certificates(Path(here.client_ca)):
        yield validity("sensors", authority, here.client_ca)


def _port(here: "SensorsSettings") -> Iterator[Line]:
    """Whether our certificate is shown there: the handshake tells before it asks for one of a sensor's."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from console.certificates import read_certificates

    if not here.port:
        yield odd("sensors", "at each start the port is another one", "name one in `sensors.port`, for sensors to find")
        return
    at = f"{here.host}:{here.port}"
    try:
        shown = ssl.get_server_certificate((here.host, here.port), timeout=PATIENCE_S)
    except OSError as error:
        yield bad("sensors", f"nobody speaks TLS at {at}: {error}", "start the engine anew, and read what it says")
        return
    if read_certificates(Path(here.certificate))[0].public_bytes(Encoding.DER) == ssl.PEM_cert_to_DER_cert(shown):
        yield well("sensors", f"{at} shows that certificate")
    else:
        yield odd("sensors", f"{at} shows another certificate than `{here.certificate}`", RENEW)
