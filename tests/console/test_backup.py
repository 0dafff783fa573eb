"""A home from its backup: whole, frozen, and at peace with a world that went on without it."""

import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.backup import MANIFEST, back_up, restore
from console.cli.simulation import SITE
from console.clock import now
from engine.control.api_tokens import TokenWanted, create_token, revoke_token
from engine.control.doors import release_lease
from engine.control.moves import key_of
from engine.control.sessions import Arrival, make_link, open_session, use_link
from engine.control.watch import compare, reconcile, wake
from engine.errors import Denied, InvalidInput
from engine.model.permission import Permission
from engine.model.session import Way
from engine.model.watch import ConnectorHealth, Sweep, SweepOrder
from engine.settings import Settings
from engine.store.database import sqlite_url
from tests.bench import DATABASE, Bench, on_bench

AT = now()
MINUTE = timedelta(minutes=1)


async def made(home: Path, to: Path) -> str:
    """A backup of an engine that holds one effect for five minutes; the request."""
    with on_bench(home, AT) as bench:
        await bench.later(timedelta(0))
        request = await bench.ask(target="203.0.113.1", lease=5 * MINUTE)
        await bench.respond(request.incident_id)
        back_up(bench.settings, to, AT)
        return request.id


async def restored(source: Path, home: Path) -> Settings:
    settings = Settings(home=home, policy="demo", site="demo")
    await restore(source, settings, AT)
    return settings


async def swept(bench: Bench) -> SweepOrder:
    """What the connector's watch makes of the world as it is."""
    health = ConnectorHealth(instance=SITE, executor=bench.desk.executors[SITE], healthy=True, seen_at=bench.now)
    sweep = Sweep(health=health, began_at=bench.now, owned=dict(await bench.site.owned()))
    return await bench.write(lambda tx: compare(tx, bench.desks(tx), sweep, bench.now))


async def test_what_was_in_force_is_known_again_and_nothing_begins(home: Path, tmp_path: Path) -> None:
    request = await made(home, tmp_path / "backup")
    await restored(tmp_path / "backup", tmp_path / "new")
    with on_bench(tmp_path / "new", AT) as bench:
        await bench.later(timedelta(0))
        assert bench.request(request).state == "held"
        [frozen] = bench.read(lambda tx: tx.freezes.active(bench.now))
        assert (frozen.scope, frozen.principal, frozen.until) == ("global", "restore", None)
        asked = await bench.ask(target="203.0.113.9")
        await bench.respond(asked.incident_id)
        assert bench.request(asked.id).state == "denied"


async def test_ours_older_than_the_world_takes_away_what_it_does_not_know_and_puts_nothing_back(
    home: Path, tmp_path: Path
) -> None:
    first = await made(home, tmp_path / "backup")
    with on_bench(home, AT) as bench:
        await bench.later(10 * timedelta(seconds=1))
        lease = bench.read(lambda tx: tx.leases.live())[0]
        await bench.write(lambda tx: release_lease(tx, bench.person("anna"), lease.id, "it is ours", bench.now))
        await bench.carry(lease.key)
        later = await bench.ask(target="203.0.113.2", lease=5 * MINUTE)
        await bench.respond(later.incident_id)
        assert [one["target"] for one in (await bench.site.owned()).values()] == ["203.0.113.2"]

    await restored(tmp_path / "backup", tmp_path / "new")
    (home / "site").rename(tmp_path / "new" / "site")
    with on_bench(tmp_path / "new", AT) as bench:
        await bench.later(MINUTE)
        unknown = [owner for owner, one in (await bench.site.owned()).items() if one["target"] == "203.0.113.2"]
        assert (await swept(bench)).remove == tuple(unknown)
        await bench.parts.hands[SITE].remove(SITE, unknown[0])
        await bench.carry(key_of(bench.request(first)))
        assert bench.read(lambda tx: tx.leases.live()) == []
        assert bench.request(first).state == "ended"
        assert await bench.standing() == []


async def test_every_live_effect_and_open_incident_is_looked_at_whatever_temporal_knows(
    home: Path, tmp_path: Path
) -> None:
    request = await made(home, tmp_path / "backup")
    await restored(tmp_path / "backup", tmp_path / "new")
    with on_bench(tmp_path / "new", AT) as bench:
        waiting = {row[2] for row in bench.read(lambda tx: tx.outbox.pending(100))}
        rest = await bench.write(lambda tx: reconcile(tx, bench.now))
        await bench.write(lambda tx: wake(tx, rest))
        asked = {row[2] for row in bench.read(lambda tx: tx.outbox.pending(100))} - waiting
        assert key_of(bench.request(request)) in asked | waiting


async def test_it_is_its_owner_s_alone_and_holds_no_world(home: Path, tmp_path: Path) -> None:
    await made(home, tmp_path / "backup")
    files = [file for file in (tmp_path / "backup").rglob("*") if file.is_file()]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    names = {str(file.relative_to(tmp_path / "backup")) for file in files}
    assert {MANIFEST, "fireline.db", "people.yaml", "token"} <= names
    assert not [name for name in names if name.startswith(("site/", "run/", "log/"))]


async def test_nothing_of_before_lets_anybody_in_who_may_have_been_shut_out_since(home: Path, tmp_path: Path) -> None:
    with on_bench(home, AT) as bench:
        anna = bench.person("anna")
        wanted = TokenWanted(anna, "siem", (Permission.READ,), 300 * timedelta(days=1), "s" * 43)
        token, _ = await bench.write(lambda tx: create_token(tx, anna, wanted, AT))
        gone, _ = await bench.write(lambda tx: create_token(tx, anna, replace(wanted, secret="t" * 43), AT))
        await bench.write(lambda tx: revoke_token(tx, anna, gone.id, AT))
        arrival = Arrival(anna, Way.OIDC, "198.51.100.7", "a cookie")
        session = await bench.write(lambda tx: open_session(tx, arrival, AT))
        await bench.write(lambda tx: make_link(tx, anna, "a link", AT))
        back_up(bench.settings, tmp_path / "backup", AT)
    await restored(tmp_path / "backup", tmp_path / "new")
    with on_bench(tmp_path / "new", AT) as bench:
        tokens = {one.id: one.revoked_by for one in bench.read(lambda tx: tx.api_tokens.all())}
        assert tokens == {token.id: "restore", gone.id: "anna"}
        assert bench.read(lambda tx: [(one.id, one.why) for one in tx.sessions.all()]) == [(session.id, "restored")]
        assert await bench.write(lambda tx: use_link(tx, "a link")) is None
        actors = [entry.actor for kind in ("token.revoked", "session.ended") for entry in bench.entries(kind)]
        assert actors == ["anna", "restore", "restore"]


@pytest.mark.parametrize("damage", ["people.yaml", "fireline.db", MANIFEST])
async def test_a_damaged_backup_is_refused_and_nothing_is_written(home: Path, tmp_path: Path, damage: str) -> None:
    await made(home, tmp_path / "backup")
    (tmp_path / "backup" / damage).write_bytes(b"something else")
    with pytest.raises(InvalidInput, match="is damaged|is no backup"):
        await restored(tmp_path / "backup", tmp_path / "new")
    assert not (tmp_path / "new").exists()


async def test_a_place_outside_the_home_is_refused(home: Path, tmp_path: Path) -> None:
    await made(home, tmp_path / "backup")
    manifest = tmp_path / "backup" / MANIFEST
    manifest.write_text(manifest.read_text().replace('"token"', '"../token"'))
    with pytest.raises(InvalidInput, match="no place in a home"):
        await restored(tmp_path / "backup", tmp_path / "new")


async def test_nothing_that_stands_is_overwritten(home: Path, tmp_path: Path) -> None:
    await made(home, tmp_path / "backup")
    with pytest.raises(Denied, match="stands there already"):
        await restored(tmp_path / "backup", home)
    with pytest.raises(InvalidInput, match="is not empty"):
        back_up(Settings(home=home), tmp_path / "backup", AT)
    with pytest.raises(InvalidInput, match="no database"):
        back_up(Settings(home=tmp_path / "nowhere"), tmp_path / "other", AT)


async def test_a_database_in_a_file_elsewhere_is_refused_and_nothing_is_copied(home: Path, tmp_path: Path) -> None:
    await made(home, tmp_path / "backup")
    moved = (home / DATABASE).rename(tmp_path / "elsewhere.db")
    settings = Settings(home=home, database_url=sqlite_url(moved))
    with pytest.raises(InvalidInput, match=f"the database is `{moved}`.* move it to `{home / DATABASE}`"):
        back_up(settings, tmp_path / "other", AT)
    assert not (tmp_path / "other").exists()


async def test_the_home_s_own_database_is_copied_by_whatever_name_it_is_called(home: Path, tmp_path: Path) -> None:
    await made(home, tmp_path / "backup")
    (tmp_path / "link").symlink_to(home)
    settings = Settings(home=home, database_url=sqlite_url(tmp_path / "link" / DATABASE))
    assert back_up(settings, tmp_path / "other", AT).whole
