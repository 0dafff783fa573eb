"""The model: how badly a network that knows clean headers rebuilds one, which bits were wrong, and how sure that is."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError
from sklearn.neural_network import MLPRegressor

from detectors.dns import artefact
from detectors.dns.card import Card
from detectors.dns.header import Patterns, bits
from detectors.dns.threads import one_thread
from engine.errors import InvalidInput

Losses = NDArray[np.float64]

SHIPPED = Path(__file__).parent / "model"
"""The default model: trained on made-up clean headers only."""

ORDINARY = np.array([0x0100_0001_0000, 0x8180_0001_0001], np.uint64)
"""A query and its answer as most of them are: a model that flags these is broken, whatever its card says."""

NETWORK_FILE, CARD_FILE = "header_autoencoder.skops", "card.json"


def bit_errors(network: MLPRegressor, patterns: Patterns) -> Losses:
    """Squared error of each bit, one row per pattern."""
    wanted = bits(patterns)
    with one_thread():
        rebuilt = network.predict(wanted) if len(patterns) else wanted
    return ((rebuilt - wanted) ** 2).astype(np.float64)


def losses(network: MLPRegressor, patterns: Patterns) -> Losses:
    """Mean squared error per pattern. Headers repeat, so each distinct one is rebuilt once."""
    distinct, where = np.unique(patterns, return_inverse=True)
    found: Losses = bit_errors(network, distinct).mean(axis=1)[where]
    return found


@dataclass(frozen=True)
class HeaderModel:
    """A network with its card."""

    network: MLPRegressor
    card: Card

    def errors(self, patterns: Patterns) -> Losses:
        """Squared error of each bit, one row per pattern."""
        return bit_errors(self.network, patterns)

    def losses(self, patterns: Patterns) -> Losses:
        """How badly each pattern is rebuilt."""
        return losses(self.network, patterns)

    def flags(self, patterns: Patterns) -> NDArray[np.bool_]:
        """Which patterns are rebuilt so badly that they are taken for no DNS."""
        flagged: NDArray[np.bool_] = self.losses(patterns) > self.card.threshold
        return flagged

    def confidence(self, mean_loss: float) -> float:
        """Calibrated chance that a flagged flow of this mean loss is no DNS, up to the card's ceiling."""
        calibration = self.card.calibration
        found = float(np.interp(mean_loss, calibration.losses, calibration.confidences))
        return round(min(found, calibration.ceiling), 4)


def load_model(folder: Path = SHIPPED) -> HeaderModel:
    """Read a model's folder; raise `InvalidInput` where it is not what the card says, or does not work."""
    try:
        card = Card.model_validate_json((folder / CARD_FILE).read_bytes())
        content = (folder / NETWORK_FILE).read_bytes()
    except OSError as error:
        raise InvalidInput(f"no model can be read here: {error.strerror}", file=str(folder)) from error
    except ValidationError as error:
        raise InvalidInput(f"not a model's card: {error.errors()[0]['msg']}", file=str(folder / CARD_FILE)) from error
    model = HeaderModel(artefact.load(content, card.artefact, str(folder / NETWORK_FILE)), card)
    if model.flags(ORDINARY).any():
        raise InvalidInput("the model takes an ordinary query or answer for no DNS", file=str(folder))
    return model


def save_model(folder: Path, content: bytes, card: Card) -> None:
    """Write a model's folder from its file's content and its card."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / NETWORK_FILE).write_bytes(content)
    (folder / CARD_FILE).write_text(card.model_dump_json(indent=2) + "\n", encoding="utf-8")
