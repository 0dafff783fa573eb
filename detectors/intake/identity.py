"""Stable ids: the same alert, read twice, from another file or in another layout, is the same finding."""

from collections.abc import Iterable
from datetime import datetime

from pydantic import JsonValue

from engine.digest import sha256
from engine.model.finding import Endpoint, Observable


def from_product(product: str, *parts: str) -> str:
    """Id of an alert that its product names by itself."""
    return _id(["product", product, *parts])


def from_content(
    detector: str,
    time: datetime,
    ends: Iterable[Endpoint | None],
    title: str,
    observables: Iterable[Observable],
    *extra: str,
) -> str:
    """Id of an alert without a name: who said it, when, about whom, what; `extra` is what else tells two apart."""
    sides: list[JsonValue] = [list(_side(end)) if end else None for end in ends]
    seen: list[JsonValue] = [*sorted(f"{item.type}:{item.value}" for item in observables)]
    return _id(["content", detector, time.isoformat(), sides, title, seen, *extra])


def _side(end: Endpoint) -> tuple[JsonValue, ...]:
    return end.ip, end.port, end.host, end.user


def _id(content: list[JsonValue]) -> str:
    return f"F-{sha256(content)[:16]}"
