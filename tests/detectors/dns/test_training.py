"""Training: repeatable, honest about its threshold, and unwilling to learn what is visibly not clean."""

import numpy as np
import pytest

from detectors.dns.autoencoder import HeaderModel
from detectors.dns.calibration import PRIOR, Flagged, calibration_error, flagged_flows
from detectors.dns.card import Label
from detectors.dns.header import NAMES, pack
from detectors.dns.training import Captured, Recipe, Trained, train
from detectors.generators.dns import clean
from detectors.generators.foreign import foreign
from engine.errors import InvalidInput

OWNER = "Fireline maintainers"


@pytest.fixture(scope="module")
def again() -> Trained:
    return train([], Recipe(OWNER))


def test_retraining_gives_a_model_that_judges_like_the_shipped_one(again: Trained, model: HeaderModel) -> None:
    rng = np.random.default_rng(7)
    sample = np.concatenate([pack(clean(rng, 20_000).headers), pack(foreign(rng, 200).headers)])
    assert (again.model.flags(sample) == model.flags(sample)).mean() > 0.995
    assert again.model.card.data == model.card.data


def test_the_card_says_what_the_model_is(model: HeaderModel) -> None:
    card = model.card
    assert (card.detector, card.owner, card.features) == ("dns.header_autoencoder", OWNER, NAMES)
    assert card.sources == ("made up from the standards",)
    assert not card.validated_locally


def test_the_threshold_keeps_the_chosen_rate_on_headers_never_seen(model: HeaderModel) -> None:
    unseen = pack(clean(np.random.default_rng(99), 60_000).headers)
    assert model.flags(unseen).mean() <= 2 * model.card.false_positive_rate


@pytest.mark.parametrize("kind", sorted({str(name) for name in foreign(np.random.default_rng(0), 1).categories}))
def test_nearly_all_of_every_foreign_protocol_is_flagged(model: HeaderModel, kind: str) -> None:
    sample = foreign(np.random.default_rng(42), 200)
    assert model.flags(pack(sample.headers[sample.categories == kind])).mean() >= 0.95


def test_the_cards_results_cover_every_category_beside_the_plain_rule(model: HeaderModel) -> None:
    clean_ones = [result for result in model.card.results if result.label is Label.CLEAN]
    foreign_ones = [result for result in model.card.results if result.label is Label.FOREIGN]
    assert len(clean_ones) == 11
    assert len(foreign_ones) == 34
    assert sum(result.flagged for result in clean_ones) <= 0.002 * sum(result.messages for result in clean_ones)
    assert all(result.flagged_by_rule <= result.messages for result in model.card.results)


def test_confidence_rises_with_the_loss_up_to_the_ceiling(model: HeaderModel) -> None:
    confidences = [model.confidence(loss) for loss in np.linspace(0, 1, 50)]
    assert confidences == sorted(confidences)
    assert (confidences[0], confidences[-1]) == (0.0, model.card.calibration.ceiling)


def test_calibration_restores_the_assumed_prior() -> None:
    rng = np.random.default_rng(1)
    flows = flagged_flows(rng, np.full(6000, 1.0), np.full(900, 1.0), threshold=0.5)
    assert flows.weights[flows.foreign].sum() == pytest.approx(PRIOR)
    assert flows.weights.sum() == pytest.approx(1.0)


def test_calibration_error_is_the_gap_between_said_and_true() -> None:
    flows = Flagged(np.zeros(4), np.array([True, False, False, False]), np.ones(4))
    assert calibration_error(np.full(4, 0.75), flows) == pytest.approx(0.5)


def test_captures_that_are_visibly_not_clean_are_refused() -> None:
    odd = pack(foreign(np.random.default_rng(1), 20).headers)
    with pytest.raises(InvalidInput, match=r"680 of 680 messages are no plausible DNS, most of them in `dirty.pcap`"):
        train([Captured("dirty.pcap", odd)], Recipe(OWNER))


def test_too_few_messages_are_refused() -> None:
    few = Captured("few.pcap", np.full(10, 0x0100_0001_0000, np.uint64))
    with pytest.raises(InvalidInput, match="10 messages are too few"):
        train([few], Recipe(OWNER))


def test_an_environments_own_habits_become_normal(model: HeaderModel) -> None:
    # Answers with a large count and every flag set: allowed, but in no made-up traffic.
    habit = np.full(500, 0x87B0_0001_0C00, np.uint64)
    own = train([Captured("here.pcap", habit)], Recipe(OWNER))
    assert model.flags(habit).all()
    assert not own.model.flags(habit).any()
    assert own.model.card.sources[1:] == ("here.pcap",)
    assert own.model.flags(pack(foreign(np.random.default_rng(5), 50).headers)).mean() > 0.95
