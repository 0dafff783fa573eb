"""Training: a network that rebuilds clean headers, its threshold from held-back ones, its calibration and card.

Deterministic: the same captures, seed and libraries give the same weights. Made-up clean headers are always part of the
training, so that what a network seldom says (a NOTIFY, a failed transfer) is not taken for foreign; captured ones, if
given, make up as much again, and both must keep the false-positive rate on what was held back.
"""

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from detectors.dns import artefact
from detectors.dns.autoencoder import HeaderModel, losses
from detectors.dns.calibration import Flagged, calibrate, flagged_flows
from detectors.dns.card import Card, Label, Result
from detectors.dns.header import NAMES, Patterns, bits, implausible, pack
from detectors.dns.threads import one_thread
from detectors.generators.dns import Labelled, Rng, clean
from detectors.generators.foreign import foreign
from engine.errors import InvalidInput

NETWORK = (64, 16, 64)
"""Hidden layers; the middle one is the bottleneck that only clean headers fit through."""

EPOCHS, BATCH, RATE = 60, 256, 2e-3
MADE_UP, HELD_BACK, EACH_FOREIGN, CALIBRATING = 40_000, 60_000, 400, 300_000
LEAST_CAPTURED = 200
MOST_IMPLAUSIBLE = 0.01
FORMAT = 1
"""First part of a model's version: changes with features or loss, so that old files are not taken for new ones."""

VALIDATION = (
    "threshold: the chosen quantile of losses of clean messages that were not trained on (made up from another stream "
    "of the seed; of each capture its last fifth by time, if enough for that rate), the larger of both; "
    "results: a third stream"
)
LIMITS = (
    "sees eight bytes: a well-formed tunnel has a proper header and passes",
    "a protocol whose bytes 2-7 read as a proper header passes (NetBIOS name service)",
    "results and confidence are measured on made-up messages until verdicts of the place exist",
)


@dataclass(frozen=True)
class Captured:
    """The patterns of one clean capture in the order of time."""

    name: str
    patterns: Patterns


@dataclass(frozen=True)
class Trained:
    """A new model, and the content of its file."""

    model: HeaderModel
    content: bytes


@dataclass(frozen=True)
class Recipe:
    """What decides a training besides its captures: who answers for it, the seed, the false-positive rate."""

    owner: str
    seed: int = 53
    rate: float = 0.001


def train(captures: Sequence[Captured], recipe: Recipe) -> Trained:
    """Train from made-up headers and, if given, an environment's own clean captures.

    Raises `InvalidInput` for too few messages, or for captures that are visibly not clean.
    """
    _require_clean(captures)
    learning, holding, fitting, checking, judging = np.random.default_rng(recipe.seed).spawn(5)
    learned = _learned(learning, captures)
    network = _fit(learned, recipe.seed)
    threshold = _threshold(network, _held_back(holding, captures, recipe.rate), recipe.rate)
    content = artefact.dump(network)
    card = Card(
        version=f"{FORMAT}-{artefact.weights_digest(network)[:8]}",
        owner=recipe.owner,
        artefact=hashlib.sha256(content).hexdigest(),
        data=hashlib.sha256(learned.astype(">u8").tobytes()).hexdigest(),
        sources=("made up from the standards", *(capture.name for capture in captures)),
        messages=len(learned),
        features=NAMES,
        network=NETWORK,
        seed=recipe.seed,
        threshold=threshold,
        false_positive_rate=recipe.rate,
        validation=VALIDATION,
        results=_results(judging, network, threshold, captures),
        calibration=calibrate(_flows(fitting, network, threshold), _flows(checking, network, threshold)),
        libraries=tuple(f"{name} {version(name)}" for name in ("numpy", "scikit-learn", "skops")),
        limits=LIMITS,
    )
    return Trained(HeaderModel(network, card), content)


def _require_clean(captures: Sequence[Captured]) -> None:
    """Refuse what is too little, and what the plain rule already calls odd: it would be learned as normal."""
    if not captures:
        return
    total = sum(len(capture.patterns) for capture in captures)
    if total < LEAST_CAPTURED:
        raise InvalidInput(f"{total} messages are too few to train on: at least {LEAST_CAPTURED} are needed")
    odd = {capture.name: int(implausible(capture.patterns).sum()) for capture in captures}
    if sum(odd.values()) > MOST_IMPLAUSIBLE * total:
        worst = max(odd, key=lambda name: odd[name])
        raise InvalidInput(f"{sum(odd.values())} of {total} messages are no plausible DNS, most of them in `{worst}`")


def _split(capture: Captured) -> tuple[Patterns, Patterns]:
    """Earlier four fifths to learn from, the last fifth to hold back."""
    cut = len(capture.patterns) * 4 // 5
    return capture.patterns[:cut], capture.patterns[cut:]


def _learned(rng: Rng, captures: Sequence[Captured]) -> Patterns:
    made_up = pack(clean(rng, MADE_UP).headers)
    if not captures:
        return made_up
    captured = np.concatenate([_split(capture)[0] for capture in captures])
    return np.concatenate([made_up, rng.choice(captured, MADE_UP)])


def _held_back(rng: Rng, captures: Sequence[Captured], rate: float) -> list[Patterns]:
    """Clean messages never trained on: made-up ones, and captured ones if enough to show such a rate at all."""
    parts = [pack(clean(rng, HELD_BACK).headers)]
    captured = sum(len(_split(capture)[1]) for capture in captures)
    if captured * rate >= 1:
        parts.append(np.concatenate([_split(capture)[1] for capture in captures]))
    return parts


def _fit(patterns: Patterns, seed: int) -> MLPRegressor:
    network = MLPRegressor(
        hidden_layer_sizes=NETWORK, alpha=1e-5, batch_size=BATCH, learning_rate_init=RATE, max_iter=EPOCHS, tol=0.0,
        random_state=seed,
    )  # fmt: skip
    rows = bits(patterns)
    with warnings.catch_warnings(), one_thread():
        # The number of epochs is the recipe's; that it did not stop earlier is no news.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return network.fit(rows, rows)


def _threshold(network: MLPRegressor, held_back: Sequence[Patterns], rate: float) -> float:
    """The least loss that no more than `rate` of each held-back part exceeds."""
    return max(float(np.quantile(losses(network, part), 1 - rate, method="higher")) for part in held_back)


def _flows(rng: Rng, network: MLPRegressor, threshold: float) -> Flagged:
    strange = foreign(rng, EACH_FOREIGN)
    # A flow speaks one protocol, so its messages stand together.
    together = strange.headers[np.argsort(strange.categories, kind="stable")]
    honest = clean(rng, CALIBRATING).headers
    return flagged_flows(rng, losses(network, pack(honest)), losses(network, pack(together)), threshold)


def _results(rng: Rng, network: MLPRegressor, threshold: float, captures: Sequence[Captured]) -> tuple[Result, ...]:
    made_up = ((Label.CLEAN, clean(rng, HELD_BACK)), (Label.FOREIGN, foreign(rng, EACH_FOREIGN)))
    parts = [(label, name, chosen) for label, sample in made_up for name, chosen in _by_category(sample)]
    parts += [(Label.CLEAN, capture.name, _split(capture)[1]) for capture in captures]
    return tuple(
        Result(
            category=name,
            label=label,
            messages=len(part),
            flagged=int((losses(network, part) > threshold).sum()),
            flagged_by_rule=int(implausible(part).sum()),
        )
        for label, name, part in parts
    )


def _by_category(sample: Labelled) -> Iterator[tuple[str, Patterns]]:
    patterns = pack(sample.headers)
    for name in np.unique(sample.categories).tolist():
        yield name, patterns[sample.categories == name]
