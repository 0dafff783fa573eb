"""E-mail tells whoever is meant, encrypted, and says nothing that acts; what a server will not take now comes later."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from console.outgoing import mail
from console.outgoing.channels import channel
from console.outgoing.mail import Mail
from engine.control.escalation import ASKED
from engine.control.paging import repeat
from engine.errors import TargetRefused, TargetUnavailable
from engine.model.channel import EmailSettings
from engine.model.page import Event
from engine.outgoing import Notice
from tests.bench import Bench
from tests.console.outgoing.certificates import certificate
from tests.console.outgoing.mailserver import PASSWORD, USER, Post, post_office
from tests.console.outgoing.test_delivery import STUCK, Made, because, paged, waiting

SECOND = timedelta(seconds=1)
HOSTILE = (
    "see https://evil.example\r\nBcc: eve@evil.example\r\n\r\n<b>https://evil.example/x?y</b> \u202etxt.exe \ud800"
)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("trusted"), "127.0.0.1")


@pytest.fixture
def post(trusted: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with post_office(trusted, signed_in=True) as made:
        yield made


@pytest.fixture
def settings(post: Post, trusted: tuple[Path, Path]) -> EmailSettings:
    return EmailSettings(
        kind="email", name="mail", server="127.0.0.1", port=post.port, ca=str(trusted[0]), username=USER,
        password="env:MAIL_PASSWORD", sender="fireline@soc.example", to=("soc@soc.example",),
        people={"anna": "anna@soc.example", "tom": "tom@soc.example"}, console="https://fireline.soc.example",
    )  # fmt: skip


def told(bench: Bench, **changes: object) -> Notice:
    return Notice(
        id="MS-0001", event=Event.TRIGGER, key="fireline-abc", audience="pager", people=("anna",),
        subject="request/AR-0001", title="REAL · a release is stuck", lines=("no route",), round=0, simulated=False,
        made_at=bench.now,
    ).model_copy(update=changes)  # fmt: skip


async def test_whoever_is_meant_gets_it_encrypted_with_where_to_decide(
    bench: Bench, post: Post, settings: EmailSettings
) -> None:
    await channel(settings).send(told(bench), bench.now)
    [letter] = post.letters
    assert (post.envelopes, post.encrypted) == ([["soc@soc.example", "anna@soc.example"]], [True])
    assert (letter["Subject"], letter["From"]) == ("REAL · a release is stuck", "Fireline <fireline@soc.example>")
    assert (letter.get_content_type(), letter["Auto-Submitted"]) == ("text/plain", "auto-generated")
    lines = letter.get_content().splitlines()
    assert lines[:3] == ["REAL · a release is stuck", "", "no route"]
    assert [line for line in lines if "://" in line] == ["Console: https://fireline.soc.example"]


async def test_who_is_asked_gets_what_waits_for_them_and_nothing_to_answer_with(
    bench: Bench, post: Post, settings: EmailSettings, postman: Made
) -> None:
    out = Mail(settings.model_copy(update={"hears": (ASKED,), "to": ()}))
    asked = await bench.ask("tom", target="10.20.16.114")
    await postman(out).deliver(out)
    [letter] = post.letters
    assert (post.envelopes, asked.id in letter["Subject"]) == ([["anna@soc.example"]], True)
    assert f"fireline approvals show {asked.id}" in letter.get_content()
    assert asked.digest is not None and asked.digest[:8] not in letter.as_string()
    assert waiting(bench) == []


async def test_what_a_finding_says_is_data_in_a_letter_too(bench: Bench, post: Post, settings: EmailSettings) -> None:
    await Mail(settings).send(told(bench, title=HOSTILE, lines=(HOSTILE,), subject=HOSTILE), bench.now)
    [letter] = post.letters
    assert post.envelopes == [["soc@soc.example", "anna@soc.example"]]
    assert (letter.get_all("Bcc"), len(letter.get_all("Subject", []))) == (None, 1)
    written = f"{letter['Subject']}\n{letter.get_content()}"
    ours = written.replace("https://fireline.soc.example", "")
    assert [one for one in ("https://", "evil.example", "<b>", "\u202e", "eve@evil") if one in ours] == []


async def test_a_repeat_is_another_message_in_the_same_thread(
    bench: Bench, post: Post, settings: EmailSettings, postman: Made
) -> None:
    out = Mail(settings)
    await paged(bench)
    await postman(out).deliver(out)
    await bench.later(timedelta(minutes=5))
    await bench.write(lambda tx: repeat(tx, bench.now))
    await postman(out).deliver(out)
    first, second = post.letters
    assert (first["References"], first["Message-ID"] == second["Message-ID"]) == (second["References"], False)
    assert (waiting(bench), len(bench.entries("message.sent"))) == ([], 2)


async def test_sent_again_it_is_the_same_message(bench: Bench, post: Post, settings: EmailSettings) -> None:
    for _ in range(2):
        await Mail(settings).send(told(bench), bench.now)
    assert len({letter["Message-ID"] for letter in post.letters}) == 1


@pytest.mark.parametrize("answer", ["421 shutting down", "450 try later", "452 full"])
async def test_what_a_server_will_not_take_now_comes_later(
    bench: Bench, post: Post, settings: EmailSettings, postman: Made, answer: str
) -> None:
    out = Mail(settings)
    post.answers = [answer]
    await paged(bench)
    await postman(out).deliver(out)
    assert (because(bench, "message.delayed"), len(waiting(bench))) == ([f"127.0.0.1 answered {answer[:3]}"], 1)
    await bench.later(SECOND)
    await postman(out).deliver(out)
    assert (len(post.letters), waiting(bench)) == (1, [])


@pytest.mark.parametrize("answer", ["550 no", "554 spam"])
async def test_what_a_server_refuses_is_recorded_without_its_words(
    bench: Bench, post: Post, settings: EmailSettings, postman: Made, answer: str
) -> None:
    out = Mail(settings)
    post.answers = [answer]
    await paged(bench)
    await postman(out).deliver(out)
    assert (because(bench, "message.refused"), waiting(bench)) == ([f"127.0.0.1 answered {answer[:3]}"], [])


async def test_who_has_it_does_not_get_it_again_because_another_could_not(
    bench: Bench, post: Post, settings: EmailSettings
) -> None:
    out = Mail(settings)
    post.refused = {"anna@soc.example": "451 greylisted"}
    with pytest.raises(TargetUnavailable, match="answered 451"):
        await out.send(told(bench), bench.now)
    post.refused = {}
    await out.send(told(bench), bench.now)
    assert post.envelopes == [["soc@soc.example"], ["anna@soc.example"]]


async def test_one_address_that_is_refused_for_good_keeps_it_from_nobody_else(
    bench: Bench, post: Post, settings: EmailSettings
) -> None:
    post.refused = {"anna@soc.example": "550 nobody there"}
    await Mail(settings).send(told(bench), bench.now)
    assert post.envelopes == [["soc@soc.example"]]
    post.refused["soc@soc.example"] = "550 nobody there"
    with pytest.raises(TargetRefused, match="answered 550"):
        await Mail(settings).send(told(bench), bench.now)


async def test_nobody_to_tell_is_a_refusal_that_is_recorded(
    bench: Bench, settings: EmailSettings, postman: Made
) -> None:
    out = Mail(settings.model_copy(update={"to": (), "people": {"nobody": "nobody@soc.example"}}))
    await paged(bench, STUCK)
    await postman(out).deliver(out)
    assert because(bench, "message.refused") == ["nobody who is meant has an address here"]


async def test_a_certificate_that_does_not_fit_gets_no_word_of_it(
    bench: Bench, settings: EmailSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    another = certificate(tmp_path, "127.0.0.2")
    with post_office(another) as post:
        known = settings.model_copy(update={"port": post.port, "ca": str(another[0])})
        unknown = settings.model_copy(update={"port": post.port})
        for one in (known, unknown):
            with pytest.raises(TargetUnavailable, match="SSLCertVerificationError"):
                await Mail(one).send(told(bench), bench.now)
    assert post.letters == []


async def test_a_server_that_offers_no_encryption_gets_no_word_of_it(bench: Bench, settings: EmailSettings) -> None:
    with post_office() as post:
        plain = settings.model_copy(update={"port": post.port})
        with pytest.raises(TargetUnavailable, match="offers no way to encrypt"):
            await Mail(plain).send(told(bench), bench.now)
    assert post.letters == []


async def test_a_password_that_is_not_good_is_a_refusal_that_does_not_show_it(
    bench: Bench, settings: EmailSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await Mail(settings).health() == f"127.0.0.1:{settings.port}, encrypted"
    monkeypatch.setenv("MAIL_PASSWORD", "another")
    with pytest.raises(TargetRefused) as refused:
        await Mail(settings).send(told(bench), bench.now)
    assert str(refused.value) == "127.0.0.1 answered 535"


async def test_this_host_may_be_spoken_to_without_encryption(bench: Bench, settings: EmailSettings) -> None:
    with post_office() as post:
        local = {"port": post.port, "security": "none", "username": None, "password": None}
        await Mail(settings.model_copy(update=local)).send(told(bench), bench.now)
    assert post.encrypted == [False]


async def test_a_server_may_be_encrypted_from_the_first_byte_on(
    bench: Bench, settings: EmailSettings, trusted: tuple[Path, Path]
) -> None:
    with post_office(trusted, at_once=True) as post:
        at_once = {"port": post.port, "security": "tls", "username": None, "password": None}
        out = Mail(settings.model_copy(update=at_once))
        await out.send(told(bench), bench.now)
        unknown = Mail(out.settings.model_copy(update={"ca": None}))
        with pytest.raises(TargetUnavailable, match="SSLCertVerificationError"):
            await unknown.send(told(bench), bench.now)
    assert len(post.letters) == 1


async def test_a_name_never_leads_here(bench: Bench, settings: EmailSettings) -> None:
    with pytest.raises(TargetRefused, match="where no message of ours belongs"):
        await Mail(settings.model_copy(update={"server": "localhost"})).send(told(bench), bench.now)


async def test_a_server_that_says_nothing_is_given_up_and_holds_up_nobody_else(
    bench: Bench, settings: EmailSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "WITHIN_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        out = Mail(settings.model_copy(update={"port": silent.getsockname()[1]}))
        for expected in ("does not answer in time", "is still busy"):
            with pytest.raises(TargetUnavailable, match=expected):
                await out.send(told(bench), bench.now)
        silent.accept()[0].close()
    assert threading.active_count() < 20


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"server": "mail.soc.example", "security": "none"}, "without TLS only this host"),
        ({"username": None}, "go together"),
        ({"to": [], "people": {}}, "nobody gets anything"),
        ({"sender": "a@b\r\nBcc: eve@evil.example"}, "pattern"),
        ({"to": ["a@b.example,eve@evil.example"]}, "pattern"),
        ({"password": "the-password-itself"}, "pattern"),
    ],
)
def test_settings_that_do_not_hold_together_are_refused(
    settings: EmailSettings, changes: dict[str, object], why: str
) -> None:
    with pytest.raises(ValidationError, match=why):
        EmailSettings.model_validate({**settings.model_dump(), **changes})
