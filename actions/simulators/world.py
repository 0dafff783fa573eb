"""The place the simulated site stands for: its context file, and what has happened to it since."""

from collections.abc import Iterable
from functools import reduce
from ipaddress import ip_address

from actions.simulators.events import Event, Op
from actions.simulators.ground import Ground
from engine.context.file import ContextFile
from engine.context.places import above, spelling
from engine.errors import NotFound
from engine.model.base import Model
from engine.model.context import Asset, Identity
from engine.ports import Address


class End(Model):
    """One end of traffic: an address, and the host behind it if one is known."""

    host: str = ""
    address: Address

    def is_called(self, name_or_address: str) -> bool:
        """Whether this is what somebody means by that name or address."""
        return spelling(name_or_address) in (spelling(self.host), str(self.address))


class World:
    """Assets, accounts and messages as they are now; read anew whenever an event has changed them."""

    def __init__(self, file: ContextFile, ground: Ground) -> None:
        """`file` is the place before the first event."""
        self._known = (0, file)
        self._ground = ground

    def file(self) -> ContextFile:
        """The place as it is now."""
        events = self._ground.state().world
        seen, file = self._known
        if len(events) > seen:
            file = after(file, events[seen:])
            self._known = (len(events), file)
        return file

    def has_host(self, name: str) -> bool:
        """Whether there is a host of this name."""
        return _asset(self.file(), name) is not None

    def has_host_under(self, domain: str) -> bool:
        """Whether a host has this name, or one under this domain."""
        names = (spelling(asset.name) for asset in self.file().assets)
        return any(spelling(domain) in (name, *above(name)) for name in names)

    def has_message(self, message_id: str) -> bool:
        """Whether a message of this id was delivered."""
        return any(message.id == message_id for message in self.file().messages)

    def enabled(self, account: str) -> bool | None:
        """How administrators left this account; None if there is none."""
        found = next((one for one in self.file().identities if spelling(one.name) == spelling(account)), None)
        return found.enabled if found else None

    def ends(self, name_or_address: str) -> list[End]:
        """Every address a host has, or the one that is named; raises `NotFound` for a name nobody has."""
        asset = _asset(self.file(), name_or_address)
        if asset:
            return [End(host=asset.name, address=ip_address(address)) for address in asset.addresses]
        try:
            address = ip_address(spelling(name_or_address))
        except ValueError:
            raise NotFound(f"no host `{name_or_address}` at the site") from None
        behind = next((asset.name for asset in self.file().assets if str(address) in _spelled(asset.addresses)), "")
        return [End(host=behind, address=address)]


def after(file: ContextFile, events: Iterable[Event]) -> ContextFile:
    """The place after these events."""
    return reduce(_after, events, file)


def _after(file: ContextFile, event: Event) -> ContextFile:
    match event.op:
        case Op.JOB_MOVED:
            return file.with_job_moved(event.target, str(event.details["to"]), event.at)
        case Op.REIMAGED:
            return _with_fingerprint(file, event.target, str(event.details["fingerprint"]))
        case Op.ADDRESS_LEASED:
            return _with_lease(file, event.target, str(event.details["to"]))
        case Op.ACCOUNT_ENABLED | Op.ACCOUNT_DISABLED:
            return _with_account(file, event.target, event.op is Op.ACCOUNT_ENABLED)
    return file


def _with_fingerprint(file: ContextFile, host: str, fingerprint: str) -> ContextFile:
    assets = (
        asset.model_copy(update={"fingerprint": fingerprint}) if spelling(asset.name) == spelling(host) else asset
        for asset in file.assets
    )
    return file.model_copy(update={"assets": tuple(assets)})


def _with_lease(file: ContextFile, address: str, to: str) -> ContextFile:
    """The address goes from whoever had it to the host `to`, which may be new and of which then nothing is known."""
    known = file.assets if _asset(file, to) else (*file.assets, Asset(name=to, fingerprint=f"leased:{to}"))
    return file.model_copy(update={"assets": tuple(_releasing(asset, address, to) for asset in known)})


def _releasing(asset: Asset, address: str, to: str) -> Asset:
    kept = tuple(one for one in asset.addresses if spelling(one) != spelling(address))
    gained = (address,) if spelling(asset.name) == spelling(to) else ()
    return asset.model_copy(update={"addresses": (*kept, *gained)})


def _with_account(file: ContextFile, account: str, enabled: bool) -> ContextFile:
    def changed(identity: Identity) -> Identity:
        same = spelling(identity.name) == spelling(account)
        return identity.model_copy(update={"enabled": enabled}) if same else identity

    return file.model_copy(update={"identities": tuple(map(changed, file.identities))})


def _asset(file: ContextFile, name: str) -> Asset | None:
    return next((asset for asset in file.assets if spelling(asset.name) == spelling(name)), None)


def _spelled(addresses: Iterable[str]) -> set[str]:
    return {spelling(address) for address in addresses}
