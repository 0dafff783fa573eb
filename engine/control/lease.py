"""A lease's next step: take in what the world said, then say what its workflow has to do.

The workflow only carries out: every state, holder and deadline stands in the database, so that a lost workflow can be
started again from nothing but the lease's key.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from engine.control.absorb import RELEASED_UNHEARD
from engine.control.again import decide_again
from engine.control.commit import TOLD_AHEAD, guard, issue, letting_go, open_generation, work
from engine.control.desk import Desk
from engine.control.freezing import thaws
from engine.control.harm import before_effect, next_look, watched, while_active
from engine.control.holders import call_next, fits, in_turn, join_waiting, leave_due, standing
from engine.control.lifting import announced_lift
from engine.control.moves import move_lease
from engine.control.paging import page_about
from engine.control.putting_back import PutBack, may_be_put_back
from engine.control.restoring import bequeath, supersede, take_in
from engine.errors import EngineBug
from engine.lifecycle import is_final
from engine.model.base import Json
from engine.model.entry import Draft
from engine.model.execution import Apply, Command, Finish, Hold, Inspect, LeaseOrder, Outcome, Release, Result
from engine.model.lease import Lease, LeaseState
from engine.model.lease_terms import OnDrift
from engine.model.page import PageKind
from engine.model.request import Request
from engine.store.tx import Tx

RENEW_SLACK = timedelta(minutes=1)
"""A later end that differs by less is not told, nor one by less than half of what the target waits beyond it."""
GIVE_UP = 12
"""Tries to begin after which an effect is taken back and called failed: some seven minutes."""
RE_APPLY = 1
"""How often an effect that somebody lifted is put back before it is surrendered."""

LONGEST_WAIT = timedelta(days=7)
"""An effect in force is looked at this often even if nothing tells it to: no timer runs for a hundred years."""


class LeasePath:
    """Carries one lease on within one transaction."""

    def __init__(self, tx: Tx, desk: Desk, key: str, now: datetime) -> None:
        """Work on the newest generation of `key` as of `now`."""
        self.tx, self.desk, self.key, self.now = tx, desk, key, now

    def advance(self, outcome: Outcome | None) -> LeaseOrder:
        """Take in the outcome of the last command, if there was one, and give the next."""
        lease = self.tx.leases.latest(self.key)
        if lease is not None and outcome is not None:
            lease = take_in(self.tx, self.desk, lease, outcome, self.now)
        return LeaseOrder(command=self._next(lease, outcome))

    def _next(self, lease: Lease | None, outcome: Outcome | None) -> Command:
        if lease is None or is_final(lease.state):
            return self._begin(lease)
        return STEPS[lease.state](self, lease, outcome)

    def _begin(self, before: Lease | None) -> Command:
        """Open the next generation for the first request that may still act; the rest are blocked, or join."""
        for request in self.tx.requests.waiting_for(self.key):
            cleared = guard(self.tx, self.desk, request, self.now)
            if cleared is not None:
                supersede(self.tx, before, self.now)
                lease = open_generation(self.tx, self.desk, cleared, before, self.now)
                body = {"request": cleared.id, "owner": lease.owner, "generation": lease.generation}
                draft = Draft(
                    subject=f"lease/{lease.id}", kind="lease.applying", actor="engine", at=self.now, body={**body}
                )
                self.tx.move(draft, "", LeaseState.APPLYING)
                return self._commit(watched(self.tx, self.desk, lease, cleared), cleared)
        if before is None or not before.agreed:
            return Finish()
        return self._hold_off(before) or Release(work=letting_go(self.desk, before))

    def _commit(self, lease: Lease, request: Request) -> Command:
        """Leave to begin, once somebody has looked at what must go on working."""
        look = before_effect(lease, work(lease))
        return look or Apply(work=issue(self.tx, self.desk, lease, request, self.now))

    def _applying(self, lease: Lease, outcome: Outcome | None) -> Command:
        """Not begun, or refused as stale: give fresh leave. Without word of what happened, ask the target."""
        if outcome is None:
            return Inspect(work=work(lease))
        return self._hold_off(lease) or self._commit_again(lease)

    def _unknown(self, lease: Lease, outcome: Outcome | None) -> Command:
        """Ask what was done; where nothing was, do it under the same owner key, so that late arrivals do no harm."""
        if outcome is not None and outcome.result is Result.UNVERIFIED:
            # Something of ours stands there and has no effect: take it back before calling it failed.
            return self._release(lease)
        absent = outcome is not None and outcome.result is Result.ABSENT
        return self._commit_again(lease) if absent else self._ask(lease)

    def _commit_again(self, lease: Lease) -> Command:
        given_up = lease.withdrawn or lease.attempts >= GIVE_UP
        for request in () if given_up else self.tx.requests.waiting_for(self.key):
            if fits(lease, request) and guard(self.tx, self.desk, request, self.now) is not None:
                return self._commit(lease, request)
        # Nobody may act any more. Something may still be under way: take it back for sure before calling it over.
        return self._release(lease)

    def _active(self, lease: Lease, outcome: Outcome | None) -> Command:
        lease = join_waiting(self.tx, self.desk, lease, self.now)
        lease = leave_due(self.tx, lease, self.now)
        if not standing(self.tx, lease):
            return self._let_go(lease)
        if lease.drift:
            return self._drift(lease)
        lease = decide_again(self.tx, self.desk, lease, self.now)
        look = while_active(lease, work(lease), self.now)
        return self._renew(lease) or look or Hold(until=self._look_at(lease))

    def _look_at(self, lease: Lease) -> datetime:
        """When a share ends, is decided again, or what it may harm is looked at next."""
        times = [(holder.expires_at, holder.again_at or holder.expires_at) for holder in standing(self.tx, lease)]
        return min([*(at for pair in times for at in pair), next_look(lease, self.now) or self.now + LONGEST_WAIT])

    def _let_go(self, lease: Lease) -> Command:
        waits = in_turn(self.tx, lease, self.now)
        if waits is not None:
            return Hold(until=waits)
        because: Json = {"because": "nobody holds it any more"}
        # A pause that a renewal left behind holds no release off.
        return self._release(
            move_lease(self.tx, lease, LeaseState.RELEASING, self.now, because, attempts=0, next_try_at=None)
        )

    def _release(self, lease: Lease) -> Release:
        """Take our element back; what it displaced too, unless a later effect of ours goes on displacing it."""
        return Release(work=letting_go(self.desk, lease, keeps=bequeath(self.tx, lease)))

    def _ends(self, lease: Lease) -> datetime:
        if lease.expires_at is None:
            raise EngineBug(f"lease {lease.id} is in force and has no end")
        return lease.expires_at

    def _renew(self, lease: Lease) -> Command | None:
        """Tell a target that ends effects by itself of a later end; where nothing stands any more it is drift."""
        told, grace = lease.told_until, self.desk.self_expiring.get(lease.connector)
        end = min(self._ends(lease), self.now + TOLD_AHEAD / 2)
        if grace is None or (told is not None and told + min(RENEW_SLACK, grace / 2) >= end):
            return None
        request = self.tx.requests.get(standing(self.tx, lease)[0].request_id)
        if request is None:
            raise EngineBug(f"lease {lease.id} is held by a request that does not exist")
        return self._hold_off(lease) or Apply(work=issue(self.tx, self.desk, lease, request, self.now, renews=True))

    def _drift(self, lease: Lease) -> Command:
        said: Json = {"seen": lease.drift, "announced": announced_lift(lease, self.now)}
        drifted = move_lease(self.tx, lease, LeaseState.DRIFTED, self.now, said, attempts=0, next_try_at=None)
        command = self._put_back(drifted)
        if not isinstance(command, Release):
            when = "" if isinstance(command, Apply) else ", when it is frozen no more"
            self._page_lifted(lease, f"; it is put back once{when}: whoever may want it lifted releases it")
        return command

    def _drifted(self, lease: Lease, outcome: Outcome | None) -> Command:
        """Without word of what became of putting it back, ask the target."""
        if outcome is not None and outcome.result is Result.RELEASED:
            return self._surrender(lease)
        lost = outcome is None or outcome.result in (Result.UNKNOWN, Result.LOST)
        return self._hold_off(lease) or (Inspect(work=work(lease)) if lost else self._put_back(lease))

    def _put_back(self, lease: Lease) -> Command:
        """Once, while somebody is to hold it and policy still wants it; else take our own part away for sure."""
        drifted = self.desk.policy.document.leases.drifted(lease.action)
        given_up = drifted is OnDrift.SURRENDER and lease.drift != RELEASED_UNHEARD
        if announced_lift(lease, self.now) or given_up:
            return self._release(lease)
        wanted = self._still_wanted(lease) if lease.reapplied < RE_APPLY else {}
        if PutBack.NOW in wanted:
            return Apply(work=issue(self.tx, self.desk, lease, wanted[PutBack.NOW], self.now))
        thaws = self._thaws(lease) if PutBack.WHEN_THAWED in wanted else None
        return self._release(lease) if thaws is None else Hold(until=thaws)

    def _still_wanted(self, lease: Lease) -> Mapping[PutBack, Request]:
        """Who is to hold it on, by whether they may: one whom policy denies it now gives up nobody's share (I8)."""
        holders = [holder for holder in standing(self.tx, lease) if holder.expires_at > self.now]
        found = [self.tx.requests.get(holder.request_id) for holder in holders]
        return {may_be_put_back(self.tx, self.desk, one, self.now): one for one in found if one is not None}

    def _thaws(self, lease: Lease) -> datetime | None:
        """When to look whether it is still frozen: when a freeze of a share ends, or a share; None where none ends.

        Such is the freeze of a restored engine, which does not know what was released since its backup.
        """
        shares = [holder for holder in standing(self.tx, lease) if holder.expires_at > self.now]
        found = [thaws(self.tx, self.desk, share, self.now) for share in shares]
        ends = [until for until in found if until is not None]
        return min([*ends, *(share.expires_at for share in shares)]) if ends else None

    def _surrender(self, lease: Lease) -> Command:
        ticket = announced_lift(lease, self.now)
        move_lease(self.tx, lease, LeaseState.SURRENDERED, self.now, {"because": ticket or lease.drift})
        if not ticket:
            self._page_lifted(lease, " and is given up")
        leave_due(self.tx, lease, self.now, everyone=ticket or "the effect was lifted by somebody else")
        call_next(self.tx, lease)
        return self._begin(lease)

    def _page_lifted(self, lease: Lease, what_now: str) -> None:
        for holder in self.tx.holders.of(lease.id):
            request = self.tx.requests.get(holder.request_id)
            told = self.tx.pages.current(f"{PageKind.LIFTED}/{holder.request_id}") is not None
            if request is not None and (told or holder.left_at is None):
                how = lease.drift if lease.drift == RELEASED_UNHEARD else "lifted by somebody else"
                text = f"{lease.action} on {lease.target} was {how}{what_now}"
                page_about(self.tx, request, PageKind.LIFTED, text, self.now)

    def _releasing(self, lease: Lease, outcome: Outcome | None) -> Command:
        return self._hold_off(lease) or self._release(lease)

    def _ask(self, lease: Lease) -> Command:
        return self._hold_off(lease) or Inspect(work=work(lease))

    def _hold_off(self, lease: Lease) -> Command | None:
        """Wait where the last try asked for a pause, but not beyond the end of anybody's share."""
        if lease.next_try_at is None or self.now >= lease.next_try_at:
            return None
        ends = [holder.expires_at for holder in standing(self.tx, lease) if holder.expires_at > self.now]
        return Hold(until=min([lease.next_try_at, *ends]))


Step = Callable[[LeasePath, Lease, Outcome | None], Command]
STEPS: Mapping[LeaseState, Step] = {
    LeaseState.APPLYING: LeasePath._applying,
    LeaseState.UNKNOWN: LeasePath._unknown,
    LeaseState.ACTIVE: LeasePath._active,
    LeaseState.DRIFTED: LeasePath._drifted,
    LeaseState.RELEASING: LeasePath._releasing,
    LeaseState.STUCK: LeasePath._releasing,
}
"""What each live state does next."""
