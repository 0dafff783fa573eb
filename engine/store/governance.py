"""Queries over what policies and playbooks there were and are, and what is proposed."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, and_, func, select

from engine.model.governance import Activation, Bundle, Kind, Proposal, ProposalState
from engine.store.governance_tables import ActivationRow, BundleRow, ProposalRow
from engine.store.rows import Rows, table_of

ACTIVATIONS = table_of(ActivationRow)
_NEWEST = select(ACTIVATIONS.c.kind, func.max(ACTIVATIONS.c.number).label("number")).group_by(ACTIVATIONS.c.kind)
_LAST = _NEWEST.subquery()
ACTIVE = select(ACTIVATIONS.c.kind, ACTIVATIONS.c.digest).join(
    _LAST, and_(_LAST.c.kind == ACTIVATIONS.c.kind, _LAST.c.number == ACTIVATIONS.c.number)
)


class Governance:
    """Texts, proposals and the history of what was active."""

    def __init__(self, connection: Connection) -> None:
        """Work through this transaction's connection."""
        self._connection = connection
        self._bundles = Rows(connection, BundleRow, Bundle)
        self._proposals = Rows(connection, ProposalRow, Proposal)
        self._activations = Rows(connection, ActivationRow, Activation)

    def active(self) -> Mapping[Kind, str]:
        """The digest of what is active, by kind; a kind of which nothing ever was is left out."""
        return {Kind(kind): digest for kind, digest in self._connection.execute(ACTIVE)}

    def bundle(self, kind: Kind, digest: str) -> Bundle | None:
        """The texts under this digest."""
        return self._bundles.one(kind=kind, digest=digest)

    def keep(self, bundle: Bundle) -> None:
        """Store texts; those that say the same under other comments are there already, and stay."""
        if self.bundle(bundle.kind, bundle.digest) is None:
            self._bundles.insert(bundle, kind=bundle.kind, digest=bundle.digest)

    def history(self, kind: Kind) -> Sequence[Activation]:
        """Everything that was ever active, oldest first; the last is active now."""
        return self._activations.all(kind=kind)

    def activate(self, activation: Activation) -> None:
        """Add to the history; whoever comes second with the same number is refused."""
        columns = {"kind": activation.kind, "number": activation.number, "digest": activation.digest}
        self._activations.insert(activation, **columns)

    def proposal(self, proposal_id: str) -> Proposal | None:
        """The proposal, if there is one."""
        return self._proposals.one(id=proposal_id)

    def proposals(self, state: ProposalState | None = None) -> Sequence[Proposal]:
        """Every proposal, or those in one state; oldest first."""
        return self._proposals.all() if state is None else self._proposals.all(state=state)

    def insert(self, proposal: Proposal) -> None:
        """Add a new proposal."""
        self._proposals.insert(proposal, id=proposal.id, kind=proposal.kind, state=proposal.state)

    def save(self, proposal: Proposal) -> None:
        """Change a proposal that is still open."""
        self._proposals.set(proposal, {"id": proposal.id, "state": ProposalState.OPEN}, state=proposal.state)
