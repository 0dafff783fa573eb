"""Several sources about one place: the strictest counts, and everything keeps where it came from."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

from engine.context.file import PRIVATE, ContextFile
from engine.context.merge import Known, merge
from engine.context.parts import Untouchable
from engine.context.static import StaticContext
from engine.context.stored import bundle_of, known_in
from engine.model.context import Asset, Criticality, Identity
from engine.model.provenance import Source, all_stale

NOW = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
DAY = timedelta(days=1)


def source(name: str, days_old: float = 0, valid_for: timedelta | None = 30 * DAY) -> Source:
    return Source(
        name=name, format="yaml", file=f"{name}.yaml", sha256="0" * 64, by="anna", at=NOW, as_of=NOW - days_old * DAY,
        valid_for=valid_for,
    )  # fmt: skip


def known(name: str, days_old: float, *assets: Asset) -> Known:
    return Known(source(name, days_old), ContextFile(assets=assets))


def test_the_strictest_word_counts_and_lists_are_joined() -> None:
    site = ContextFile(assets=(Asset(name="web-01", criticality=Criticality.CRITICAL, roles=("web",), owner="shop"),))
    new = Asset(name="WEB-01", criticality=Criticality.LOW, roles=("proxy", "web"), owner="retail", untouchable=True)
    asset = StaticContext(merge(site, (known("cmdb", 0, new),)), {}).asset("web-01")
    assert asset is not None
    assert (asset.criticality, asset.roles, asset.untouchable) == ("critical", ("web", "proxy"), True)
    assert asset.owner == "retail"


def test_the_freshest_word_counts_where_there_can_be_one_only() -> None:
    first, last = known("edr", 0, Asset(name="a", owner="new")), known("cmdb", 9, Asset(name="a", owner="old"))
    assert [asset.owner for asset in merge(ContextFile(), (first, last)).assets] == ["new"]


def test_what_nobody_says_is_no_word() -> None:
    merged = merge(ContextFile(), (known("a", 1, Asset(name="x", criticality=Criticality.LOW, owner="o")),
                                   known("b", 0, Asset(name="x"))))  # fmt: skip
    assert (merged.assets[0].criticality, merged.assets[0].owner) == ("low", "o")


def test_an_address_that_two_sources_give_away_is_shared_and_the_fresher_hosts() -> None:
    old, new = Asset(name="old", addresses=("10.0.0.5",)), Asset(name="new", addresses=("10.0.0.5",))
    context = StaticContext(merge(ContextFile(), (known("b", 0, new), known("a", 2, old))), {})
    assert [asset.name for asset in context.sharing("10.0.0.5")] == ["old", "new"]
    found = context.asset("10.0.0.5")
    assert found is not None
    assert found.name == "new"


def test_private_networks_stay_inside_unless_somebody_says_otherwise() -> None:
    assert merge(ContextFile(), (known("a", 0),)).inside == PRIVATE
    said = Known(source("a"), ContextFile(inside=(ip_network("203.0.113.0/24"),)))
    assert merge(ContextFile(), (said,)).inside == (ip_network("203.0.113.0/24"),)


def test_what_the_site_guards_stays_guarded() -> None:
    site = ContextFile(untouchable=(Untouchable(target="10.0.0.1", why="ours"),))
    more = Known(source("a"), ContextFile(untouchable=(Untouchable(target="10.0.0.2", why="theirs"),)))
    context = StaticContext(merge(site, (more,)), {})
    assert (context.untouchable("10.0.0.1"), context.untouchable("10.0.0.2")) == ("ours", "theirs")


def test_every_thing_knows_its_sources() -> None:
    people = Known(source("hr"), ContextFile(identities=(Identity(name="J.Doe"),)))
    cmdb, edr = known("cmdb", 2, Asset(name="A"), Asset(name="b")), known("edr", 1, Asset(name="a"))
    context = StaticContext(merge(ContextFile(assets=(Asset(name="own"),)), (edr, people, cmdb)), {})
    told = {thing.name: [one.name for one in context.sources(thing)] for thing in context.assets()}
    assert told == {"own": [], "b": ["cmdb"], "a": ["cmdb", "edr"]}
    assert [one.name for one in context.sources(Identity(name="j.doe"))] == ["hr"]
    assert [one.name for one in context.sources()] == ["cmdb", "edr", "hr"]


def test_a_thing_is_stale_when_all_that_speaks_of_it_is() -> None:
    fresh, old, ever = source("a", 30), source("b", 30.01), source("c", 4000, None)
    assert [one.is_stale(NOW) for one in (fresh, old, ever)] == [False, True, False]
    assert all_stale((old,), NOW)
    assert not all_stale((old, fresh), NOW)
    assert not all_stale((), NOW)
    assert source("d", -1).age(NOW) == timedelta(0)


def test_what_is_stored_is_what_was_said() -> None:
    said = (known("b", 1, Asset(name="a", addresses=("10.0.0.1",))), known("a", 2, Asset(name="c")))
    bundle = bundle_of(said)
    assert {one.source.name: one for one in known_in(bundle.files)} == {one.source.name: one for one in said}
    assert bundle_of(reversed(said)).digest == bundle.digest
    assert bundle_of(said[:1]).digest != bundle.digest
    assert merge(ContextFile(), known_in(bundle.files)) == merge(ContextFile(), said)
