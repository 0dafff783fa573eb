"""Routes by which people become known in chat rooms: a code for oneself, confirming others, ending either."""

from secrets import token_bytes
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from console.api.backend import Backend, Caller, backend_of, caller_of
from engine.control import enrolling
from engine.errors import InvalidInput
from engine.model.base import Json, Model
from engine.model.chat import Enrolment
from engine.model.enrolling import Claim
from engine.model.permission import Permission, permissions
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]
Name = Annotated[str, Field(min_length=1, max_length=255)]


class EnrolmentIn(Model):
    """The room in which somebody wants to be known."""

    room: Name


class ConfirmationIn(Model):
    """The user that is confirmed, so that nobody confirms what they have not seen."""

    user: Name


class RemovalIn(Model):
    """The room in which somebody is to be known no longer; oneself, where no principal is named."""

    room: Name
    principal: Name | None = None


@router.get("/enrolments")
async def get_enrolments(engine: Engine, who: Who) -> Json:
    """Who is known where and what waits for confirmation: one's own, or everybody's for whoever may confirm."""
    everybody = Permission.CONFIRM_ENROLMENTS in permissions(who.principal)
    mine, now = who.principal.id, engine.clock()

    def look(tx: Tx) -> Json:
        waiting = [one for one in tx.claims.open() if enrolling.standing(one, now) != enrolling.LAPSED]
        open_ones = [one for one in waiting if everybody or one.principal == mine]
        known = [one for one in tx.enrolments.all() if everybody or one.principal == mine]
        return {"waiting": [_claim(one, engine) for one in open_ones], "enrolments": [_known(one) for one in known]}

    return await engine.read(look)


@router.post("/me/enrolments")
async def post_enrolment(given: EnrolmentIn, engine: Engine, who: Who) -> Json:
    """A code to be typed in the room; this answer is the only place where it ever stands."""
    if given.room not in engine.rooms:
        rooms = ", ".join(engine.rooms) or "none"
        raise InvalidInput(f"there is no room `{given.room}` here: {rooms}")
    random, now = token_bytes(enrolling.LENGTH), engine.clock()

    def work(tx: Tx) -> Json:
        claim, code = enrolling.offer(tx, who.principal, given.room, random, now)
        return _claim(claim, engine) | {"code": code, "expires_at": (now + enrolling.GOOD_FOR).isoformat()}

    return await engine.write(work)


@router.post("/enrolments/{claim_id}/confirmation")
async def post_confirmation(claim_id: str, given: ConfirmationIn, engine: Engine, who: Who) -> Json:
    """Confirm who somebody else is."""
    people, now = engine.desk().people, engine.clock()
    work = enrolling.confirm
    return _known(await engine.write(lambda tx: work(tx, people, who.principal, claim_id, given.user, now)))


@router.post("/enrolments/{claim_id}/refusal")
async def post_refusal(claim_id: str, engine: Engine, who: Who) -> Json:
    """Have nothing come of an enrolment: one's own, or anybody's for whoever may confirm it."""
    now = engine.clock()
    return _claim(await engine.write(lambda tx: enrolling.decline(tx, who.principal, claim_id, now)), engine)


@router.post("/enrolments/removal")
async def post_removal(given: RemovalIn, engine: Engine, who: Who) -> Json:
    """Be known no longer in a room."""
    name, now = given.principal or who.principal.id, engine.clock()
    return _known(await engine.write(lambda tx: enrolling.remove(tx, who.principal, name, given.room, now)))


def _claim(claim: Claim, engine: Backend) -> Json:
    shown = claim.model_dump(mode="json", exclude={"code_sha256"})
    return shown | {"state": enrolling.standing(claim, engine.clock())}


def _known(one: Enrolment) -> Json:
    return one.model_dump(mode="json")
