"""Putting the engine together: which policy, playbooks, checks, site and actions it runs with."""

from pathlib import Path

from console.cli.simulation import SITE, open_site
from console.clock import now
from console.host import Parts
from console.people import FilePeople
from engine.control.desk import Desk
from engine.errors import InvalidInput
from engine.hands import Hands
from engine.ledger import keys
from engine.model.action import Executor
from engine.playbook_file import load_playbooks
from engine.policy_file import Policy, load_policy
from engine.ports import Specs
from engine.settings import Settings, make_private
from engine.token import TokenSigner, TokenVerifier, load_or_create, publish

LEDGER_ORIGIN = "fireline/ledger"


def specs() -> Specs:
    """The registered actions."""
    from actions.registry import ActionSpecs

    return ActionSpecs()


def policy_path(name: str) -> Path:
    """A shipped policy by name, or any by path."""
    import policies

    shipped = Path(policies.__path__[0]) / f"{name}.yaml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        raise InvalidInput(f"there is no policy `{name}`: name a shipped one (baseline, demo) or a file")
    return path


def active_policy(settings: Settings) -> Policy:
    """The policy that the settings name."""
    return load_policy(policy_path(settings.policy), specs())


def assemble(settings: Settings) -> Parts:
    """Everything the engine needs besides its store and Temporal."""
    from actions.registry import bind
    from actions.simulators.context import SimulatedContext
    from policies.checks import CHECKS

    keys_dir = make_private(settings.home / "keys")
    token_key = load_or_create(keys_dir)
    publish(token_key, keys_dir)
    signer = TokenSigner(token_key)
    site = open_site(settings)
    registered = specs()
    bound = bind(SITE, site.ports)
    desk = Desk(
        policy=active_policy(settings),
        playbooks=load_playbooks(playbooks_dir(), registered),
        specs=registered,
        checks=CHECKS,
        context=SimulatedContext(site.world, management(settings)),
        people=FilePeople(settings.people_file),
        signer=signer,
        routes={action: instance for instance, action in bound},
        executors={SITE: Executor.SIMULATED},
        window=settings.correlation_window,
        look_back=settings.look_back,
        drift_every=settings.drift_interval,
    )
    hands = Hands(bound, {SITE: site}, TokenVerifier(signer.public_key), now)
    return Parts(desk, {SITE: hands}, keys.load_or_make(keys_dir, LEDGER_ORIGIN), now)


def assemble_zone(settings: Settings, public_key: bytes) -> dict[str, Hands]:
    """What touches the world, by connector; nothing of it knows the database or can sign leave to act."""
    from actions.registry import bind

    site = open_site(settings)
    return {SITE: Hands(bind(SITE, site.ports), {SITE: site}, TokenVerifier(public_key), now)}


def playbooks_dir() -> Path:
    """Where the shipped playbooks lie."""
    import workflows

    return Path(workflows.__path__[0]) / "playbooks"


def management(settings: Settings) -> dict[str, str]:
    """What the engine lives on, which nobody may touch: derived from the live settings."""
    known: dict[str, str] = {settings.api_host: "the engine's own API"}
    if settings.temporal_address:
        known[settings.temporal_address.rpartition(":")[0]] = "Temporal"
    return known
