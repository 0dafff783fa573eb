"""What the engine itself lives on, which nobody may touch: read off its live settings, its host and its people.

Rules: 1. Whatever a setting names as needed is on the list: Temporal, the database, telemetry, the API. 2. So is what
this host needs to reach anything: its own addresses, its resolvers and default gateways. 3. So are the directory
accounts of everybody who may approve or administer, and where the operator who started it is signed in from. 4. On a
simulated site this host lives on nothing that could be touched there, so rule 2 and the operator are left out.
"""

import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

from engine.context.places import place
from engine.hosts import database_hosts, host_in, host_of
from engine.model.chat import AnyRoom, TeamsSettings
from engine.model.principal import Principal, Role
from engine.model.siem import CollectorSettings, Receiver, SyslogTlsSettings
from engine.settings import Settings

RESOLVERS = Path("/etc/resolv.conf")
ROUTES = Path("/proc/net/route")
ADDRESSES = Path("/proc/net/fib_trie")
ADDRESSES6 = Path("/proc/net/if_inet6")
DECIDING = frozenset({Role.APPROVER, Role.ADMIN})
_DEFAULT = "00000000"
"""A default route's destination in the kernel's table, whose addresses are in the byte order of this host."""


def lifelines(settings: Settings, people: Iterable[Principal]) -> Mapping[str, str]:
    """Host name, address or account -> why it is untouchable, by rules 1 and 3."""
    return dict((*_settings(settings), *_people(people)))


def named_hosts(settings: Settings) -> Mapping[str, str]:
    """What of rule 1 is a name, and stands for addresses that are untouchable like it."""
    return {host: why for host, why in _settings(settings) if host and place(host) is None}


def host_lifelines(
    resolvers: Path = RESOLVERS,
    routes: Path = ROUTES,
    connection: str | None = None,
    addresses: tuple[Path, Path] = (ADDRESSES, ADDRESSES6),
) -> Mapping[str, str]:
    """Address -> why it is untouchable, by rule 2 and where the operator is; `connection` is as sshd tells it."""
    signed_in = os.environ.get("SSH_CONNECTION", "") if connection is None else connection
    return dict(
        (
            *_operator(signed_in),
            *((address, "this engine's own address") for address in _own_addresses(*addresses)),
            *((address, "the gateway this engine is behind") for address in _gateways(routes)),
            *((address, "the resolver this engine asks") for address in _resolvers(resolvers)),
        )
    )


def _settings(settings: Settings) -> Iterator[tuple[str, str]]:
    yield settings.api_host, "the engine's own API"
    needed = {
        "Temporal": settings.temporal_address,
        "its telemetry": settings.otlp_endpoint,
        "where secrets are kept": os.environ.get("VAULT_ADDR"),
    }
    yield from ((host_in(address), why) for why, address in needed.items() if address)
    yield from ((host, "the engine's database") for host in database_hosts(settings.database_url))
    if settings.otlp_endpoint:
        yield host_in(settings.otlp_endpoint), "its telemetry"
    if vault := os.environ.get("VAULT_ADDR"):
        yield host_in(vault), "where secrets are kept"
    if settings.oidc is not None:
        yield host_in(settings.oidc.issuer), "the identity provider that people sign in with"
    for channel in settings.channels:
        if host_of(channel):
            yield host_of(channel), f"the channel {channel.name}, by which people are reached"
    for room in settings.rooms:
        yield from ((host_in(url), f"the chat room {room.name}, in which people decide") for url in _urls(room))
    yield from _house(settings)


def _urls(room: AnyRoom) -> Sequence[str]:
    """Whatever a room needs."""
    if isinstance(room, TeamsSettings):
        return room.service_url, room.login_url, room.keys_url
    return (room.url,)


def _house(settings: Settings) -> Iterator[tuple[str, str]]:
    """Other systems that hear of what happens."""
    for receiver in settings.siem:
        if _host(receiver):
            yield _host(receiver), f"the receiver {receiver.name}, which hears of everything"
    for system in settings.tickets:
        yield host_in(system.url), f"the ticket system {system.name}"


def _host(receiver: Receiver) -> str:
    match receiver:
        case CollectorSettings(url=url):
            return host_in(url)
        case SyslogTlsSettings(host=host):
            return host
        case _:
            return ""


def _people(people: Iterable[Principal]) -> Iterator[tuple[str, str]]:
    for person in people:
        if DECIDING & set(person.roles) and not person.bot:
            yield from ((account, f"the account of {person.id}, who approves") for account in person.accounts)


def _own_addresses(trie: Path, inet6: Path) -> list[str]:
    """Those of every interface, as the kernel has them, and whatever this host's name stands for."""
    found = {str(IPv6Address(int(line.split()[0], 16))) for line in _lines(inet6)}
    lines = [line.split() for line in _lines(trie)]
    found |= {at[1] for at, kind in zip(lines, lines[1:], strict=False) if kind == ["/32", "host", "LOCAL"]}
    with suppress(OSError):
        found |= {str(one[4][0]).partition("%")[0] for one in socket.getaddrinfo(socket.gethostname(), None)}
    return sorted(found)


def _resolvers(file: Path) -> list[str]:
    lines = [line.split() for line in _lines(file)]
    return [words[1].partition("%")[0] for words in lines if len(words) > 1 and words[0] == "nameserver"]


def _gateways(file: Path) -> list[str]:
    rows = [line.split() for line in _lines(file)[1:]]
    hexed = [row[2] for row in rows if len(row) > 2 and row[1] == _DEFAULT and row[2] != _DEFAULT]
    return [str(IPv4Address(int.from_bytes(bytes.fromhex(one), "little"))) for one in hexed]


def _operator(connection: str) -> Iterator[tuple[str, str]]:
    """Where the person who started it is signed in from, as sshd tells."""
    if connection:
        yield connection.split()[0], "where this engine is operated from"


def _lines(file: Path) -> list[str]:
    """What this host has no such file for, it has to be told by the context."""
    with suppress(OSError):
        return file.read_text(errors="replace").splitlines()
    return []
