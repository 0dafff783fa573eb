"""Opens a capture of either format by its first bytes."""

from collections.abc import Iterator
from pathlib import Path

from detectors.dns import pcap, pcapng
from detectors.dns.capture import Batch, DamagedCapture
from engine.errors import InvalidInput


def read_capture(path: Path) -> Iterator[Batch]:
    """Packets of a pcap or pcapng file in bounded batches.

    Raises `InvalidInput` for what is no capture, `DamagedCapture` (with the offset) behind the last good packet.
    """
    try:
        with path.open("rb") as file:
            head = file.read(pcap.FILE_HEADER)
            if form := pcap.recognise(head):
                yield from pcap.read_pcap(file, str(path), form)
            elif pcapng.recognise(head):
                yield from pcapng.read_pcapng(file, str(path), head)
            else:
                raise DamagedCapture("neither pcap nor pcapng", file=str(path), offset=0)
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", file=str(path)) from error
