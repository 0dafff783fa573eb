"""What an approval covers: more of what was shown up to a fifth, and nobody who was not shown."""

import pytest

from engine.model.base import Json
from engine.model.check import CheckOutcome, CheckResult
from engine.victims import unlike_shown


def answer(check: str, outcome: str, summary: str = "s", **details: object) -> CheckResult:
    given = {"check": check, "outcome": outcome, "summary": summary, "details": details}
    return CheckResult.model_validate(given)


def needed_by(*names: str, owner: str = "it") -> CheckResult:
    return answer("dependents", "warn", f"would cut off {names}", dependents=[*names], owners=[owner])


def hosts(count: int) -> CheckResult:
    return answer("dependents", "pass", share={"hosts": count, "of": 900})


def traffic(*services: str, lines: int = 0, at: str = "12:00", outcome: str = "warn") -> CheckResult:
    """Business traffic from one client a service, `tag destination`; `lines` counts what is not listed besides."""
    split = [service.split() for service in services]
    cut: list[Json] = [{"tag": t, "destination": d, "port": 443, "protocol": "tcp", "at": at} for t, d in split]
    tags = {tag for tag, _ in split} | {"business"}
    sums = {tag: {"lines": sum(t == tag for t, _ in split), "count": 9, "bytes": 7} for tag in sorted(tags)}
    sums["business"]["lines"] += lines
    return answer("legitimate-flows", outcome, f"would have cut at {at}", flows=sums, cut=cut)


def warns(*names: str, check: str = "hypervisor", summary: str = "s", key: str = "guests") -> CheckResult:
    return answer(check, "warn", summary, **({key: [*names]} if names else {}))


PASSES = answer("hypervisor", "pass")
MORE = "it would break more than was shown: "


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (needed_by("orders"), needed_by("payroll"), "it would also cut off payroll"),
        (needed_by("orders"), needed_by("orders", "payroll"), "it would also cut off payroll"),
        (PASSES, needed_by("orders"), "it would also cut off orders"),
        (traffic("business crm"), traffic("business erp"), "it would also cut traffic: business to erp tcp/443"),
        (traffic("business crm"), traffic("backup crm"), "it would also cut traffic: backup to crm tcp/443"),
        (hosts(5), hosts(7), f"{MORE}7 hosts, not 5"),
        (hosts(10), hosts(13), f"{MORE}13 hosts, not 10"),
        (hosts(0), hosts(1), f"{MORE}1 hosts, not 0"),
        (traffic(lines=5), traffic(lines=7), f"{MORE}7 lines of business traffic, not 5"),
        (traffic(lines=100), traffic(lines=121), f"{MORE}121 lines of business traffic, not 100"),
        (PASSES, warns("vm-1"), "new warning: hypervisor"),
        (PASSES, warns(), "new warning: hypervisor"),
        (warns("vm-1"), warns("vm-2"), "hypervisor also warns of vm-2"),
        (warns("vm-1"), warns("vm-1", "vm-2"), "hypervisor also warns of vm-2"),
        (warns("vm-1"), warns("vm-1", key="hosts"), "hypervisor also warns of vm-1"),
    ],
)
def test_whoever_was_not_shown_and_more_than_a_fifth_more_is_news(
    before: CheckResult, now: CheckResult, said: str
) -> None:
    [first, *_] = unlike_shown([before], [now])
    assert first == said


@pytest.mark.parametrize(
    ("before", "now"),
    [
        (hosts(5), hosts(6)),
        (hosts(10), hosts(12)),
        (hosts(35), hosts(42)),
        (traffic(lines=100), traffic(lines=120)),
        (hosts(6), hosts(5)),
        (needed_by("orders", "payroll"), needed_by("payroll")),
        (needed_by("orders"), needed_by("orders", owner="somebody else")),
        (needed_by("orders"), PASSES),
        (traffic("business crm", "backup crm"), traffic("business crm", at="12:01")),
        (traffic("business crm"), traffic("business crm", outcome="pass")),
        (traffic("business crm", lines=30), traffic("business erp", lines=30)),
        (warns("vm-1", "vm-2"), warns("vm-2")),
        (warns("vm-1", summary="seen at 12:00"), warns("vm-1", summary="seen at 12:01")),
        (warns("vm-1"), PASSES),
        (PASSES, answer("budget", "warn", "nearly spent")),
        (answer("budget", "warn", kinds=["key"]), answer("budget", "warn", kinds=["site"])),
    ],
)
def test_up_to_a_fifth_more_less_and_the_same_in_other_words_is_none(before: CheckResult, now: CheckResult) -> None:
    assert unlike_shown([before], [now]) == ()


def test_who_was_shown_by_any_check_was_shown() -> None:
    one, other = needed_by("orders"), answer("others", "pass", dependents=["payroll"])
    assert unlike_shown([one, other], [needed_by("payroll"), answer("others", "pass", dependents=["orders"])]) == ()


def test_all_that_is_new_is_said() -> None:
    found = unlike_shown([hosts(1)], [hosts(2), needed_by("payroll"), warns("vm-1", check="guests")])
    assert found == ("it would also cut off payroll", f"{MORE}2 hosts, not 1", "new warning: dependents, guests")


def test_one_kind_of_outcome_is_a_warning() -> None:
    outcomes = [one for one in CheckOutcome if unlike_shown([], [answer("weather", one)])]
    assert outcomes == [CheckOutcome.WARN]
