"""The model's file: only what is pinned is ever loaded, and only what the card describes."""

import hashlib
import json
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import skops.io
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import LabelBinarizer

from detectors.dns import artefact
from detectors.dns.autoencoder import CARD_FILE, NETWORK_FILE, SHIPPED, HeaderModel, load_model, save_model
from engine.errors import InvalidInput


def load(content: bytes) -> MLPRegressor:
    return artefact.load(content, hashlib.sha256(content).hexdigest(), "model.skops")


def small(width: int) -> MLPRegressor:
    rows = np.zeros((20, width), np.float32)
    network = MLPRegressor(hidden_layer_sizes=(2,), tol=1.0, random_state=1).fit(rows, rows)
    return network


def test_the_shipped_file_holds_exactly_the_pinned_types() -> None:
    with zipfile.ZipFile(SHIPPED / NETWORK_FILE) as archive:
        assert artefact._named(json.loads(archive.read("schema.json"))) == artefact.PINNED


def test_a_planted_type_is_refused_even_where_skops_trusts_it() -> None:
    content = skops.io.dumps(LabelBinarizer())
    assert skops.io.get_untrusted_types(data=content) == []
    with pytest.raises(InvalidInput, match="a type that is not allowed: `sklearn.preprocessing"):
        load(content)


def test_a_file_other_than_the_cards_is_refused(tmp_path: Path) -> None:
    (tmp_path / CARD_FILE).write_bytes((SHIPPED / CARD_FILE).read_bytes())
    (tmp_path / NETWORK_FILE).write_bytes((SHIPPED / NETWORK_FILE).read_bytes() + b"\0")
    with pytest.raises(InvalidInput, match="not the one its card describes"):
        load_model(tmp_path)


def test_what_is_no_skops_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no skops file"):
        load(b"PK\x03\x04 not a zip")


def test_a_file_that_unpacks_to_too_much_is_refused() -> None:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", bytes(artefact.LARGEST_CONTENT + 1))
    with pytest.raises(InvalidInput, match="unpacks to more than"):
        load(buffer.getvalue())


def test_a_network_of_another_shape_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no finite network of 48 bits"):
        load(artefact.dump(small(5)))


def test_a_network_with_a_weight_that_is_no_number_is_refused() -> None:
    network = small(48)
    network.coefs_[0][0, 0] = np.nan
    with pytest.raises(InvalidInput, match="no finite network"):
        load(artefact.dump(network))


def test_a_folder_without_a_model_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no model can be read here"):
        load_model(tmp_path)


def test_a_card_with_an_unknown_field_is_refused(tmp_path: Path) -> None:
    (tmp_path / CARD_FILE).write_text('{"extra": 1}')
    (tmp_path / NETWORK_FILE).write_bytes(b"")
    with pytest.raises(InvalidInput, match="not a model's card"):
        load_model(tmp_path)


def test_the_version_names_the_weights(model: HeaderModel) -> None:
    assert model.card.version == f"1-{artefact.weights_digest(model.network)[:8]}"


def test_a_model_that_flags_ordinary_dns_is_refused(tmp_path: Path, model: HeaderModel) -> None:
    content = (SHIPPED / NETWORK_FILE).read_bytes()
    save_model(tmp_path, content, model.card.model_copy(update={"threshold": 0.0}))
    with pytest.raises(InvalidInput, match="takes an ordinary query or answer for no DNS"):
        load_model(tmp_path)
