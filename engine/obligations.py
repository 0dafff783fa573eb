"""What a decision brings with it: what the winning rows say, or else their tier; and never more than tiers above."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from engine.expressions import Prepared, Refusal
from engine.model.decision import Interim, Obligations, OnExpiry, Reason, Tier
from engine.model.policy import Exemption, Row, TierTerms
from engine.policy_file import Policy
from engine.ruling import Ruling


def oblige(policy: Policy, ruling: Ruling, facts: Prepared) -> tuple[Obligations, list[Reason]]:
    """The obligations of a ruling, and why an interim had to be left out.

    Of several winning rows the strictest of each term counts. Every tier above theirs that had a say may only make the
    terms stricter, so that no rule that lifts the tier ever lengthens an effect.
    """
    rows, tiers, asks = ruling.rows, policy.document.tiers, ruling.tier >= Tier.ASK
    own = tiers.of(rows[0].tier if rows else ruling.tier)
    above = [tiers.of(tier) for tier in sorted(ruling.spoke) if not rows or tier > rows[0].tier]
    final = tiers.of(ruling.tier)
    lease = _shortest([row.lease for row in rows], own.lease, [terms.lease for terms in above])
    ceiling = _shortest([row.ceiling for row in rows], own.ceiling, [terms.ceiling for terms in above])
    interim, left_out = _interim(policy, rows, facts) if asks else ((), [])
    decide_in = _shortest([row.decide_in for row in rows], own.decide_in, [terms.decide_in for terms in above])
    obligations = Obligations(
        lease=min(lease, ceiling),
        ceiling=ceiling,
        quorum=_quorum(rows, (final, *above)) if asks else 0,
        groups=_groups(policy, rows, final, facts) if asks else (),
        decide_in=decide_in if asks else None,
        on_expiry=_expiry(rows, final),
        interim=interim,
        interim_lease=_shortest([r.interim_lease for r in rows], own.interim_lease, [t.interim_lease for t in above]),
        hold_step=_shortest([row.hold_step for row in rows], own.hold_step, [terms.hold_step for terms in above]),
        hold_ceiling=_shortest([r.hold_ceiling for r in rows], own.hold_ceiling, [t.hold_ceiling for t in above]),
        tell=_told(rows, (own, final, *above)),
    )
    return obligations, left_out


def veto(obligations: Obligations, exemptions: Iterable[Exemption]) -> Obligations:
    """The same under an exception: done unless somebody objects in time, and for a short while only."""
    granted = list(exemptions)
    lease = min(obligations.lease, *(exemption.lease for exemption in granted))
    return obligations.model_copy(
        update={
            "lease": lease,
            "ceiling": max(lease, min(obligations.ceiling, *(exemption.lease for exemption in granted))),
            "quorum": 0,
            "groups": (),
            "interim": (),
            "decide_in": max(exemption.veto for exemption in granted),
            "on_expiry": OnExpiry.ACT,
        }
    )


def prolonged(obligations: Obligations, lasts: timedelta) -> Obligations:
    """The same for what keeps an effect in force: exactly as long as people are asked for, and nothing meanwhile."""
    spans = {"lease": lasts, "ceiling": lasts}
    return obligations.model_copy(update={**spans, "interim": (), "on_expiry": OnExpiry.DENY})


def _shortest(
    written: Sequence[timedelta | None], own: timedelta | None, above: Sequence[timedelta | None]
) -> timedelta:
    """The least of what each row wrote (or else its tier says) and of what the tiers above allow."""
    said = [own if span is None else span for span in written] or [own]
    spans = [span for span in [*said, *above] if span is not None]
    return min(spans) if spans else timedelta(0)


def _quorum(rows: Sequence[Row], tiers: Sequence[TierTerms]) -> int:
    return max([*(terms.quorum for terms in tiers), *(row.quorum or 0 for row in rows)])


def _told(rows: Sequence[Row], tiers: Sequence[TierTerms]) -> tuple[str, ...]:
    named = [*(terms.tell for terms in tiers), *(row.tell for row in rows)]
    return tuple(sorted({name for names in named for name in names}))


def _expiry(rows: Sequence[Row], defaults: TierTerms) -> OnExpiry:
    written = {row.on_expiry or defaults.on_expiry for row in rows} or {defaults.on_expiry}
    return written.pop() if len(written) == 1 else OnExpiry.DENY


def _groups(policy: Policy, rows: Sequence[Row], defaults: TierTerms, facts: Prepared) -> tuple[str, ...]:
    """The named groups; the tier's own where an expression (the target's owner) names none."""
    named = (group.resolve(facts) for row in rows for group in policy.terms[row.id].groups)
    return tuple(sorted({group for group in named if isinstance(group, str) and group})) or defaults.groups


def _interim(policy: Policy, rows: Sequence[Row], facts: Prepared) -> tuple[tuple[Interim, ...], list[Reason]]:
    bound: list[Interim] = []
    left_out: list[Reason] = []
    for row in rows:
        for call in policy.terms[row.id].interim:
            params = call.bind(facts)
            if isinstance(params, Refusal):
                left_out.append(Reason(rule=row.id, text=f"no interim {call.spec.id}: {params.reason}"))
                continue
            interim = Interim(action=call.spec.id, target=params.canonical_target(), params=params.effect())
            bound.extend([] if interim in bound else [interim])
    return tuple(bound), left_out
