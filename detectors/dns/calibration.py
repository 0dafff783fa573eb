"""From loss to confidence: how often a flagged flow of this mean loss is no DNS, measured on made-up flows.

Method: isotonic regression of the truth on the flow's mean loss, over flagged flows only, with clean and foreign flows
weighted to an assumed prior; the expected calibration error is taken on flows that were not fitted to.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from detectors.dns.card import Calibration

Losses = NDArray[np.float64]
Weights = NDArray[np.float64]
Truth = NDArray[np.bool_]

PRIOR = 0.01
"""Assumed share of flows on port 53 that are no DNS: rare, so that a small loss stays a small claim."""

CEILING = 0.89
"""Made-up flows cannot vouch for a network nobody has looked at: more needs verdicts from the place itself."""

LONGEST_FLOW = 6
BINS = 10
METHOD = "isotonic regression of truth on mean loss of flagged made-up flows, weighted to the prior"


@dataclass(frozen=True, slots=True)
class Flagged:
    """Flagged flows: mean loss, whether they are foreign, and the weight that restores the prior."""

    losses: Losses
    foreign: Truth
    weights: Weights


def flagged_flows(rng: np.random.Generator, clean: Losses, foreign: Losses, threshold: float) -> Flagged:
    """Group messages' losses into flows of one to six and keep those with a message beyond the threshold."""
    honest, strange = _flows(rng, clean, threshold), _flows(rng, foreign, threshold)
    weights = np.concatenate(
        [
            np.full(len(honest.kept), (1 - PRIOR) / honest.all),
            np.full(len(strange.kept), PRIOR / strange.all),
        ]
    )
    truth = np.repeat([False, True], [len(honest.kept), len(strange.kept)])
    return Flagged(np.concatenate([honest.kept, strange.kept]), truth, weights)


@dataclass(frozen=True, slots=True)
class _Flows:
    kept: Losses
    all: int


def _flows(rng: np.random.Generator, losses: Losses, threshold: float) -> _Flows:
    ends = np.cumsum(rng.integers(1, LONGEST_FLOW + 1, len(losses)))
    starts = np.concatenate([[0], ends[ends < len(losses)]])
    sizes = np.diff(np.append(starts, len(losses)))
    means = np.add.reduceat(losses, starts) / sizes
    return _Flows(means[np.maximum.reduceat(losses, starts) > threshold], len(starts))


def calibrate(fit: Flagged, check: Flagged) -> Calibration:
    """Fit on the one, measure the error on the other."""
    curve = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    curve.fit(fit.losses, fit.foreign.astype(np.float64), sample_weight=fit.weights)
    losses, confidences = curve.X_thresholds_, curve.y_thresholds_
    return Calibration(
        method=METHOD,
        prior=PRIOR,
        losses=tuple(round(float(loss), 8) for loss in losses),
        confidences=tuple(round(float(confidence), 6) for confidence in confidences),
        error=round(calibration_error(np.interp(check.losses, losses, confidences), check), 6),
        ceiling=CEILING,
    )


def calibration_error(claimed: Losses, check: Flagged) -> float:
    """Expected calibration error over ten equal bins of confidence."""
    places = np.minimum((claimed * BINS).astype(np.int64), BINS - 1)
    weight = np.bincount(places, check.weights, BINS)
    said = np.bincount(places, check.weights * claimed, BINS)
    true = np.bincount(places, check.weights * check.foreign, BINS)
    return float(np.abs(said - true).sum() / weight.sum())
