"""Record golden histories from a home that the kill tests (or anybody) left: `python tests/histories/record.py HOME`.

Of each workflow those histories are taken that together have seen most kinds of events, so kills and time-outs are in
them; a long one (of a watch that runs for ever) is cut where it waits. Whoever ran it is left out. Until 1.0 they may
be recorded anew; say so in the commit.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory

from engine.settings import load
from workflows.embedded import EmbeddedTemporal
from workflows.plugin import FirelinePlugin

HERE = Path(__file__).parent
WORKFLOWS = ("Respond", "Lease", "Watch")
LONGEST = 80
"""Events; more say no more."""
EACH = 3


async def main(home: Path) -> None:
    """Choose and write."""
    settings = load({"home": home})
    server = EmbeddedTemporal(settings)
    address = await server.start()
    try:
        client = await Client.connect(address, namespace=settings.temporal_namespace, plugins=[FirelinePlugin()])
        for kind in WORKFLOWS:
            found = [history async for history in _histories(client, kind)]
            for number, history in enumerate(_most_telling(found), 1):
                (HERE / f"{kind.lower()}-{number}.json").write_text(_anonymous(history))
    finally:
        await server.stop()


async def _histories(client: Client, kind: str) -> AsyncIterator[WorkflowHistory]:
    async for execution in client.list_workflows(f"WorkflowType = '{kind}'", limit=400):
        history = await client.get_workflow_handle(execution.id, run_id=execution.run_id).fetch_history()
        yield history if len(history.events) <= LONGEST else _cut(history)


def _cut(history: WorkflowHistory) -> WorkflowHistory:
    """The beginning, up to where the workflow has nothing to do."""
    scheduled = EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED
    waits = [n for n, event in enumerate(history.events) if event.event_type == scheduled]
    return WorkflowHistory(history.workflow_id, history.events[: max(n for n in waits if n <= LONGEST)])


def _most_telling(histories: list[WorkflowHistory]) -> list[WorkflowHistory]:
    """One after the other that which adds most kinds of events, the shortest of them."""
    chosen: list[WorkflowHistory] = []
    seen = set[int]()
    while histories and len(chosen) < EACH:
        best = max(histories, key=lambda history: (len(_kinds(history) - seen), -len(history.events)))
        seen |= _kinds(best)
        chosen.append(best)
        histories = [history for history in histories if history is not best]
    return chosen


def _kinds(history: WorkflowHistory) -> set[int]:
    return {int(event.event_type) for event in history.events}


def _anonymous(history: WorkflowHistory) -> str:
    written = json.loads(history.to_json())
    _forget(written)
    return json.dumps({"id": history.workflow_id, "history": written}, indent=1, sort_keys=True) + "\n"


def _forget(value: object) -> None:
    if isinstance(value, list):
        for item in value:
            _forget(item)
    elif isinstance(value, dict):
        value.pop("identity", None)
        for item in value.values():
            _forget(item)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
    sys.stdout.flush()
    os._exit(0)
