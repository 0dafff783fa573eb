"""Routes over API tokens: making one, listing, revoking."""

from datetime import timedelta
from secrets import token_urlsafe
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from console.api.backend import Backend, Caller, Seconds, backend_of, caller_of
from console.api.paging import Wanted, by_id
from engine.control.api_tokens import TokenWanted, create_token, revoke_token, tokens_for, why_over
from engine.errors import InvalidInput
from engine.model.api_token import ApiToken
from engine.model.base import Json, Model
from engine.model.permission import Permission
from engine.store.tx import Tx

router = APIRouter(prefix="/tokens")
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class TokenIn(Model):
    """A token somebody wants: for what, how long, and, if not for themselves, for which bot."""

    label: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[tuple[Permission, ...], Field(min_length=1, max_length=len(Permission))]
    lasts_s: Seconds
    owner: str | None = None


@router.get("")
async def get_tokens(engine: Engine, who: Who, page: Wanted) -> Json:
    """One's own tokens, or everybody's for administrators and auditors, so many at a time; never what they open by."""
    return await engine.read(
        lambda tx: page.of("tokens", tokens_for(tx, who.principal), by_id, lambda one: _view(one, engine))
    )


@router.post("")
async def post_token(given: TokenIn, engine: Engine, who: Who) -> Json:
    """Make a token; this answer is the only place where it ever stands."""
    owner = who.principal if given.owner is None else engine.desk().people.get(given.owner)
    if owner is None:
        raise InvalidInput(f"there is nobody called `{given.owner}`")
    lasts = timedelta(seconds=given.lasts_s)
    wanted = TokenWanted(owner, given.label, given.scopes, lasts, token_urlsafe(32), who.token)

    def work(tx: Tx) -> Json:
        token, carried = create_token(tx, who.principal, wanted, engine.clock())
        return _view(token, engine) | {"token": carried}

    return await engine.write(work)


@router.post("/{token_id}/revocation")
async def post_revocation(token_id: str, engine: Engine, who: Who) -> Json:
    """End a token now."""
    now = engine.clock()
    return _view(await engine.write(lambda tx: revoke_token(tx, who.principal, token_id, now)), engine)


def _view(token: ApiToken, engine: Backend) -> Json:
    state = why_over(token, engine.clock()) or "valid"
    return token.model_dump(mode="json", exclude={"sha256"}) | {"state": state}
