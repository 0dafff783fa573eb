"""Whether a name server knows an address of a name: one question by UDP (RFC 1035 4), and what its answer counts."""

import asyncio
import secrets
import struct

from engine.errors import ProbeFailed
from engine.model.harm import DnsProbe

TYPES = {"A": 1, "AAAA": 28}
IN = 1
RECURSE, REPLY, CODE = 0x0100, 0x8000, 0x000F
HEADER = struct.Struct("!6H")


async def lookup(probe: DnsProbe) -> str:
    """What the server says of the name; raise `ProbeFailed` where it knows none, or says nothing of it."""
    question = _question(probe, secrets.randbits(16))
    answer = await _exchange(question, (str(probe.server), probe.port))
    code, answers = HEADER.unpack_from(answer)[1] & CODE, HEADER.unpack_from(answer)[3]
    if code or not answers:
        raise ProbeFailed(f"the server knows no {probe.record} of `{probe.name}` (code {code})")
    return f"{answers} answers"


def _question(probe: DnsProbe, number: int) -> bytes:
    labels = [label.encode() for label in probe.name.rstrip(".").split(".")]
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
    return HEADER.pack(number, RECURSE, 1, 0, 0, 0) + name + struct.pack("!2H", TYPES[probe.record], IN)


async def _exchange(question: bytes, server: tuple[str, int]) -> bytes:
    loop = asyncio.get_running_loop()
    heard: asyncio.Future[bytes] = loop.create_future()
    try:
        transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(question, heard), remote_addr=server)
    except OSError as error:
        raise ProbeFailed(f"the server cannot be asked: {error.strerror}") from None
    try:
        transport.sendto(question)
        return await heard
    finally:
        transport.close()


class _Ear(asyncio.DatagramProtocol):
    """Takes the reply to one question; anything else that comes is no reply."""

    def __init__(self, question: bytes, heard: "asyncio.Future[bytes]") -> None:
        self._question, self._heard = question, heard

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self._heard.done() and self._is_reply(data):
            self._heard.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._heard.done():
            self._heard.set_exception(ProbeFailed(f"the server cannot be asked: {exc}"))

    def _is_reply(self, data: bytes) -> bool:
        """The same number, marked as a reply, to the same question; names are compared without case."""
        asked = self._question[HEADER.size :].lower()
        begins = data[:2] == self._question[:2] and data[HEADER.size : HEADER.size + len(asked)].lower() == asked
        return len(data) >= HEADER.size and begins and bool(HEADER.unpack_from(data)[1] & REPLY)
