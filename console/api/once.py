"""A request with an `Idempotency-Key` is carried out once, however often it is sent.

Rules: 1. A key is its principal's, and stands for one request to the last byte. 2. It is taken in the transaction of
the first thing that the request does: both are there, or neither, whatever is killed when. 3. What was refused took
nothing and may be sent again. 4. The answer is kept for two days, unless it tells of a failure after something was
done; where there is none, that is said, and nothing is done again. 5. Answers that hold a secret are not kept, and
requests that are files are not compared: those take no key.
"""

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.errors import FirelineError, InvalidInput, StaleState, StoreUnavailable
from engine.model.kept_answer import KeptAnswer, TakenKey
from engine.store.store import Store
from engine.store.tx import Tx

T = TypeVar("T")
HEADER = "idempotency-key"
KEY = re.compile(r"[\x21-\x7e]{1,100}")
WITHOUT_KEY = frozenset({"/tokens", "/sign-in-links", "/me/enrolments", "/intel/imports", "/context/imports"})
"""Rule 5."""
FAILED = 500
"""From this status on an answer says to try again."""


@dataclass
class Doing:
    """The request being answered now: the key it takes, and whether that is taken."""

    claim: TakenKey | None = None
    is_taken: bool = False


DOING: ContextVar[Doing | None] = ContextVar("doing", default=None)


class Answered(FirelineError):
    """This request was carried out before; here is what it came to."""

    def __init__(self, kept: KeptAnswer) -> None:
        """Answer with what is kept."""
        super().__init__("answered before")
        self.kept = kept


async def take_key(request: Request, store: Store, principal: str, now: datetime) -> None:
    """Have what this request does take its key; raise `Answered` where that was done before."""
    key, doing = request.headers.get(HEADER), DOING.get()
    if key is None or doing is None or request.method != "POST":
        return
    if request.scope["route"].path in WITHOUT_KEY:
        raise InvalidInput("this path takes no Idempotency-Key: its answer is not kept")
    if not KEY.fullmatch(key):
        raise InvalidInput("an Idempotency-Key is 1 to 100 visible ASCII characters")
    doing.claim = claim = TakenKey(name=f"door/{principal}/{key}", digest=await _digest(request), at=now)
    before, kept = await store.read(lambda tx: _known(tx, claim))
    if before is None:
        return
    if before.digest != claim.digest:
        raise InvalidInput("this Idempotency-Key stood for another request: take a new one")
    if kept is None:
        raise StaleState("this was carried out already and its answer is lost: look at what came of it")
    raise Answered(kept)


def _known(tx: Tx, claim: TakenKey) -> tuple[TakenKey | None, KeptAnswer | None]:
    return tx.steps.stored(claim.name, TakenKey), tx.steps.stored(_answer_of(claim), KeptAnswer)


def _answer_of(claim: TakenKey) -> str:
    """Where the answer is kept: a name that no key has, whatever it is."""
    return claim.name.replace("door/", "door-answer/", 1)


def taking(work: Callable[[Tx], T]) -> Callable[[Tx], T]:
    """The work, with the key of the request that asks for it taken in the same transaction (rule 2)."""
    doing = DOING.get()
    if doing is None or doing.claim is None or doing.is_taken:
        return work
    claim = doing.claim

    def once(tx: Tx) -> T:
        if tx.steps.once(claim.name, TakenKey, claim.at, lambda: claim) is not claim:
            raise StaleState("the same request is being carried out at this moment")
        return work(tx)

    return once


def taken() -> None:
    """What takes the key of this request is on disk."""
    doing = DOING.get()
    if doing is not None and doing.claim is not None:
        doing.is_taken = True


def replay(answered: Answered) -> Response:
    """The answer as it was given the first time."""
    headers = {"Idempotency-Replayed": "true"}
    return Response(answered.kept.text, answered.kept.status, headers, "application/json")


class KeepAnswers:
    """Keeps the answers of requests that took a key."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        """Stand before `app`."""
        self._app, self._store = app, store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back once it is kept."""
        doing, answer, status = Doing(), bytearray(), 0

        async def keeping(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answer.extend(message.get("body", b"") if doing.is_taken else b"")
            if (
                status < FAILED
                and doing.is_taken
                and message["type"] == "http.response.body"
                and not message.get("more_body")
            ):
                await self._keep(doing.claim, KeptAnswer(status=status, text=answer.decode()))
            await send(message)

        before = DOING.set(doing)
        try:
            await self._app(scope, receive, keeping)
        finally:
            DOING.reset(before)

    async def _keep(self, claim: TakenKey | None, kept: KeptAnswer) -> None:
        """Whoever asked gets their answer, kept or not (rule 4)."""
        if claim is not None:
            with suppress(StoreUnavailable):
                await self._store.write(lambda tx: tx.steps.once(_answer_of(claim), KeptAnswer, claim.at, lambda: kept))


async def _digest(request: Request) -> str:
    said = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(said + await request.body()).hexdigest()
