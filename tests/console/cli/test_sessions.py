"""`fireline sessions`: a link that signs a browser in once, and the end of that."""

from pathlib import Path

import httpx

from console.cli.up import way_in
from console.clock import now
from tests.bench import on_bench
from tests.console.cli.conftest import Run
from tests.patience import PATIENCE_S


def use(link: str) -> httpx.Response:
    """What a person's browser does with the button behind a link."""
    page, _, secret = link.partition("?secret=")
    origin = page.removesuffix("/auth/link")
    return httpx.post(page, data={"secret": secret}, headers={"Origin": origin}, trust_env=False, timeout=PATIENCE_S)


def test_a_link_signs_in_once_is_listed_and_ended(at: Path, run: Run) -> None:
    link = run("sessions", "open").out.strip()
    assert (use(link).status_code, use(link).status_code) == (303, 401)
    listed = run("sessions", "list").out
    assert "SE-0001" in listed
    assert "open" in listed
    assert run("sessions", "revoke", "SE-0001").out == "SE-0001: revoked\n"
    assert "revoked" in run("sessions", "list").out


async def test_an_engine_at_a_terminal_has_a_way_in_for_who_holds_its_token(home: Path) -> None:
    with on_bench(home, now()) as bench:
        people, url = bench.desk.people, "http://127.0.0.1:8000"
        [line] = await way_in(bench.store, people, bench.settings, url)
        assert line.startswith("to sign in with a browser, once, within ten minutes: http://127.0.0.1:8000/auth/link?")
        secret = line.partition("secret=")[2]
        [made] = bench.entries("session.link_made")
        assert (made.actor, secret in str(made)) == ("admin", False)
        bench.settings.token_file.write_text("of nobody")
        assert await way_in(bench.store, people, bench.settings, url) == []
