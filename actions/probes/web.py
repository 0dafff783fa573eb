"""Pages that a policy declares, fetched to see whether they still answer.

Rules: 1. No proxy and no credentials of the environment, and no redirect: what is asked is what the policy says. 2. No
more of an answer is read than `LONGEST`.
"""

import httpx

from engine.errors import ProbeFailed

LONGEST = 1_000_000
"""Bytes of an answer that are looked at."""


async def fetch(url: str) -> tuple[int, str]:
    """Code and text of the answer; raise `ProbeFailed` where there is none. The caller bounds the time."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=None) as client, client.stream("GET", url) as response:
            return response.status_code, await _beginning(response)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
        raise ProbeFailed(f"no answer: {type(error).__name__}") from None


async def _beginning(response: httpx.Response) -> str:
    read = bytearray()
    async for part in response.aiter_bytes():
        read += part
        if len(read) > LONGEST:
            break
    return read[:LONGEST].decode(errors="replace")
