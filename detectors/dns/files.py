"""The shipped model over capture files, by the port that every detector has."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from detectors.dns.autoencoder import SHIPPED, HeaderModel, load_model
from detectors.dns.card import DETECTOR
from detectors.dns.detector import Scan
from engine.model.finding import Finding


class HeaderDetector:
    """Implements `engine.ports.Detector`; the model is loaded when it is first asked for."""

    id = DETECTOR

    def __init__(self, folder: Path = SHIPPED) -> None:
        """Use the model in this folder."""
        self._folder = folder

    @property
    def version(self) -> str:
        """The model's own."""
        return self._model.card.version

    def read(self, path: Path) -> Iterator[Finding]:
        """The findings of one capture; a damaged one raises what is wrong after those that stand before the damage."""
        scan = Scan(self._model)
        yield from scan.read(path)
        if scan.problems:
            raise scan.problems[0]

    @cached_property
    def _model(self) -> HeaderModel:
        return load_model(self._folder)
