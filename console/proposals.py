"""What is put to the vote: texts checked, compared with what is active, proved and replayed, all beside the writer."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from console.api.backend import Backend
from engine.bundles import amended, playbooks_bundle, playbooks_of, policy_bundle, policy_of, require
from engine.control.governance import Wish
from engine.documents import parse
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.finding import Finding
from engine.model.governance import Bundle, Kind, SourceText
from engine.model.incident import Incident
from engine.policy_cases import CaseFile, check_cases
from engine.policy_file import Policy
from engine.proposal_reports import answerable, playbook_reports, policy_reports
from engine.store.recorded import made
from engine.store.tx import Tx

REPLAYED = timedelta(days=30)
"""How far back decisions are made again for a proposal."""
INCIDENTS, FINDINGS = 100, 500
"""Of how many of the latest incidents how many findings are answered again."""


async def build_wish(
    engine: Backend, kind: Kind, files: Sequence[SourceText], cases: SourceText | None, reason: str, now: datetime
) -> Wish:
    """What is to be proposed; raise `InvalidFile` with everything that is wrong in it."""
    if kind is Kind.POLICY:
        bundle, base, reports = await _policy(engine, files, cases, now)
    elif kind is Kind.CONTEXT:
        raise InvalidInput("context is taken in by `fireline context import`")
    elif cases is not None:
        raise InvalidInput("only a policy has cases")
    else:
        bundle, base, reports = await _playbooks(engine, files)
    return Wish(bundle, base, ", ".join(file.name for file in files), reason, reports)


_Built = tuple[Bundle, str, Json]


async def _policy(engine: Backend, files: Sequence[SourceText], cases: SourceText | None, now: datetime) -> _Built:
    specs, since = engine.desk().specs, now - REPLAYED

    def compiled() -> tuple[Policy, CaseFile | None]:
        policy = policy_of(files, specs)
        return policy, None if cases is None else check_cases(parse(cases.text, cases.name), policy, specs)

    policy, checked = await asyncio.to_thread(compiled)
    base, active, recorded = await engine.read(
        lambda tx: (_bundle(tx, Kind.POLICY).digest, engine.desk(tx).policy, made(tx.requests, tx.findings, since))
    )
    reports = await asyncio.to_thread(lambda: policy_reports(active, policy, checked, recorded, specs, since, now))
    terms = answerable(policy.document.governance, engine.desk().people.all())
    return policy_bundle(files, policy), base, {**reports, "governance": terms}


async def _playbooks(engine: Backend, files: Sequence[SourceText]) -> _Built:
    specs = engine.desk().specs
    before, active, recent = await engine.read(
        lambda tx: (_bundle(tx, Kind.PLAYBOOKS), engine.desk(tx).playbooks, _recent(tx))
    )

    def compiled() -> tuple[Bundle, Json]:
        texts = amended(before, files)
        playbooks = playbooks_of(texts, specs)
        return playbooks_bundle(texts, playbooks), playbook_reports(active, playbooks, recent)

    bundle, reports = await asyncio.to_thread(compiled)
    return bundle, before.digest, reports


def _bundle(tx: Tx, kind: Kind) -> Bundle:
    digest = tx.governance.active().get(kind, "")
    return require(tx.governance.bundle(kind, digest), kind, digest)


def _recent(tx: Tx) -> list[tuple[Incident, Finding]]:
    """The latest findings, each with its incident."""
    latest = tx.incidents.all()[-INCIDENTS:]
    found = ((incident, tx.findings.get(name)) for incident in latest for name in incident.finding_ids)
    return [(incident, finding) for incident, finding in islice(found, FINDINGS) if finding is not None]
