"""Limits on sharing and use as files write them: TLP 1 and 2, PAP, as markings and as tags; the strictest counts."""

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from engine.model.context import Pap, Tlp

M = TypeVar("M", Tlp, Pap)

KNOWN: Mapping[str, Tlp] = {
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": Tlp.CLEAR,
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": Tlp.GREEN,
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": Tlp.AMBER,
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": Tlp.RED,
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": Tlp.CLEAR,
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": Tlp.GREEN,
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": Tlp.AMBER,
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": Tlp.AMBER_STRICT,
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": Tlp.RED,
}
"""TLP 1 (STIX 2.1, 7.2.1.4) and TLP 2 (OASIS extension): markings that are known without being in the file."""

_TAG = re.compile(r"\s*(tlp|pap)\s*:\s*(.*?)\s*", re.IGNORECASE)


class Unclear(ValueError):
    """A limit that is meant but not understood; what carries it must not be used."""


def limits(labels: Iterable[str]) -> tuple[Tlp | None, Pap | None]:
    """The strictest limits among `TLP:AMBER`, `pap:red` …; other labels say nothing about limits.

    Raise `Unclear` for a TLP or PAP of a colour that does not exist.
    """
    tlp, pap = list[Tlp](), list[Pap]()
    for label in labels:
        found = _TAG.fullmatch(label)
        if found is None:
            continue
        system, colour = found[1].lower(), found[2].lower().strip('"')
        if system == "tlp":
            tlp.append(_colour(Tlp, colour, label))
        else:
            pap.append(_colour(Pap, colour, label))
    return strictest(Tlp, tlp), strictest(Pap, pap)


def strictest(system: type[M], found: Iterable[M | None]) -> M | None:
    """The strictest of several limits, None where there is none."""
    order = list(system)
    return max((one for one in found if one is not None), key=order.index, default=None)


def _colour(system: type[M], colour: str, label: str) -> M:
    try:
        return system("clear" if colour == "white" else colour)
    except ValueError:
        raise Unclear(f"`{label}` is no {system.__name__.upper()}: {', '.join(system)}") from None
