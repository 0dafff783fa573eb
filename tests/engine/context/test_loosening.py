"""What takes votes: whatever would let more be done than before."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from engine.context.file import ContextFile
from engine.context.loosening import kept_longer, loosened
from engine.context.parts import Job, Segment, SegmentKind, TagRule, Untouchable
from engine.model.base import Model
from engine.model.context import Asset, Criticality, Exclusion, Identity
from engine.model.provenance import Source

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
HOST = Asset(
    name="a", addresses=("10.0.0.1",), criticality=Criticality.HIGH, roles=("web",), owner="shop", segment="s",
    services=("shop",), redundancy_group="g", tags=("pci",),
)  # fmt: skip
WHO = Identity(name="j.doe", criticality=Criticality.HIGH, privileged=True, used_by=("billing",), owner="shop")


@pytest.mark.parametrize(
    "change",
    [
        {"criticality": Criticality.CRITICAL},
        {"criticality": Criticality.PROTECTED},
        {"criticality": Criticality.UNKNOWN},
        {"roles": ("web", "dns")},
        {"services": ("shop", "mail")},
        {"depends_on": ("db",)},
        {"shares": ("10.0.0.9",)},
        {"tags": ("pci", "gdpr")},
        {"addresses": ("10.0.0.1", "10.0.0.2")},
        {"untouchable": True},
        {"runs_on": "hv"},
        {"tunnel": "vpn"},
        {"name": "A"},
    ],
)
def test_what_only_tightens_takes_no_votes(change: dict[str, object]) -> None:
    after = HOST.model_copy(update=change)
    assert loosened(ContextFile(assets=(HOST,)), ContextFile(assets=(after,))) == ()


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"criticality": Criticality.STANDARD}, "`a`: criticality was `high` and would be `standard`"),
        ({"criticality": Criticality.LOW}, "`a`: criticality was `high` and would be `low`"),
        ({"roles": ()}, "`a`: roles was `web` and would be ``"),
        ({"roles": ("dns",)}, "`a`: roles was `web` and would be `dns`"),
        ({"services": ()}, "`a`: services was `shop` and would be ``"),
        ({"addresses": ()}, "`a`: addresses was `10.0.0.1` and would be ``"),
        ({"owner": "me"}, "`a`: owner was `shop` and would be `me`"),
        ({"owner": ""}, "`a`: owner was `shop` and would be ``"),
        ({"segment": "guest"}, "`a`: segment was `s` and would be `guest`"),
        ({"redundancy_group": ""}, "`a`: redundancy_group was `g` and would be ``"),
        ({"tags": ()}, "`a`: tags was `pci` and would be ``"),
        ({"fingerprint": "other"}, "`a`: fingerprint was `` and would be `other`"),
    ],
)
def test_whatever_else_changes_about_a_host_does(change: dict[str, object], line: str) -> None:
    after = HOST.model_copy(update=change)
    assert loosened(ContextFile(assets=(HOST,)), ContextFile(assets=(after,))) == (line,)


@pytest.mark.parametrize("field", ["runs_on", "tunnel"])
def test_what_was_said_of_its_ground_is_not_changed_unasked(field: str) -> None:
    before = HOST.model_copy(update={field: "x"})
    for value in ("", "y"):
        after = before.model_copy(update={field: value})
        assert len(loosened(ContextFile(assets=(before,)), ContextFile(assets=(after,)))) == 1


def test_a_flag_is_not_taken_away_unasked() -> None:
    before = HOST.model_copy(update={"untouchable": True})
    assert len(loosened(ContextFile(assets=(before,)), ContextFile(assets=(HOST,)))) == 1


def test_an_address_of_a_lesser_host_was_unknown_and_so_high() -> None:
    small = HOST.model_copy(update={"criticality": Criticality.STANDARD})
    after = small.model_copy(update={"addresses": ("10.0.0.1", "10.0.0.2")})
    assert len(loosened(ContextFile(assets=(small,)), ContextFile(assets=(after,)))) == 1


@pytest.mark.parametrize(
    ("new", "at"),
    [
        (Asset(name="n", addresses=("10.0.0.1",), criticality=Criticality.PROTECTED), "10.0.0.1"),
        (Asset(name="n", addresses=("::ffff:10.0.0.1",), criticality=Criticality.HIGH), "10.0.0.1"),
        (Asset(name="n", addresses=("10.0.0.5",), criticality=Criticality.HIGH), "10.0.0.5"),
        (Asset(name="10.0.0.1", criticality=Criticality.HIGH), "10.0.0.1"),
    ],
    ids=["its address", "in another spelling", "one that it shares", "by its name"],
)
@pytest.mark.parametrize("known", [True, False], ids=["a host that grows", "a new host"])
def test_nobody_claims_the_address_of_another_unasked(new: Asset, at: str, known: bool) -> None:
    theirs = HOST.model_copy(update={"shares": ("10.0.0.5",)})
    before = (theirs, new.model_copy(update={"name": "n", "addresses": ()}))[: 1 + (known and new.name == "n")]
    lines = loosened(ContextFile(assets=before), ContextFile(assets=(theirs, new)))
    assert lines == (f"`{new.name}` would stand at {at}, which is that of `a`",)


@pytest.mark.parametrize("before", [(), ("web",)], ids=["a new host", "a known host"])
@pytest.mark.parametrize(
    ("role", "votes"), [("dhcp", 1), ("DHCP server", 1), ("dns", 0), ("gateway", 0), ("sensor", 0), ("web", 0)]
)
def test_another_one_of_what_would_be_the_last_takes_votes(before: tuple[str, ...], role: str, votes: int) -> None:
    last = HOST.model_copy(update={"roles": ("dhcp", "gateway", "sensor")})
    new = Asset(name="n", criticality=Criticality.HIGH, roles=(*before, role))
    known = (last, *(new.model_copy(update={"roles": (one,)}) for one in before))
    lines = loosened(ContextFile(assets=known), ContextFile(assets=(last, new)))
    assert lines == ("`n` would be a dhcp too, so that another one is not the last",) * votes


def hosts(count: int) -> tuple[Asset, ...]:
    return tuple(Asset(name=f"h{number}", addresses=(f"10.0.0.{number}",)) for number in range(count))


@pytest.mark.parametrize(("before", "after", "votes"), [(0, 1, 0), (0, 2, 1), (7, 8, 0), (40, 44, 0), (40, 45, 1)])
def test_segments_and_classes_grow_by_a_tenth_without_votes(before: int, after: int, votes: int) -> None:
    lab = (Segment(name="lab", cidr=ip_network("10.0.0.0/24"), kind=SegmentKind.LAB),)
    lines = loosened(ContextFile(assets=hosts(before), segments=lab), ContextFile(assets=hosts(after), segments=lab))
    said = ("hosts of criticality unknown", "hosts in segments of kind lab")
    expected = [f"there were {before} {what} and would be {after}, and shares of them grow along" for what in said]
    assert [*lines] == expected * votes


def test_so_do_accounts_by_their_privileges() -> None:
    people = tuple(Identity(name=f"p{number}", privileged=number < 3) for number in range(5))
    assert loosened(ContextFile(), ContextFile(identities=people)) == (
        "there were 0 privileged accounts and would be 3, and shares of them grow along",
        "there were 0 accounts without privileges and would be 2, and shares of them grow along",
    )


@pytest.mark.parametrize(
    ("criticality", "votes"), [("low", 1), ("standard", 1), ("unknown", 0), ("high", 0), ("protected", 0)]
)
def test_what_is_new_counted_as_high_before(criticality: str, votes: int) -> None:
    new = Asset(name="n", criticality=Criticality(criticality))
    assert len(loosened(ContextFile(), ContextFile(assets=(new,)))) == votes


def test_what_is_gone_is_told() -> None:
    assert loosened(ContextFile(assets=(HOST,)), ContextFile()) == ("`a` is gone",)


@pytest.mark.parametrize(
    ("change", "votes"),
    [
        ({"service": True}, 0),
        ({"break_glass": True}, 0),
        ({"untouchable": True}, 0),
        ({"used_by": ("billing", "mail")}, 0),
        ({"reenabled_by": "hr"}, 0),
        ({"administrator": True}, 1),
        ({"enabled": False}, 1),
        ({"on_call": True}, 1),
        ({"privileged": False}, 1),
        ({"used_by": ()}, 1),
        ({"criticality": Criticality.LOW}, 1),
        ({"owner": "me"}, 1),
    ],
)
def test_accounts_are_weighed_alike(change: dict[str, object], votes: int) -> None:
    after = WHO.model_copy(update=change)
    assert len(loosened(ContextFile(identities=(WHO,)), ContextFile(identities=(after,)))) == votes


@pytest.mark.parametrize(("enabled", "votes"), [(True, 1), (False, 0)])
def test_a_new_administrator_lets_another_be_locked_out(enabled: bool, votes: int) -> None:
    new = Identity(name="x", administrator=True, enabled=enabled)
    assert len(loosened(ContextFile(), ContextFile(identities=(new,)))) == votes


PARTS: list[tuple[str, Model | object]] = [
    ("segments", Segment(name="lab", cidr=ip_network("10.0.0.0/24"), kind=SegmentKind.LAB)),
    ("partner", ip_network("172.28.0.0/24")),
    ("untouchable", Untouchable(target="gw", why="ours")),
    ("exclusions", Exclusion(target="evil-01", owner="me", reason="r", expires_at=NOW)),
    ("jobs", Job(name="b", tag="backup", source="a", destination="b", port=1)),
    ("tags", TagRule(tag="backup", port=443)),
]


@pytest.mark.parametrize(("part", "value"), PARTS, ids=[part for part, _ in PARTS])
def test_networks_exclusions_and_tags_take_votes_either_way(part: str, value: object) -> None:
    there, empty = ContextFile().model_copy(update={part: (value,)}), ContextFile()
    assert [line.split(" with")[0] for line in loosened(empty, there)] == [f"{part}:"]
    assert loosened(empty, there)[0].startswith(f"{part}: with ")
    assert loosened(there, empty)[0].startswith(f"{part}: without ")


@pytest.mark.parametrize(
    ("before", "after", "votes"),
    [(None, 40, 0), (30, 30, 0), (30, 7, 0), (30, 31, 1), (30, 0, 1), (0, 0, 0), (0, 7, 0)],
)
def test_believing_a_source_for_longer_takes_votes(before: int | None, after: int, votes: int) -> None:
    def of(days: int) -> Source:
        return Source(
            name="cmdb", format="csv", file="f", sha256="0" * 64, by="anna", at=NOW, as_of=NOW,
            valid_for=timedelta(days=days) if days else None,
        )  # fmt: skip

    assert len(kept_longer(None if before is None else of(before), of(after))) == votes
