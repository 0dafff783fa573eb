"""What stands at the target is what stood there when the request was planned."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.context.file import ContextFile
from engine.context.static import StaticContext
from engine.model.context import Asset
from engine.ports import Subject
from policies.checks.target_unchanged import TargetUnchanged

Make = Callable[..., Subject]

OTHER = Asset(name="files-02", fingerprint="image-7")


@pytest.mark.parametrize(
    ("state", "planned", "changes", "outcome"),
    [
        ("requested", None, {}, "pass"),
        ("authorised", "files-02", {}, "pass"),
        ("awaiting_approval", "files-02", {"asset": OTHER}, "block"),
        ("authorised", "files-02", {"asset": OTHER}, "block"),
        ("authorised", "image-7", {"asset": OTHER}, "pass"),
        ("authorised", "files-02", {"asset": None}, "block"),
        ("authorised", None, {}, "block"),
        ("authorised", None, {"asset": None}, "pass"),
    ],
)
def test_outcome(make: Make, state: str, planned: str | None, changes: dict[str, object], outcome: str) -> None:
    subject = make(state=state, request={"fingerprint": planned}, **changes)
    assert TargetUnchanged().run(subject).outcome == outcome


def test_an_address_that_went_to_another_host_is_refused(make: Make, site: ContextFile) -> None:
    released = [a.model_copy(update={"addresses": ()}) if a.name == "ws-114" else a for a in site.assets]
    leased = Asset(name="guest-phone", addresses=("10.20.16.114",))
    later = StaticContext(site.model_copy(update={"assets": (*released, leased)}), {})
    subject = make("network.block_ip", "10.20.16.114", context=later, state="authorised")
    planned = make("network.block_ip", "10.20.16.114").asset
    assert planned is not None
    request = subject.request.model_copy(update={"fingerprint": planned.fingerprint})
    result = TargetUnchanged().run(replace(subject, request=request))
    assert result.outcome == "block"
    assert "was `ws-114` when this was planned and is now `guest-phone`" in result.summary


def test_a_changed_account_is_refused(make: Make) -> None:
    asked = {"fingerprint": "sid-500"}
    subject = make("identity.disable_account", "j.baker", state="authorised", request=asked)
    assert TargetUnchanged().run(subject).outcome == "block"


def test_a_notice_about_a_changed_thing_is_still_sent(make: Make) -> None:
    subject = make("notify", "files-02", state="authorised", request={"fingerprint": "gone"})
    assert TargetUnchanged().run(subject).outcome == "pass"
