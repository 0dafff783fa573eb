"""What other people do at the simulated site: they lift our elements, place their own, and change the place."""

from pydantic import JsonValue

from actions.simulators.events import Op
from actions.simulators.ground import Change, Ground
from actions.simulators.state import Element
from actions.simulators.world import World
from engine.errors import InvalidInput, NotFound
from engine.model.base import Json


class Others:
    """Everyone but the engine. What they name must be there; each change is one line of the journal."""

    def __init__(self, ground: Ground, world: World) -> None:
        """They work at the same site as everyone else."""
        self._ground = ground
        self._world = world

    def lift(self, owner: str) -> None:
        """Take away the element the engine placed under `owner`."""
        with self._ground.changing() as change:
            change.remove(Op.LIFTED, _ours(change, owner))

    def alter(self, owner: str) -> None:
        """Change the element the engine placed under `owner`, so that it has no effect any more."""
        with self._ground.changing() as change:
            change.remove(Op.ALTERED, _ours(change, owner))

    def place(self, action: str, target: str, name: str, details: Json | None = None) -> None:
        """Do by hand what `action` does, as an element of their own called `name`."""
        with self._ground.changing() as change:
            change.record(Op.FOREIGN_PLACED, target, owner=name, action=action, details=details)

    def take_back(self, name: str) -> None:
        """Take back their own element."""
        with self._ground.changing() as change:
            element = change.state.foreign.get(name)
            if element is None:
                raise NotFound(f"nobody placed `{name}`")
            change.record(Op.FOREIGN_LIFTED, element.target, owner=name, action=element.action)

    def set(self, target: str, setting: str, value: JsonValue) -> None:
        """Give a setting of a host, or of the resolver, another value."""
        self._record(Op.SET, target, {"setting": setting, "value": value})

    def enable_account(self, account: str) -> None:
        """Enable an account, whoever had disabled it."""
        self._record(Op.ACCOUNT_ENABLED, self._account(account))

    def disable_account(self, account: str) -> None:
        """Disable an account."""
        self._record(Op.ACCOUNT_DISABLED, self._account(account))

    def sign_in(self, account: str) -> None:
        """Open one more session."""
        self._record(Op.SIGNED_IN, self._account(account))

    def move_job(self, job: str, to: str) -> None:
        """Let another host run a job (a backup, say) from now on; its traffic is recorded from there."""
        self._world.file().job(job)
        self._record(Op.JOB_MOVED, job, {"to": self._host(to)})

    def reimage(self, host: str, fingerprint: str) -> None:
        """Put another installation behind a host's name."""
        self._record(Op.REIMAGED, self._host(host), {"fingerprint": fingerprint})

    def lease_address(self, address: str, to: str) -> None:
        """Give an address to another host, known before or not."""
        self._record(Op.ADDRESS_LEASED, str(self._world.ends(address)[0].address), {"to": to})

    def _record(self, op: Op, target: str, details: Json | None = None) -> None:
        with self._ground.changing() as change:
            change.record(op, target, details=details)

    def _account(self, account: str) -> str:
        if self._world.enabled(account) is None:
            raise InvalidInput(f"no account `{account}` in the directory")
        return account.lower()

    def _host(self, host: str) -> str:
        if not self._world.has_host(host):
            raise InvalidInput(f"no host `{host}` at the site")
        return host


def _ours(change: Change, owner: str) -> Element:
    element = change.state.ours.get(owner)
    if element is None:
        raise NotFound(f"nothing of ours stands under `{owner}`")
    return element
