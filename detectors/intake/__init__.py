"""Reading alerts, ours and other products', as findings: one format a file, and `FORMATS` is what ships."""

from detectors.intake.eve import EveFormat
from detectors.intake.fireline import FirelineFormat
from detectors.intake.ocsf import OcsfFormat
from engine.ports import IntakeFormat

FORMATS: tuple[IntakeFormat, ...] = (FirelineFormat(), OcsfFormat(), EveFormat())
"""In the order in which automatic detection asks them."""
