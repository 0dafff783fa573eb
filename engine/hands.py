"""The only place where the engine's work becomes an effect: checks the token, calls the action, tells how it ended.

Rules: 1. No effect without a token that opens exactly this work (I12). 2. Once `execute` has begun, silence is never
taken for failure: the answer is `unknown` and the target is asked. 3. What stood before is never our own element, and
`refused` is never said while it stands. 4. A success that cannot be read back is no success, a release neither. 5. Work
for another kind of executor is a breach, not a failure.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import ValidationError

from engine.displacing import Displaces, GivenBack, displaced, give_back, remembered, unanswered
from engine.errors import GuardrailBreach, TargetError, TargetRefused, TargetUnavailable
from engine.harm import Prober
from engine.model.action import Executor, Params, Snapshot, Undo
from engine.model.base import Json
from engine.model.execution import Outcome, Result, Work
from engine.model.harm import HarmProbe, Sample
from engine.model.restoring import Changed
from engine.ports import Action, Connector
from engine.token import StaleToken, TokenVerifier, require_in_time

Actions = Mapping[tuple[str, str], Action[Params]]
"""What can be done in this zone: (connector instance, action id) -> the action bound to that connector."""


@dataclass(frozen=True)
class _Job:
    """One piece of work with everything resolved and parsed."""

    action: Action[Params]
    params: Params
    work: Work


class Hands:
    """Applies, inspects and releases through the connectors of one zone; holds no state of its own.

    Every method that takes a work answers with an `Outcome`, whatever the target does; only a breach is raised.
    """

    def __init__(
        self,
        actions: Actions,
        connectors: Mapping[str, Connector],
        verifier: TokenVerifier,
        clock: Callable[[], datetime],
        prober: Prober | None = None,
    ) -> None:
        """`clock` gives the zone's time, aware; without a `prober` nothing can be said about harm."""
        self._actions = actions
        self._connectors = connectors
        self._verifier = verifier
        self._clock = clock
        self._prober = prober

    async def apply(self, work: Work) -> Outcome:
        """Snapshot, execute and verify under the token; `stale`, `not_begun`, `refused`, `absent` changed nothing."""
        try:
            kind = self._connector(work.connector).executor
            leave = self._verifier.require(work.token, work, kind, self._clock())
            job = self._job(work)
            _require_version(job)
            if leave.renews and not await _in_effect(job):
                return self._outcome(Result.ABSENT, message="our element is not there in effect any more")
            standing, before = await _prepare(job)
            # A target may take long to answer; what was allowed before a freeze is not begun after it.
            require_in_time(leave, self._clock())
        except StaleToken as stale:
            return self._outcome(Result.STALE, message=str(stale))
        except TargetRefused as refusal:
            return self._outcome(Result.REFUSED, message=str(refusal))
        except (TargetError, TimeoutError) as error:
            return self._outcome(Result.NOT_BEGUN, message=_said(error))
        return await self._execute(job, standing, before)

    async def inspect(self, work: Work) -> Outcome:
        """Ask the target what stands there under the owner key; changes nothing."""
        try:
            job = self._job(work)
            undo = await job.action.inspect(job.params, work.owner)
            if undo is None:
                return self._outcome(Result.ABSENT)
            there = await job.action.verify(job.params, work.owner)
            before = await remembered(job.action, job.params, work.owner, work.snapshot)
        except (TargetError, TimeoutError) as error:
            return self._outcome(Result.UNKNOWN, message=_said(error))
        if not there:
            said = "our element stands there without effect"
            empty = self._outcome(Result.UNVERIFIED, snapshot=before, undo=undo, message=said)
            return empty.model_copy(update={"found": True})
        return self._outcome(Result.VERIFIED, snapshot=before, undo=undo).model_copy(update={"found": True})

    async def release(self, work: Work) -> Outcome:
        """Take our own element back, which needs no token, then give back what the engine signed that it displaced.

        Without a signature the target's own memory is all that is given back.
        """
        before, vouched = None, self._verifier.vouched(work)
        try:
            job = self._job(vouched)
        except TargetRefused as unknown:
            return await self._removed(vouched, str(unknown))
        except TargetError as away:
            return self._outcome(Result.RELEASE_FAILED, undo=work.undo, message=str(away))
        try:
            before = await _recalled(job)
            await job.action.release(job.params, work.owner, job.work.undo, before)
            if await _stands(job):
                raise TargetError("the target said released, and it is not")
        except (TargetError, TimeoutError) as error:
            return self._outcome(Result.RELEASE_FAILED, snapshot=before, undo=work.undo, message=_said(error))
        return await self._released(job, before)

    async def probe(self, work: Work, probes: Sequence[HarmProbe]) -> Outcome:
        """Try what has to go on working beside this effect, all at once; what breaks keeps nobody from the others."""
        self._require_kind(work)
        if self._prober is None:
            return self._outcome(Result.UNPROBED, message="this zone tries no probes")
        connector = self._connectors[work.connector]
        tries = (self._prober.sample(probe, connector) for probe in probes)
        found = zip(probes, await asyncio.gather(*tries, return_exceptions=True), strict=True)
        samples = tuple(_sample(probe, seen) for probe, seen in found)
        return self._outcome(Result.PROBED).model_copy(update={"samples": samples})

    def executor(self, connector: str) -> Executor:
        """Whether this connector touches the real world or a simulated site."""
        return self._connector(connector).executor

    async def owned(self, connector: str) -> Mapping[str, Json]:
        """Every lasting effect of ours that stands at this connector: owner key -> what it is."""
        return await self._connector(connector).owned()

    async def remove(self, connector: str, key: str) -> None:
        """Take away an effect that no lease knows."""
        await self._connector(connector).remove(key)

    async def health(self, connector: str) -> None:
        """Return if this connector answers and lets us in; raise `TargetError` if not."""
        await self._connector(connector).health()

    async def _execute(self, job: _Job, standing: bool, before: Snapshot | None) -> Outcome:
        work = job.work
        try:
            undo = await job.action.execute(job.params, work.owner, work.expires_at)
        except (TargetError, TimeoutError) as error:
            nothing = isinstance(error, TargetRefused) and not standing
            result = Result.REFUSED if nothing else Result.UNKNOWN
            return self._outcome(result, snapshot=before, message=_said(error))
        applied = Outcome(result=Result.VERIFIED, at=self._clock(), snapshot=before, undo=undo)
        try:
            # Somebody may have changed it since the snapshot.
            was = await remembered(job.action, job.params, work.owner, before)
            applied = applied.model_copy(update={"snapshot": was})
            there = await job.action.verify(job.params, work.owner)
        except (TargetError, TimeoutError) as error:
            return applied.model_copy(update={"result": Result.UNKNOWN, "message": _said(error)})
        return applied if there else await self._take_back(job, applied)

    async def _take_back(self, job: _Job, applied: Outcome) -> Outcome:
        """Rule 4: the target said done and it is not; leave nothing half done behind."""
        message = "the target said done, but the effect is not there"
        try:
            await job.action.release(job.params, job.work.owner, applied.undo, applied.snapshot)
        except (TargetError, TimeoutError) as error:
            message += f"; taking our part back failed too: {_said(error)}"
        return applied.model_copy(update={"result": Result.UNVERIFIED, "message": message})

    async def _released(self, job: _Job, before: Snapshot | None) -> Outcome:
        """Our element is gone, and nothing makes that undone: what cannot be given back is told, not tried for ever.

        But what people agreed to is tried until the target has answered; that holds up nothing.
        """
        try:
            given = GivenBack() if job.work.keeps else await _give_back(job, before)
        except (TargetError, TimeoutError) as error:
            if job.work.agreed:
                return self._outcome(Result.RELEASE_FAILED, snapshot=before, message=_said(error))
            given = GivenBack(changed=unanswered(job.action, job.params, before, _said(error)))
        said = {"restored": given.restored, "changed": given.changed, "agreed": bool(job.work.agreed)}
        return self._outcome(Result.RELEASED).model_copy(update=said)

    async def _removed(self, work: Work, unknown: str) -> Outcome:
        """What no action here can take back any more is taken away by its owner key.

        Done twice equals once: what a connector that is well does not list is gone. What it displaced cannot be given
        back, whatever people agreed to, and is told.
        """
        connector = self._connector(work.connector)
        try:
            await connector.health()
            if work.owner in await connector.owned():
                await connector.remove(work.owner)
            if work.owner in await connector.owned():
                raise TargetError("the target said removed, and it is not")
        except (TargetError, TimeoutError) as error:
            return self._outcome(Result.RELEASE_FAILED, snapshot=work.snapshot, undo=work.undo, message=_said(error))
        changed = tuple(each.model_copy(update={"beyond": unknown}) for each in work.agreed or _displaced(work))
        said = {"changed": changed, "agreed": bool(work.agreed)}
        return self._outcome(Result.RELEASED, message=unknown).model_copy(update=said)

    def _job(self, work: Work) -> _Job:
        """The work with its action and typed parameters; raises `TargetRefused` for what cannot be done here."""
        self._require_kind(work)
        action = self._actions.get((work.connector, work.action))
        if action is None:
            raise TargetRefused(f"connector `{work.connector}` has no action `{work.action}`")
        return _Job(action, _parse(action, work), work)

    def _require_kind(self, work: Work) -> None:
        # INVARIANT: rule 5, also for a release: an exercise takes back nothing real.
        if self._connector(work.connector).executor != work.executor:
            raise GuardrailBreach(f"connector `{work.connector}` is not a {work.executor} executor")

    def _connector(self, instance: str) -> Connector:
        connector = self._connectors.get(instance)
        if connector is None:
            raise TargetUnavailable(f"no connector `{instance}` in this zone")
        return connector

    def _outcome(
        self, result: Result, *, snapshot: Snapshot | None = None, undo: Undo | None = None, message: str = ""
    ) -> Outcome:
        return Outcome(result=result, at=self._clock(), snapshot=snapshot, undo=undo, message=message)


def _parse(action: Action[Params], work: Work) -> Params:
    try:
        return action.spec.params.model_validate({**work.params, "target": work.target})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise TargetRefused(f"parameters of `{work.action}` do not fit: `{where}`: {problem['msg']}") from None


def _require_version(job: _Job) -> None:
    """What was approved is applied or nothing is; a release though must outlive an upgrade."""
    asked, here = job.work.action_version, job.action.spec.version
    if asked != here:
        raise TargetRefused(f"version `{asked}` of `{job.work.action}` was asked, this zone has `{here}`")


async def _in_effect(job: _Job) -> bool:
    """Whether our element stands and has its effect."""
    there = await job.action.inspect(job.params, job.work.owner) is not None
    return there and await job.action.verify(job.params, job.work.owner)


async def _prepare(job: _Job) -> tuple[bool, Snapshot | None]:
    """Whether our element stands already, and what stood before it. Rule 3: then the snapshot taken first holds."""
    if await job.action.inspect(job.params, job.work.owner) is not None:
        return True, await remembered(job.action, job.params, job.work.owner, job.work.snapshot)
    await job.action.validate(job.params)
    before = await job.action.snapshot(job.params)
    was = await displaced(job.action, job.params, job.work.snapshot)
    return False, before.model_copy(update={"displaced": was})


async def _stands(job: _Job) -> bool:
    """Whether something of ours is still there that ought to end (rule 4)."""
    return job.action.spec.lasting and await job.action.inspect(job.params, job.work.owner) is not None


async def _recalled(job: _Job) -> Snapshot | None:
    """What stood before by the target's memory; our element waits for none (rule 1 of `engine.displacing`)."""
    try:
        return await remembered(job.action, job.params, job.work.owner, job.work.snapshot)
    except (TargetError, TimeoutError):
        return job.work.snapshot


def _displaced(work: Work) -> tuple[Changed, ...]:
    """What the release would give back, of which nobody can ask the target; nothing where a later effect will."""
    before = {} if work.keeps or work.snapshot is None else work.snapshot.displaced
    return tuple(Changed(setting=name, was=was) for name, was in before.items())


async def _give_back(job: _Job, before: Snapshot | None) -> GivenBack:
    """What the effect displaced; asked after our own element is gone, so that whatever stands is another's."""
    if not isinstance(job.action, Displaces):
        return GivenBack()
    held = (await job.action.snapshot(job.params)).present
    return await give_back(job.action, job.params, before, job.work.agreed, held)


def _sample(probe: HarmProbe, seen: Sample | BaseException) -> Sample:
    if isinstance(seen, Sample):
        return seen
    return Sample(probe=probe.id, passed=False, tried=False, said=f"{type(seen).__name__}: {seen}")


def _said(error: Exception) -> str:
    return str(error) or "no answer in time"
