"""What would be decided about an action, without asking for it: nothing is written."""

from datetime import datetime

from pydantic import ValidationError

from engine.control.desk import Desk
from engine.control.judge import Judgement, judge
from engine.correlate import entity, open_incident, open_manual
from engine.errors import InvalidInput
from engine.model.action import Params
from engine.model.base import Json
from engine.model.finding import Finding
from engine.model.incident import Incident
from engine.model.request import Request, RequestState
from engine.ports import Specs
from engine.store.tx import Tx

NOBODY = "nobody"


def parse_params(specs: Specs, action: str, target: str, params: Json) -> Params:
    """An action's typed parameters; raise `InvalidInput` naming the action or parameter that is wrong."""
    spec = specs.get(action)
    if spec is None:
        raise InvalidInput(f"there is no action `{action}`; there are: {', '.join(s.id for s in specs.all())}")
    try:
        return spec.params.model_validate({**params, "target": target})
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        # Of a union pydantic names the branches too, which nobody typed.
        steps = [str(step) for step in problem["loc"] if isinstance(step, int) or step.isidentifier()]
        raise InvalidInput(f"parameter `{'.'.join(steps)}`: {_said(problem['msg'])}") from None


def _said(message: str) -> str:
    return message[:1].lower() + message[1:]


def suppose(
    tx: Tx, desk: Desk, finding: Finding | None, action: str, target: str, params: Json, now: datetime
) -> Judgement:
    """Decide and check as if a playbook asked for this on `finding`, or a person where there is none."""
    typed = parse_params(desk.specs, action, target, params)
    spec = desk.specs.get(action)
    assert spec is not None
    incident = supposed_incident(desk, finding, now)
    request = Request(
        id="AR-?",
        incident_id=incident.id,
        state=RequestState.REQUESTED,
        action=action,
        action_version=spec.version,
        connector=desk.connector(action),
        target=typed.canonical_target(),
        params=typed.model_dump(mode="json"),
        requester=NOBODY if finding is None else f"detector:{finding.detector}@{finding.detector_version}",
        person=finding is None,
        reason="supposed",
        finding_id=None if finding is None else finding.id,
        requested_at=now,
        changed_at=now,
    )
    return judge(tx, desk, request, incident, now, supposed=finding)


def supposed_incident(desk: Desk, finding: Finding | None, now: datetime) -> Incident:
    """The incident that this finding would open, or a person's request."""
    if finding is None:
        return open_manual("INC-?", NOBODY, "supposed", now)

    def asset_name(name: str) -> str | None:
        asset = desk.context.asset(name)
        return None if asset is None else asset.name

    return open_incident("INC-?", entity(finding, desk.context.zone, asset_name), 1, finding, now)
