"""The doctor says of the sensors' port whether its files are good, for how long, and whether they are what is shown."""

import asyncio
import errno
import json
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI

from console.api.sensors import sensors_config
from console.cli.doctor import sensors as doctor
from console.clock import now
from console.serving import listen, served
from engine.model.sign_in import SensorsSettings
from engine.settings import load
from tests.console.api.authority import DAY, HERE, Authority, Files

Told = list[tuple[str, str]]
Set = Callable[..., SensorsSettings]
MONTHS = 90 * DAY


def told() -> Told:
    return [(line.health, line.said) for line in doctor.sensors(load())]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours", now(), lasts=MONTHS)


@pytest.fixture
def own(authority: Authority) -> Files:
    return authority.sign("engine", HERE, ends=now() + MONTHS)


@pytest.fixture
def given(home: Path, authority: Authority, own: Files, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Sets `sensors`, otherwise than good where that is said."""

    def set_sensors(**otherwise: str | int) -> SensorsSettings:
        good = {
            "host": "127.0.0.1", "port": 0, "certificate": str(own.certificate), "key": str(own.key),
            "client_ca": str(authority.file),
        }  # fmt: skip
        monkeypatch.setenv("FIRELINE_SENSORS", json.dumps({**good, **otherwise}))
        here = load().sensors
        assert here is not None
        return here

    return set_sensors


@pytest.fixture
def _running(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is the engine of the home."""
    (home / "run").mkdir(parents=True)
    (home / "run" / "engine.json").write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": os.getpid()}))
    monkeypatch.setenv("FIRELINE_TOKEN", "a token")


def test_good_files_are_told_with_how_long_they_are(given: Set, own: Files, authority: Authority) -> None:
    given()
    until = f"{now() + MONTHS:%Y-%m-%d}"
    (first, second, third), healths = [said for _, said in told()], {health for health, _ in told()}
    assert healths == {"pass"}
    assert first.startswith(f"`{own.certificate}` is valid until {until}")
    assert second == f"`{own.key}` is its key, and its owner's alone"
    assert third.startswith(f"`{authority.file}` is valid until {until}")


@pytest.mark.parametrize(
    ("left", "health", "said"),
    [
        (timedelta(days=14, minutes=1), "pass", "is valid until"),
        (timedelta(days=13, hours=23), "warn", "expires at"),
        (timedelta(minutes=-1), "fail", "expired at"),
    ],
)
def test_one_that_is_about_to_expire_is_told_in_time(
    left: timedelta, health: str, said: str, given: Set, authority: Authority
) -> None:
    soon = authority.sign("soon", HERE, ends=now() + left)
    given(certificate=str(soon.certificate), key=str(soon.key))
    assert told()[0][0] == health
    assert said in told()[0][1]


def test_an_authority_about_to_expire_is_told_too(given: Set, tmp_path: Path) -> None:
    given(client_ca=str(Authority(tmp_path, "short", now()).file))
    assert [health for health, _ in told()] == ["pass", "pass", "warn"]


def test_one_that_is_not_valid_yet_is_told(given: Set, tmp_path: Path) -> None:
    file = Authority(tmp_path, "later", now() + MONTHS).file
    given(client_ca=str(file))
    health, said = told()[-1]
    assert health == "fail"
    assert said.startswith(f"`{file}` is not valid before ")


def test_what_is_not_what_it_should_be_is_told_by_its_name(given: Set, own: Files, authority: Authority) -> None:
    wrong = {
        "certificate": (str(own.key), "is no certificate in PEM"),
        "key": (str(authority.sign("other").key), "is not the key of its certificate"),
        "client_ca": ("/nowhere.pem", "cannot be read: No such file or directory"),
    }
    for name, (file, said) in wrong.items():
        given(**{name: file})
        assert ("fail", f"`{file}` {said}") in told()
    own.key.chmod(0o640)
    given()
    assert ("fail", f"`{own.key}` may be read by others: chmod 600 it") in told()


def test_a_key_that_is_not_ours_to_read_is_told_and_keeps_nobody_from_the_others(
    given: Set, own: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_bytes(path: Path) -> bytes:
        if path == own.key:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return read(path)

    read = Path.read_bytes
    given()
    monkeypatch.setattr(Path, "read_bytes", read_bytes)
    health, said = zip(*told(), strict=True)
    assert health == ("pass", "fail", "pass")
    assert said[1] == f"`{own.key}` cannot be read: Permission denied"


@pytest.mark.usefixtures("_running")
async def test_the_port_is_asked_for_the_certificate_that_it_shows(
    given: Set, own: Files, authority: Authority
) -> None:
    with listen("127.0.0.1", 0, "sensors.port") as listener:
        port = listener.getsockname()[1]
        here = given(port=port)
        async with served(sensors_config(FastAPI(), here), listener):
            as_it_is = await asyncio.to_thread(told)
            renewed = authority.sign("renewed", HERE, ends=now() + MONTHS)
            given(port=port, certificate=str(renewed.certificate), key=str(renewed.key))
            after = await asyncio.to_thread(told)
    assert as_it_is[-1] == ("pass", f"127.0.0.1:{port} shows that certificate")
    assert after[-1] == ("warn", f"127.0.0.1:{port} shows another certificate than `{renewed.certificate}`")


@pytest.mark.usefixtures("_running")
def test_a_port_where_nobody_is_fails_while_an_engine_runs(given: Set) -> None:
    with listen("127.0.0.1", 0, "sensors.port") as gone:
        port = gone.getsockname()[1]
    given(port=port)
    health, said = told()[-1]
    assert health == "fail"
    assert said.startswith(f"nobody speaks TLS at 127.0.0.1:{port}: ")
    given(port=0)
    assert told()[-1] == ("warn", "at each start the port is another one")


def test_without_the_setting_there_is_nothing_to_say(home: Path) -> None:
    assert told() == []
