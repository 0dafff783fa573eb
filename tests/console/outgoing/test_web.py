"""Whatever somebody answers, or settings hold, is an error that whoever sends expects."""

import gzip
from contextlib import nullcontext

import pytest

from console.outgoing.web import post
from engine.errors import TargetError, TargetRefused, TargetUnavailable
from tests.console.outgoing.receiver import Answer, receiving

ENDS = (nullcontext(), pytest.raises(TargetRefused, match="more than 100 bytes"))
COMPRESSED = {"Content-Encoding": "gzip"}


async def test_an_answer_that_is_not_what_it_says_may_pass_later() -> None:
    with receiving(Answer(200, COMPRESSED, body=b"garbage")) as receiver:
        with pytest.raises(TargetUnavailable):
            await post(receiver.url, b"{}", {})
        assert receiver.headers[0]["Accept-Encoding"] == "identity"


async def test_what_is_compressed_is_not_unpacked() -> None:
    bomb = gzip.compress(bytes(2**20))
    with receiving(Answer(200, COMPRESSED, body=bomb)) as receiver, pytest.raises(TargetUnavailable, match="encoding"):
        await post(receiver.url, b"{}", {})


@pytest.mark.parametrize("more", [0, 1])
async def test_an_answer_is_read_up_to_a_length(more: int) -> None:
    with receiving(Answer(200, body=bytes(100 + more))) as receiver, ENDS[more]:
        assert len(await post(receiver.url, b"{}", {}, longest=100)) == 100


async def test_a_secret_that_no_header_can_hold_is_refused_and_not_shown() -> None:
    with receiving() as receiver:
        with pytest.raises(TargetRefused) as refused:
            await post(receiver.url, b"{}", {"Authorization": "Bearer xoxb-…"})
        assert ("xoxb" in str(refused.value), receiver.bodies) == (False, [])


async def test_an_address_that_is_none_is_an_error_of_the_target() -> None:
    with pytest.raises(TargetError):
        await post("https://[fe80/api/", b"{}", {})
