"""The settings on the page about the rest of the house are taken as they stand there."""

import re
from pathlib import Path

import pytest

from engine.settings import FILE, load

PAGE = (Path(__file__).parent.parent / "docs" / "house.md").read_text()
BLOCKS = re.findall(r"(?ms)^```yaml\n(.*?)^```", PAGE)


@pytest.mark.parametrize("block", BLOCKS)
def test_every_example_is_taken(home: Path, block: str) -> None:
    home.mkdir(mode=0o700)
    (home / FILE).write_text(block)
    found = load({"home": home})
    assert found.siem or found.tickets
