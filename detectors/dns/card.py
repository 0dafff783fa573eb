"""What a model of headers says of itself: data, features, threshold, measured results, calibration, limits."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from engine.model.base import Model

DETECTOR = "dns.header_autoencoder"

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Label(StrEnum):
    """What messages truly are."""

    CLEAN = "clean"
    FOREIGN = "foreign"


class Result(Model):
    """One category of held-back messages: how many the model flags, and how many the plain rule on the same bytes."""

    category: str
    label: Label
    messages: int
    flagged: int
    flagged_by_rule: int


class Calibration(Model):
    """From a flow's mean loss to the share of such flagged flows that are no DNS: points of a rising line.

    `prior` is the assumed share of foreign flows, `error` the expected calibration error on flows not fitted to,
    `ceiling` the most that is claimed before verdicts from the place itself.
    """

    method: str
    prior: Share
    losses: tuple[float, ...]
    confidences: tuple[Share, ...]
    error: Share
    ceiling: Share


class Card(Model):
    """One version of the model. `artefact` is the SHA-256 of the file beside it, `data` that of what it learned."""

    detector: str = DETECTOR
    version: str
    owner: str
    artefact: str
    data: str
    sources: tuple[str, ...]
    messages: int
    features: tuple[str, ...]
    network: tuple[int, ...]
    seed: int
    threshold: float
    false_positive_rate: Share
    validation: str
    results: tuple[Result, ...]
    calibration: Calibration
    libraries: tuple[str, ...]
    validated_locally: bool = False
    limits: tuple[str, ...]
