"""What an owner excluded is left alone, for as long as that holds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine.context.file import ContextFile
from engine.context.static import StaticContext
from engine.model.context import Exclusion
from engine.ports import Subject
from policies.checks.exclusion import Excluded

Make = Callable[..., Subject]


def exclusion(hours: int = 1, actions: tuple[str, ...] = ()) -> Exclusion:
    end = datetime(2026, 11, 21, 3, 11, 2, tzinfo=UTC) + timedelta(hours=hours)
    return Exclusion(target="files-02", actions=actions, owner="db-owners", reason="migration", expires_at=end)


@pytest.mark.parametrize(
    ("action", "target", "excluded", "outcome"),
    [
        ("host.isolate", "files-02", [], "pass"),
        ("host.isolate", "files-02", [exclusion()], "block"),
        ("host.isolate", "files-02", [exclusion(hours=-1)], "pass"),
        ("host.isolate", "files-03", [exclusion()], "pass"),
        ("host.isolate", "files-02", [exclusion(actions=("network.block_ip",))], "pass"),
        ("network.block_ip", "10.20.4.17", [exclusion(actions=("network.block_ip",))], "block"),
        ("network.block_segment", "10.20.4.0/24", [exclusion()], "block"),
        ("notify", "files-02", [exclusion()], "pass"),
    ],
)
def test_outcome(
    make: Make, site: ContextFile, action: str, target: str, excluded: list[Exclusion], outcome: str
) -> None:
    context = StaticContext(site.model_copy(update={"exclusions": tuple(excluded)}), {})
    assert Excluded().run(make(action, target, context=context)).outcome == outcome


def test_the_refusal_names_owner_end_and_reason(make: Make, site: ContextFile) -> None:
    context = StaticContext(site.model_copy(update={"exclusions": (exclusion(),)}), {})
    summary = Excluded().run(make(context=context)).summary
    assert summary == "excluded by db-owners until 2026-11-21T04:11+00:00: migration"


def test_what_the_policy_excludes_is_blocked_by_its_own_words(make: Make) -> None:
    result = Excluded().run(make(excluded=("`calm` excluded by it: moves", "`more` excluded by hr: pay")))
    assert (result.outcome, result.summary) == ("block", "`calm` excluded by it: moves; `more` excluded by hr: pay")
    assert Excluded().run(make("notify", excluded=("`calm` excluded by it: moves",))).outcome == "pass"
