"""The formats that flow records come in, and how each is told by its first line."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum

from engine.errors import InvalidInput
from engine.flows.eve import EveReader
from engine.flows.netflow import NetflowReader, knows_header
from engine.flows.records import LineReader
from engine.flows.vpc import VpcReader, looks_like_vpc
from engine.flows.zeek_conn import ZeekJsonReader, ZeekReader


class FlowFormat(StrEnum):
    """Who wrote the file."""

    ZEEK = "zeek"
    ZEEK_JSON = "zeek-json"
    VPC = "vpc"
    NETFLOW = "netflow"
    EVE = "eve"


READERS: Mapping[FlowFormat, Callable[[], LineReader]] = {
    FlowFormat.ZEEK: ZeekReader,
    FlowFormat.ZEEK_JSON: ZeekJsonReader,
    FlowFormat.VPC: VpcReader,
    FlowFormat.NETFLOW: NetflowReader,
    FlowFormat.EVE: EveReader,
}


def recognised(first: str, file: str) -> FlowFormat:
    """The format whose first line this is; raise `InvalidInput` where it is none that we read."""
    if first.startswith("#"):
        return FlowFormat.ZEEK
    if first.startswith("{"):
        return _of_json(first, file)
    if looks_like_vpc(first):
        return FlowFormat.VPC
    if knows_header(first):
        return FlowFormat.NETFLOW
    raise InvalidInput(f"is no flow log that is read here ({', '.join(FlowFormat)})", file=file, line=1)


def _of_json(first: str, file: str) -> FlowFormat:
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        raise InvalidInput("is no JSON", file=file, line=1) from None
    return FlowFormat.EVE if isinstance(found, dict) and "event_type" in found else FlowFormat.ZEEK_JSON
