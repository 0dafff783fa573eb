"""What of the world this engine reaches: the simulated site, real connectors, or both side by side.

Rules: 1. Without any connector configured there is the simulated site, and everything says so. 2. A real connector
takes over the actions it can do; the others stay where they are. 3. Each connector is real or simulated for good, and
the commit token says which was meant (I12).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from console.cli.extensions import actions
from console.cli.simulation import SITE, open_site
from console.clock import now
from engine.hands import Hands
from engine.model.action import Executor, Params
from engine.model.connector import NftablesSettings
from engine.ports import Action, Connector
from engine.settings import Settings
from engine.token import TokenVerifier
from engine.undo_sheet import ByHand

if TYPE_CHECKING:
    from actions.connectors.nftables.connector import NftablesConnector
    from actions.connectors.packets import PacketEvidence
    from actions.simulators.site import Site
    from actions.vault import Vault
    from console.retention import Forget


@dataclass(frozen=True)
class Zone:
    """Connectors by instance, and the actions bound to each."""

    site: "Site | None"
    connectors: Mapping[str, Connector]
    bound: Mapping[tuple[str, str], Action[Params]]
    self_expiring: Mapping[str, timedelta]
    by_hand: Mapping[str, ByHand]
    forget: "Forget"
    """What drops evidence beyond its retention, of each place that keeps any."""

    @property
    def routes(self) -> dict[str, str]:
        """The instance each action goes through (rule 2): real ones come last and win."""
        order = sorted(self.bound, key=lambda key: self.connectors[key[0]].executor is Executor.REAL)
        return {action: instance for instance, action in order}

    @property
    def executors(self) -> dict[str, Executor]:
        """Which connectors touch the real world."""
        return {instance: connector.executor for instance, connector in self.connectors.items()}

    @property
    def simulated(self) -> bool:
        """Whether nothing real is reached."""
        return Executor.REAL not in self.executors.values()

    def hands(self, verifier: TokenVerifier) -> dict[str, Hands]:
        """What carries out work, by connector."""
        from actions.probes.prober import Probes

        hands = Hands(self.bound, self.connectors, verifier, now, Probes())
        return dict.fromkeys(self.connectors, hands)


def open_zone(settings: Settings) -> Zone:
    """Everything the settings name."""
    from actions.connectors.nftables.by_hand import by_hand
    from actions.ports import Ports
    from actions.registry import bind

    brought = actions(settings)
    connectors: dict[str, Connector] = {}
    bound: dict[tuple[str, str], Action[Params]] = {}
    site = open_site(settings) if settings.site or not settings.connectors else None
    if site is not None:
        connectors[SITE] = site
        bound |= bind(SITE, site.ports, brought)
    vault = open_vault(settings) if any(given.capture for given in settings.connectors) else None
    for given in settings.connectors:
        firewall = _firewall(given)
        connectors[given.instance] = firewall
        bound |= bind(given.instance, Ports(firewall=firewall, evidence=_evidence(vault, given)), brought)
    expiring = {given.instance: given.grace for given in settings.connectors}
    steps = {given.instance: by_hand(given.table, given.namespace) for given in settings.connectors}
    vaults = [found for found in (site.vault if site else None, vault) if found is not None]
    return Zone(site, connectors, bound, expiring, steps, tuple(found.forget for found in vaults))


def open_vault(settings: Settings) -> "Vault":
    """Where what real connectors take down is kept."""
    from actions.vault import Vault

    return Vault(settings.home / "evidence", now)


def _evidence(vault: "Vault | None", given: NftablesSettings) -> "PacketEvidence | None":
    from actions.connectors.packets import PacketEvidence

    return None if vault is None or given.capture is None else PacketEvidence(given.capture, vault, now)


def _firewall(given: NftablesSettings) -> "NftablesConnector":
    from actions.connectors.nftables.commands import Commands
    from actions.connectors.nftables.connector import NftablesConnector
    from actions.connectors.nftables.nft import Nft
    from actions.connectors.nftables.probe import ConnectProbe

    nft, commands = Nft(given.table, given.namespace), Commands(given.commands, given.namespace)
    if given.probe is None:
        return NftablesConnector(given.instance, nft, now, grace=given.grace, commands=commands)
    probe, within = ConnectProbe(given.probe.port, given.probe.namespace), given.probe.timeout
    return NftablesConnector(
        given.instance, nft, now, grace=given.grace, probe=probe, probe_timeout=within, commands=commands
    )
