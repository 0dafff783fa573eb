"""Taking a file of context in: at once where it only tightens, by the votes that policy asks where it loosens anything.

INVARIANT: what an import was compared with is still active when it counts; else it is compared again.
"""

from dataclasses import dataclass
from datetime import datetime

from engine.context.file import ContextFile, not_there
from engine.context.loosening import kept_longer, loosened
from engine.context.merge import Known, merge
from engine.context.stored import bundle_of, known_in
from engine.control.desks import Desks
from engine.control.doors import require_role
from engine.control.governance import PROPOSERS, Wish, activate_at_once, begin, propose
from engine.errors import Denied, InvalidFile, InvalidInput
from engine.model.base import Json, Model
from engine.model.governance import Bundle, Kind
from engine.model.principal import Principal
from engine.store.tx import Tx

TOLD = 200
"""Loosening changes that voters read; they are all counted."""


class Taken(Model):
    """What became of an import: active at once, or put to the vote (`proposal`), or neither on a dry run."""

    source: str
    assets: int
    identities: int
    loosens: tuple[str, ...]
    changes: int
    """How many loosen, listed or not."""
    proposal: str | None = None
    active: bool = False


@dataclass(frozen=True)
class Compared:
    """An import beside what is active."""

    one: Known
    base: str
    bundle: Bundle
    loosens: tuple[str, ...]

    def told(self) -> Taken:
        """What it would do."""
        source, content = self.one.source, self.one.content
        return Taken(
            source=source.name,
            assets=len(content.assets),
            identities=len(content.identities),
            loosens=self.loosens[:TOLD],
            changes=len(self.loosens),
        )


def compare(tx: Tx, site: ContextFile, one: Known) -> Compared:
    """What would be active with it; raise `InvalidFile` where it names what nobody has listed."""
    base = tx.governance.active().get(Kind.CONTEXT, "")
    bundle = tx.governance.bundle(Kind.CONTEXT, base) if base else None
    before = known_in(bundle.files) if bundle else ()
    former = next((other for other in before if other.source.name == one.source.name), None)
    after = (*(other for other in before if other is not former), one)
    merged = merge(site, after)
    problems = tuple(
        InvalidInput(f"{'.'.join(map(str, path))}: {said}", file=one.source.file) for path, said in not_there(merged)
    )
    if problems:
        raise InvalidFile(problems)
    longer = kept_longer(None if former is None else former.source, one.source)
    return Compared(one, base, bundle_of(after), (*longer, *loosened(merge(site, before), merged)))


def take_in(tx: Tx, desks: Desks, principal: Principal, seen: Compared, reason: str, now: datetime) -> Taken:
    """Have the source count from the next decision on, or put it to the vote."""
    require_role(principal, *PROPOSERS)
    if tx.governance.active().get(Kind.CONTEXT, "") != seen.base:
        raise Denied("another import became active meanwhile: import it again")
    source, told = seen.one.source, seen.told()
    label = f"{source.name} from {source.file}"
    if not seen.loosens:
        activate_at_once(tx, seen.bundle, principal.signature, reason or f"import of {label}", now)
        return told.model_copy(update={"active": True})
    _begun(tx, now)
    report: Json = {"loosens": [*told.loosens], "changes": told.changes, "source": source.model_dump(mode="json")}
    wish = Wish(seen.bundle, tx.governance.active()[Kind.CONTEXT], label, reason, {"context": report})
    return told.model_copy(update={"proposal": propose(tx, desks, principal, wish, now).id})


def _begun(tx: Tx, now: datetime) -> None:
    """The first import of all is compared with nothing, which then has a name."""
    if Kind.CONTEXT not in tx.governance.active():
        begin(tx, (bundle_of(()),), now)
