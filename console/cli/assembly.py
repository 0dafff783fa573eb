"""Putting the engine together: which policy, playbooks, checks, site and actions it runs with."""

from pathlib import Path

from console.cli import extensions
from console.cli.ground import Ground
from console.cli.zone import Zone, open_zone
from console.clock import now
from console.host import Parts
from console.people import FilePeople
from engine.bundles import playbooks_bundle, policy_bundle, policy_texts, read_text
from engine.control.desk import Desk
from engine.documents import Document
from engine.errors import InvalidInput
from engine.intel.knowledge import Knowledge
from engine.ledger import keys
from engine.playbook_file import load_playbooks
from engine.policy_file import Policy, compile_layers
from engine.policy_layers import read_layers
from engine.ports import Context, Specs
from engine.settings import Settings, make_private
from engine.settings import load as load_settings
from engine.token import TokenSigner, TokenVerifier, load_or_create, publish

LEDGER_ORIGIN = "fireline/ledger"


def specs(home: Path | None = None) -> Specs:
    """The registered actions: those that ship, and those of the plug-ins that this home has pinned."""
    return extensions.specs(load_settings({"home": home}))


def shipped_policies() -> Path:
    """Where the shipped policies lie."""
    import policies

    return Path(policies.__path__[0])


def policy_layers(name: str, settings: Settings | None = None) -> tuple[Document, ...]:
    """The files of a policy, the highest layer first; one may stand on a shipped one, or a plug-in's, by its name."""
    rules = extensions.rules(settings or load_settings({}))
    return read_layers(policy_path(name), shipped_policies(), rules)


def policy_named(name: str, known: Specs, settings: Settings | None = None) -> Policy:
    """A shipped policy by name, or any by path, with all the layers that it stands on."""
    return compile_layers(policy_layers(name, settings), known)


def policy_path(name: str) -> Path:
    """A shipped policy by name, or any by path."""
    shipped = shipped_policies() / f"{name}.yaml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        raise InvalidInput(f"there is no policy `{name}`: name a shipped one (baseline, demo) or a file")
    return path


def active_policy(settings: Settings) -> Policy:
    """The policy that the settings name."""
    return policy_named(settings.policy, extensions.specs(settings), settings)


def assemble(settings: Settings, playbooks: Path | None = None) -> Parts:
    """Everything the engine needs besides its store and Temporal; `playbooks` is their folder, if not the shipped."""
    keys_dir = make_private(settings.home / "keys")
    token_key = load_or_create(keys_dir)
    publish(token_key, keys_dir)
    signer = TokenSigner(token_key)
    zone, registered, knowledge = open_zone(settings), extensions.specs(settings), Knowledge()
    people = FilePeople(settings.people_file)
    ground = Ground(settings, zone.site, knowledge, people)
    folder = playbooks or playbooks_dir()
    desk = Desk(
        policy=active_policy(settings),
        playbooks=load_playbooks(folder, registered),
        specs=registered,
        checks=extensions.checks(settings),
        context=ground.context(()),
        place=ground.context,
        site=ground.site,
        knowledge=knowledge,
        people=people,
        signer=signer,
        routes=zone.routes,
        executors=zone.executors,
        self_expiring=zone.self_expiring,
        by_hand=zone.by_hand,
        window=settings.correlation_window,
        look_back=settings.look_back,
        drift_every=settings.drift_interval,
        step_up=settings.step_up,
    )
    hands = zone.hands(TokenVerifier(signer.public_key))
    given = (
        policy_bundle(
            policy_texts(Path(layer.name) for layer in policy_layers(settings.policy, settings)), desk.policy
        ),
        playbooks_bundle([read_text(path) for path in sorted(folder.glob("*.yaml"))], desk.playbooks),
    )
    return Parts(desk, hands, keys.load_or_make(keys_dir, LEDGER_ORIGIN), now, given, zone.forget)


def known_place(settings: Settings, zone: Zone) -> Context:
    """What is known about the place without what was imported: the simulated site, or what the context file says."""
    return Ground(settings, zone.site, Knowledge()).context(())


def playbooks_dir() -> Path:
    """Where the shipped playbooks lie."""
    import workflows

    return Path(workflows.__path__[0]) / "playbooks"
