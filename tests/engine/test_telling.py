"""How it reads: each audience is told what it means for them, until when, and whom to call."""

from datetime import UTC, datetime

import pytest

from engine.telling import Change, Effect, told

UNTIL = datetime(2026, 11, 22, 3, 41, tzinfo=UTC)
HEAD = "db-07: isolate a host (host.isolate): "
IN_FORCE = f"{HEAD}in force until 2026-11-22 03:41 UTC (L-0001)"
CALL = "call anna, tom to have it ended sooner"


def effect(change: Change = Change.ACTIVE, until: datetime | None = UNTIL) -> Effect:
    return Effect("L-0001", change, "isolate a host (host.isolate)", "db-07", until, ("orders",), ("anna", "tom"))


@pytest.mark.parametrize(
    ("told_of", "audience", "through", "line"),
    [
        (effect(), "owner", "", f"{IN_FORCE}; your orders may be cut off meanwhile; {CALL}"),
        (effect(), "owner", "billing", f"{IN_FORCE}; billing depends on it and may do without it meanwhile; {CALL}"),
        (effect(), "help-desk", "", f"{IN_FORCE}; users of orders may call; it ends by itself; {CALL}"),
        (effect(), "it-operations", "", f"{IN_FORCE}; services: orders; {CALL}"),
        (
            effect(Change.INTERIM), "it-operations", "",
            f"{HEAD}in force meanwhile (people still decide about more) until 2026-11-22 03:41 UTC (L-0001); "
            f"services: orders; {CALL}",
        ),
        (
            effect(Change.EXTENDED, None), "lead", "",
            f"{HEAD}stays in force until somebody releases it (L-0001); services: orders; {CALL}",
        ),
        (
            effect(Change.ACTIVE, None), "help-desk", "",
            f"{HEAD}in force until somebody releases it (L-0001); users of orders may call; {CALL}",
        ),
        (
            effect(Change.RELEASED), "owner", "",
            f"{HEAD}released (L-0001); your orders should work as before; if not, call anna, tom",
        ),
        (
            effect(Change.RELEASED), "owner", "billing",
            f"{HEAD}released (L-0001); billing can reach it again; if not, call anna, tom",
        ),
        (
            effect(Change.RELEASED), "help-desk", "",
            f"{HEAD}released (L-0001); users of orders should notice nothing any more; if not, call anna, tom",
        ),
    ],
)  # fmt: skip
def test_each_audience_is_told_what_it_means_for_them(told_of: Effect, audience: str, through: str, line: str) -> None:
    assert told(told_of, audience, through) == line
