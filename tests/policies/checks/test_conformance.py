"""Every check that ships keeps the laws that those of others are held to."""

import pytest

from engine.conformance import Law
from engine.ports import Check
from policies.checks import CHECKS
from policies.conformance import EVERY, CheckCase


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@pytest.mark.parametrize("law", EVERY, ids=lambda law: law.name)
async def test_every_check(law: Law[CheckCase], check: Check) -> None:
    await law.hold(CheckCase(check))
