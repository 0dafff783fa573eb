"""Programs that a harm probe may have run: the settings say which, the exit code answers."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from actions.connectors.nftables.commands import Commands
from actions.connectors.nftables.connector import NftablesConnector
from actions.connectors.nftables.nft import Nft
from actions.probes.prober import Probes
from console.clock import now
from engine.errors import InvalidInput, TargetRefused
from engine.model.harm import CommandProbe
from tests.actions.connectors.nftables.namespaces import Site

SHELL = shutil.which("sh") or "/bin/sh"


def connector(*script: str, namespace: str | None = None) -> NftablesConnector:
    commands = Commands({"look": (SHELL, "-c", *script)}, namespace)
    return NftablesConnector("edge-1", Nft(), now, commands=commands)


def asking(command: str = "look", *arguments: str, within: str = "5s") -> CommandProbe:
    given = {"id": "p", "because": "b", "kind": "command", "command": command, "arguments": arguments}
    return CommandProbe.model_validate({**given, "within": within})


@pytest.mark.parametrize(
    ("script", "passed", "said"), [("exit 0", True, "ended well"), ("echo; exit 3", False, "`look` ended with 3")]
)
async def test_the_exit_code_answers(script: str, passed: bool, said: str) -> None:
    sample = await Probes().sample(asking(), connector(script))
    assert (sample.passed, sample.tried, sample.said) == (passed, True, said)


@pytest.mark.parametrize(
    ("probe", "said"),
    [
        (asking("other"), "there is no command `other` in this connector's settings"),
        (asking("look", "; reboot"), "command `look` takes no arguments: what runs stands in the settings"),
    ],
)
async def test_nothing_else_is_run(tmp_path: Path, probe: CommandProbe, said: str) -> None:
    sample = await Probes().sample(probe, connector(f"touch {tmp_path / 'ran'}"))
    assert (sample.passed, sample.tried, sample.said, [*tmp_path.iterdir()]) == (False, False, said, [])


async def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    sample = await Probes().sample(asking(within="1s"), connector(f"echo $$ > {tmp_path / 'pid'}; exec sleep 60"))
    assert (sample.passed, sample.tried) == (False, True)
    assert sample.said == "`look` did not end within 1 s"
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


async def test_a_program_that_is_not_there_fails() -> None:
    with pytest.raises(TargetRefused, match="cannot run"):
        await Commands({"look": ("/nowhere/at/all",)}).ask("look", (), timedelta(seconds=1))


@pytest.mark.parametrize("argv", [(), ("sh", "-c", "true")])
def test_a_program_stands_with_its_whole_path(argv: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput, match="command `look` has to begin with the whole path"):
        Commands({"look": argv})


async def test_it_runs_in_the_namespace_of_its_connector(namespaces: Site) -> None:
    script = f'[ "$(ip netns identify $$)" = "{namespaces.router}" ]'
    inside = await Probes().sample(asking(), connector(script, namespace=namespaces.router))
    outside = await Probes().sample(asking(), connector(script))
    assert (inside.said, outside.said) == ("ended well", "`look` ended with 1")
