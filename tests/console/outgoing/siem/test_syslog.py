"""Syslog by TLS: verified, octet-counted, and taken only once the receiver has read it all."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.outgoing.siem import syslog as syslog_tls
from console.outgoing.siem.syslog import SyslogTls, framed
from engine.errors import InvalidInput, TargetUnavailable
from engine.model.base import Json
from engine.model.siem import SyslogTlsSettings
from tests.console.outgoing.siem.receivers import Authority, syslog

AT = datetime(2026, 11, 21, 3, 11, tzinfo=UTC)
HERE = "127.0.0.1"


def one(number: int, text: str = "häuser") -> Json:
    metadata: Json = {"event_code": "lease.active", "uid": f"s-{number}"}
    return {"time": int(AT.timestamp() * 1000), "severity_id": 4, "metadata": metadata, "message": text}


def at(port: int, authority: Authority, **more: str) -> SyslogTls:
    given = {"kind": "syslog-tls", "name": "soc", "host": HERE, "port": port, "ca": authority.path, **more}
    return SyslogTls(SyslogTlsSettings.model_validate(given), within_s=5)


def test_a_message_is_counted_in_octets_and_says_how_urgent_it_is() -> None:
    length, _, message = framed(one(1)).partition(b" ")
    assert int(length) == len(message)
    head, _, body = message.partition(b" - {")
    assert head.decode() == "<107>1 2026-11-21T03:11:00.000+00:00 - fireline - lease.active"
    assert json.loads(b"{" + body) == one(1)


async def test_a_batch_arrives_in_its_order(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with syslog(authority.issue(HERE)) as taken:
        await at(taken.port, authority).send([one(number, "x" * 5000) for number in range(50)])
    assert [json.loads(said[said.index(b"{") :])["metadata"]["uid"] for said in taken.messages] == [
        f"s-{number}" for number in range(50)
    ]


@pytest.mark.parametrize("name", ["other.example", "127.0.0.2"])
async def test_a_certificate_for_another_host_is_not_good(tmp_path: Path, name: str) -> None:
    authority = Authority(tmp_path)
    with syslog(authority.issue(name)) as taken, pytest.raises(TargetUnavailable, match="no certificate that is good"):
        await at(taken.port, authority).send([one(1)])
    assert taken.messages == []


async def test_a_certificate_of_somebody_else_is_not_good(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path), Authority(tmp_path, "theirs")
    with syslog(theirs.issue(HERE)) as taken, pytest.raises(TargetUnavailable, match="no certificate that is good"):
        await at(taken.port, ours).send([one(1)])
    assert taken.messages == []


async def test_we_show_who_we_are_where_the_receiver_asks(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("fireline.example")
    with syslog(authority.issue(HERE), clients=authority.path) as taken:
        await at(taken.port, authority, certificate=certificate, key=key).send([one(1)])
    assert (taken.peers, len(taken.messages)) == (["CN=fireline.example"], 1)


async def test_a_receiver_that_asks_and_is_shown_nothing_takes_nothing(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with syslog(authority.issue(HERE), clients=authority.path) as taken, pytest.raises(TargetUnavailable):
        await at(taken.port, authority).send([one(1)])
    assert taken.messages == []


async def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    certificate, key = authority.issue("fireline.example")
    Path(key).chmod(0o640)
    with pytest.raises(InvalidInput, match="may be read by others"):
        await at(9, authority, certificate=certificate, key=key).send([one(1)])


async def test_what_was_not_read_to_the_end_does_not_count_as_taken(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with syslog(authority.issue(HERE), deaf=1) as taken:
        receiver = at(taken.port, authority)
        with pytest.raises(TargetUnavailable):
            await receiver.send([one(1, "x" * 500_000)])
        await receiver.send([one(1)])
    assert len(taken.messages) == 1


async def test_one_that_is_away_is_away(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    with syslog(authority.issue(HERE)) as taken:
        assert "takes connections" in await at(taken.port, authority).health()
    with pytest.raises(TargetUnavailable, match="is away"):
        await at(taken.port, authority).health()


async def test_an_address_that_takes_no_connection_leaves_it_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def two(host: str, port: int) -> list[str]:
        return ["127.0.0.9", HERE]

    monkeypatch.setattr(syslog_tls, "resolve", two)
    authority = Authority(tmp_path)
    with syslog(authority.issue(HERE)) as taken:
        await at(taken.port, authority).send([one(1)])
    assert len(taken.messages) == 1


async def test_a_cloud_s_keys_are_not_spoken_to(tmp_path: Path) -> None:
    given = {"kind": "syslog-tls", "name": "soc", "host": "169.254.169.254", "ca": Authority(tmp_path).path}
    with pytest.raises(Exception, match="where no message of ours belongs"):
        await SyslogTls(SyslogTlsSettings.model_validate(given)).send([one(1)])
