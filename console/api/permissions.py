"""Which permission each route takes: the one table, published in `docs/api.md`, and the one place that opens a door."""

from collections.abc import Mapping

from engine.errors import EngineBug
from engine.model.permission import Permission as P

ROUTES: Mapping[tuple[str, str], P] = {
    ("GET", "/actions"): P.READ,
    ("POST", "/actions"): P.REQUEST,
    ("GET", "/actions/{request_id}"): P.READ,
    ("POST", "/actions/{request_id}/verdict"): P.JUDGE,
    ("GET", "/approvals"): P.READ,
    ("GET", "/approvals/{request_id}"): P.READ,
    ("POST", "/approvals/{request_id}/retraction"): P.VOTE,
    ("POST", "/approvals/{request_id}/votes"): P.VOTE,
    ("GET", "/break-glass"): P.READ,
    ("POST", "/break-glass"): P.BREAK_GLASS,
    ("GET", "/budgets"): P.READ,
    ("POST", "/budgets/reset"): P.RESET_BUDGET,
    ("POST", "/context/imports"): P.IMPORT_CONTEXT,
    ("GET", "/context/inventory"): P.READ,
    ("GET", "/context/known"): P.READ,
    ("GET", "/evidence"): P.READ,
    ("GET", "/evidence/{lease_id}"): P.READ,
    ("GET", "/events"): P.READ,
    ("GET", "/findings"): P.READ,
    ("POST", "/findings"): P.SUBMIT_FINDINGS,
    ("POST", "/findings/lines"): P.SUBMIT_FINDINGS,
    ("GET", "/findings/{finding_id}"): P.READ,
    ("POST", "/findings/{finding_id}/verdict"): P.JUDGE,
    ("GET", "/freezes"): P.READ,
    ("POST", "/freezes"): P.FREEZE,
    ("POST", "/freezes/lift"): P.UNFREEZE,
    ("POST", "/freezes/reason"): P.FREEZE,
    ("GET", "/governance/proposals"): P.READ,
    ("GET", "/governance/proposals/{proposal_id}"): P.READ,
    ("POST", "/governance/proposals/{proposal_id}/votes"): P.VOTE_POLICY,
    ("GET", "/governance/{kind}/history"): P.READ,
    ("POST", "/governance/{kind}/proposals"): P.PROPOSE,
    ("POST", "/governance/{kind}/rollback"): P.PROPOSE,
    ("GET", "/governance/{kind}/versions/{digest}"): P.READ,
    ("GET", "/incidents"): P.READ,
    ("GET", "/incidents/{incident_id}"): P.READ,
    ("POST", "/incidents/{incident_id}/verdict"): P.JUDGE,
    ("POST", "/intel/imports"): P.IMPORT_INTEL,
    ("GET", "/intel/lookup"): P.READ,
    ("GET", "/leases"): P.READ,
    ("GET", "/leases/caused"): P.READ,
    ("POST", "/leases/release"): P.EXTEND,
    ("GET", "/leases/undo-sheet"): P.READ,
    ("POST", "/leases/{lease_id}/announced-lift"): P.EXTEND,
    ("POST", "/leases/{lease_id}/extension"): P.EXTEND,
    ("POST", "/leases/{lease_id}/extension-request"): P.EXTEND,
    ("POST", "/leases/{lease_id}/permanent"): P.EXTEND,
    ("POST", "/leases/{lease_id}/release"): P.RELEASE,
    ("GET", "/ledger"): P.READ_LEDGER,
    ("GET", "/ledger/export"): P.EXPORT_LEDGER,
    ("GET", "/metrics"): P.READ,
    ("GET", "/openapi.json"): P.READ,
    ("GET", "/pages"): P.READ,
    ("POST", "/pages/{page_id}/acknowledgement"): P.ACKNOWLEDGE,
    ("POST", "/playbooks/plan"): P.READ,
    ("POST", "/policy/explain"): P.READ,
    ("GET", "/reviews"): P.READ,
    ("GET", "/reviews/{review_id}"): P.READ,
    ("POST", "/reviews/{review_id}/answer"): P.JUDGE,
    ("POST", "/reviews/{review_id}/take"): P.JUDGE,
    ("GET", "/sessions"): P.OWN_SESSIONS,
    ("GET", "/sessions/current"): P.OWN_SESSIONS,
    ("POST", "/sessions/{session_id}/revocation"): P.OWN_SESSIONS,
    ("GET", "/sources"): P.READ,
    ("GET", "/status"): P.READ,
    ("GET", "/tasks"): P.READ,
    ("GET", "/tasks/{task_id}"): P.READ,
    ("POST", "/tasks/{task_id}/answer"): P.DO_TASKS,
    ("POST", "/tasks/{task_id}/decline"): P.DO_TASKS,
    ("POST", "/tickets"): P.OWN_SESSIONS,
    ("GET", "/tokens"): P.OWN_TOKENS,
    ("POST", "/tokens"): P.OWN_TOKENS,
    ("POST", "/tokens/{token_id}/revocation"): P.OWN_TOKENS,
}
"""By method and path below `/api/v1`."""


def permission_for(method: str, path: str) -> P:
    """What this route takes; raise `EngineBug` for one that the table does not have: it stays closed."""
    permission = ROUTES.get((method, path))
    if permission is None:
        raise EngineBug(f"no permission is published for {method} {path}")
    return permission
