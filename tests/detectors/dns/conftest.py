"""What the tests of the DNS detector share: the shipped model, captures on disk, messages read back."""

from collections.abc import Callable
from pathlib import Path

import pytest

from detectors.dns.autoencoder import HeaderModel, load_model
from detectors.dns.messages import Extractor, Message
from detectors.dns.reading import read_capture

Write = Callable[[bytes], Path]
Read = Callable[[bytes], "Seen"]


class Seen:
    """Everything that was read from one capture."""

    def __init__(self, path: Path) -> None:
        self._extractor = Extractor()
        self.messages: list[Message] = []
        for batch in read_capture(path):
            found = self._extractor.messages(batch)
            self.messages += [found.message(index) for index in range(len(found))]
        rest = self._extractor.finish()
        self.messages += [rest.message(index) for index in range(len(rest))]
        self.skipped = {str(reason): count for reason, count in self._extractor.skipped.items() if count}
        self.packets = self._extractor.packets

    @property
    def bodies(self) -> list[bytes]:
        """The messages' bytes, in the order they were found."""
        return [message.data for message in self.messages]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a capture's bytes and say where."""

    def to_disk(content: bytes) -> Path:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.pcap"
        path.write_bytes(content)
        return path

    return to_disk


@pytest.fixture
def read(write: Write) -> Read:
    """Read a capture's bytes to the end."""
    return lambda content: Seen(write(content))


@pytest.fixture(scope="session")
def model() -> HeaderModel:
    """The model that ships."""
    return load_model()
