"""The way to Temporal: in the clear where nothing else is set, else by TLS, with what the cluster knows us by.

Rules: 1. A key leaves by TLS alone: where one is set nothing is spoken in the clear. 2. Nobody is waited for
without end. 3. What is wrong is said with the file or reference it comes from, and without a secret.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode, TLSConfig

from console.certificates import read_certificates, require_pair
from engine.errors import InvalidInput, SecretAway, ServiceAway
from engine.secrets import fetch
from engine.settings import Settings
from workflows.plugin import FirelinePlugin

LOG = logging.getLogger("fireline")
WITHIN_S = 30.0
"""How long a start waits: as long as for a Temporal of our own."""
KEY_EVERY_S = 60.0
"""How often it is looked whether the key was changed."""
NOT_TAKEN = "it does not take us: look at the key or certificate"
TOLD = {
    "dns error": "its name has no address",
    "Connection refused": "connection refused",
    "UnknownIssuer": "its certificate is signed by nobody whom `temporal_tls` trusts",
    "NotValidForName": "its certificate is for another name: `server_name` in `temporal_tls` says which is expected",
    "InvalidCertificate": "its certificate is not good",
    "InvalidContentType": "it speaks no TLS",
    "code: Unauthenticated": NOT_TAKEN,
    "code: PermissionDenied": NOT_TAKEN,
    "hyper::Error": "it ends the conversation: it may speak TLS alone, or want a certificate, or another one",
}
"""What the bridge's words for a failure mean, the first that is found in them."""
REFUSED = frozenset({RPCStatusCode.UNAUTHENTICATED, RPCStatusCode.PERMISSION_DENIED})


async def connect(settings: Settings, address: str, *, traced: bool = False, within_s: float = WITHIN_S) -> Client:
    """A client of the Temporal there, which answers and has our namespace.

    Raises `ServiceAway` where it does not answer or does not take us, `InvalidInput` where it has no such namespace, or
    where the settings cannot be used.
    """
    try:
        tls, key = await _tls(settings), await _key(settings)
    except SecretAway as error:
        raise ServiceAway(str(error)) from error
    try:
        async with asyncio.timeout(within_s):
            client = await Client.connect(
                address,
                namespace=settings.temporal_namespace,
                plugins=[FirelinePlugin(traced=traced)],
                tls=tls,
                api_key=key,
            )
            await client.workflow_service.describe_namespace(
                DescribeNamespaceRequest(namespace=settings.temporal_namespace)
            )
    except TimeoutError:
        raise ServiceAway(f"Temporal at `{address}` does not answer within {within_s:g} s") from None
    except RPCError as error:
        raise _refusal(settings, address, error) from error
    except ValueError as error:
        raise InvalidInput(f"`{address}` is no address: {error}") from error
    except RuntimeError as error:
        # The bridge raises it where it cannot connect.
        raise ServiceAway(f"Temporal at `{address}` cannot be spoken to: {_why(str(error))}") from error
    return client


async def keep_key(client: Client, settings: Settings) -> None:
    """Have the cluster know us by the key as it stands by now; where it cannot be read, by the one of before."""
    while True:
        await asyncio.sleep(KEY_EVERY_S)
        try:
            key = await _key(settings)
        except InvalidInput as error:
            LOG.warning("the key for Temporal stays as it was: %s", error)
            continue
        if key != client.api_key:
            client.api_key = key


def _why(said: str) -> str:
    return next((words for mark, words in TOLD.items() if mark in said), said)


def _refusal(settings: Settings, address: str, error: RPCError) -> InvalidInput | ServiceAway:
    if error.status == RPCStatusCode.NOT_FOUND:
        name = settings.temporal_namespace
        return InvalidInput(
            f"Temporal at `{address}` has no namespace `{name}`: make it there, or name another in `temporal_namespace`"
        )
    if error.status in REFUSED:
        return ServiceAway(f"Temporal at `{address}` cannot be spoken to: {NOT_TAKEN}")
    return ServiceAway(f"Temporal at `{address}` does not answer: {error.message}")


async def _key(settings: Settings) -> str | None:
    return None if settings.temporal_api_key is None else await fetch(settings.temporal_api_key)


async def _tls(settings: Settings) -> TLSConfig | bool:
    """Rule 1."""
    given = settings.temporal_tls
    if given is None:
        return settings.temporal_api_key is not None
    ca = None if given.ca is None else _pem(read_certificates(Path(given.ca)))
    if given.certificate is None or given.key is None:
        return TLSConfig(server_root_ca_cert=ca, domain=given.server_name)
    chain, key = read_certificates(Path(given.certificate)), (await fetch(given.key)).encode()
    require_pair(chain[0], key, given.key)
    return TLSConfig(server_root_ca_cert=ca, domain=given.server_name, client_cert=_pem(chain), client_private_key=key)


def _pem(certificates: Sequence[Certificate]) -> bytes:
    """What the bridge reads; of a file that holds no certificates it would say less than we do."""
    return b"".join(one.public_bytes(Encoding.PEM) for one in certificates)
