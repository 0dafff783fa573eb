"""Routes over playbooks: what one would do now."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from console.api.backend import Backend, Caller, backend_of, caller_of
from engine.control.foresight import plan
from engine.documents import SIZE_LIMIT, parse
from engine.errors import NotFound
from engine.model.base import Json, Model
from engine.model.finding import Finding
from engine.model.governance import SourceText
from engine.playbook_file import DEPTH
from engine.playbook_set import compile_playbooks
from engine.store.tx import Tx

router = APIRouter()
Engine = Annotated[Backend, Depends(backend_of)]
Who = Annotated[Caller, Depends(caller_of)]


class PlanIn(Model):
    """A playbook, with others that it may call, and a finding: itself, or the id of one that came in."""

    files: Annotated[tuple[SourceText, ...], Field(min_length=1, max_length=100)]
    finding: Finding | None = None
    finding_id: str = ""


@router.post("/playbooks/plan")
async def post_plan(given: PlanIn, engine: Engine, _: Who) -> Json:
    """What the first of these playbooks would do for the finding now; nothing is written."""
    now = engine.clock()

    def read(tx: Tx) -> Json:
        desk = engine.desk(tx)
        finding = given.finding or tx.findings.get(given.finding_id)
        if finding is None:
            raise NotFound(f"there is no finding `{given.finding_id}`")
        documents = [parse(file.text, file.name, SIZE_LIMIT, DEPTH) for file in given.files]
        playbook = compile_playbooks(documents, desk.specs, desk.playbooks)[0]
        return plan(tx, desk, playbook, finding, now).model_dump(mode="json")

    return await engine.read(read)
