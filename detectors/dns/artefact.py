"""The model's file: written by skops, and read back only if it holds exactly the types pinned here.

Rules: 1. size is bounded before anything is unpacked; 2. the digest must be the card's; 3. every type named in the
file's schema must be pinned, also where skops itself would trust it; 4. shapes and numbers are checked before use.
"""

import hashlib
import json
import zipfile
from io import BytesIO

import numpy as np
import skops.io
from pydantic import JsonValue
from sklearn.neural_network import MLPRegressor

from detectors.dns.header import BITS
from engine.errors import InvalidInput

PINNED = frozenset(
    {
        "builtins.dict",
        "builtins.list",
        "builtins.str",
        "builtins.tuple",
        "numpy.ndarray",
        "sklearn.neural_network._multilayer_perceptron.MLPRegressor",
    }
)
"""Everything a network of ours consists of."""

LARGEST_FILE, LARGEST_CONTENT = 4 << 20, 16 << 20
TRAINING_ONLY = (
    "_optimizer",
    "_random_state",
    "_best_coefs",
    "_best_intercepts",
    "best_loss_",
    "loss_",
    "loss_curve_",
    "validation_scores_",
)
"""Attributes that only a further fit would need; without them no other type is left in the file."""


def dump(network: MLPRegressor) -> bytes:
    """The file's content, without what only training needs."""
    for name in TRAINING_ONLY:
        network.__dict__.pop(name, None)
    return bytes(skops.io.dumps(network))


def load(content: bytes, digest: str, file: str) -> MLPRegressor:
    """The network in `content`; raise `InvalidInput` if it is not exactly what the card promises."""
    if hashlib.sha256(content).hexdigest() != digest:
        raise InvalidInput("the model's file is not the one its card describes", file=file)
    if foreign := sorted(_types(content, file) - PINNED):
        raise InvalidInput(f"the model's file holds a type that is not allowed: `{foreign[0]}`", file=file)
    network = skops.io.loads(content, trusted=[])
    if not isinstance(network, MLPRegressor) or not _usable(network):
        raise InvalidInput(f"the model is no finite network of {BITS} bits", file=file)
    return network


def _types(content: bytes, file: str) -> set[str]:
    if len(content) > LARGEST_FILE:
        raise InvalidInput(f"the model's file is larger than {LARGEST_FILE} bytes", file=file)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_CONTENT:
                raise InvalidInput(f"the model unpacks to more than {LARGEST_CONTENT} bytes", file=file)
            return _named(json.loads(archive.read("schema.json")))
    except (zipfile.BadZipFile, KeyError, ValueError) as error:
        raise InvalidInput("the model's file is no skops file", file=file) from error


def _named(schema: JsonValue) -> set[str]:
    """Every type a skops schema mentions, however deep."""
    match schema:
        case dict():
            inner = set[str]().union(*map(_named, schema.values()))
            return inner | {f"{schema['__module__']}.{schema['__class__']}"} if "__class__" in schema else inner
        case list():
            return set[str]().union(*map(_named, schema))
        case _:
            return set()


def _usable(network: MLPRegressor) -> bool:
    weights = [*network.coefs_, *network.intercepts_]
    shaped = network.n_features_in_ == network.n_outputs_ == BITS
    return shaped and all(bool(np.isfinite(weight).all()) for weight in weights)


def weights_digest(network: MLPRegressor) -> str:
    """Digest of what the network computes with, the same for the same weights in whatever file."""
    digest = hashlib.sha256()
    for weight in (*network.coefs_, *network.intercepts_):
        digest.update(np.ascontiguousarray(weight, np.float32).tobytes())
    return digest.hexdigest()
