"""Tries harm probes: whatever goes wrong is a sample that says what it was, and nothing waits for long.

What could not be tried is told apart from what failed: a connector that is away says nothing of harm.
"""

import asyncio
from datetime import timedelta

from actions.probes.figures import judge
from actions.probes.names import lookup
from engine.errors import ProbeFailed, TargetError, TargetRefused
from engine.harm import Commanded
from engine.model.harm import CommandProbe, DnsProbe, HarmProbe, HttpProbe, MetricProbe, Sample, TcpProbe
from engine.ports import Connector

HANDING_OVER = timedelta(seconds=0.5)
"""What a connector gets beyond a command's own time, in which it is to say that the command took too long."""


class Probes:
    """Implements `engine.harm.Prober`; holds no state of its own."""

    async def sample(self, probe: HarmProbe, connector: Connector) -> Sample:
        """One try, within the probe's own time."""
        try:
            async with asyncio.timeout(_patience(probe).total_seconds()):
                said = await _try(probe, connector)
        except TimeoutError:
            said = f"no answer within {probe.within.total_seconds():g} s"
            return Sample(probe=probe.id, passed=False, tried=not isinstance(probe, CommandProbe), said=said)
        except ProbeFailed as failure:
            return Sample(probe=probe.id, passed=False, said=str(failure))
        except TargetError as error:
            return Sample(probe=probe.id, passed=False, tried=False, said=str(error))
        return Sample(probe=probe.id, passed=True, said=said)


def _patience(probe: HarmProbe) -> timedelta:
    return probe.within + HANDING_OVER if isinstance(probe, CommandProbe) else probe.within


async def _try(probe: HarmProbe, connector: Connector) -> str:
    match probe:
        case TcpProbe():
            return await _connect(probe)
        case HttpProbe():
            return await _get(probe)
        case DnsProbe():
            return await lookup(probe)
        case CommandProbe():
            return await _ask(probe, connector)
        case MetricProbe():
            return await _measure(probe)


async def _connect(probe: TcpProbe) -> str:
    try:
        _, writer = await asyncio.open_connection(probe.host, probe.port)
    except OSError as error:
        raise ProbeFailed(f"{probe.host}:{probe.port} takes no connection: {error.strerror or error}") from None
    writer.transport.abort()
    return "connected"


async def _get(probe: HttpProbe) -> str:
    from actions.probes.web import fetch

    code, text = await fetch(probe.url)
    if code not in probe.status:
        raise ProbeFailed(f"answered {code}")
    if probe.says is not None and probe.says not in text:
        raise ProbeFailed(f"answered {code}, and does not say `{probe.says}`")
    return f"answered {code}"


async def _measure(probe: MetricProbe) -> str:
    from actions.probes.web import fetch

    code, text = await fetch(probe.url)
    if code != 200:
        raise ProbeFailed(f"answered {code}")
    return judge(probe, text)


async def _ask(probe: CommandProbe, connector: Connector) -> str:
    if not isinstance(connector, Commanded):
        raise TargetRefused(f"connector `{connector.instance}` takes no commands")
    return await connector.ask(probe.command, probe.arguments, probe.within)
