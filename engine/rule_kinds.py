"""A layer that makes a rule one of another kind: what the old kind left in it that the new one has no place for."""

from collections.abc import Iterator, Mapping

from engine.documents import Document
from engine.errors import InvalidInput
from engine.model.base import Json, Model
from engine.model.policy import Exemption, Forbid, Observe, Raise

KINDS: Mapping[str, type[Model]] = {"forbid": Forbid, "raise": Raise, "observe": Observe, "exception": Exemption}


def leftovers(above: Document, below: Document) -> Iterator[InvalidInput]:
    """Every rule of `below` that stands in `above` as one of another kind, with keys that its own kind does not know.

    A merged rule keeps what the higher layer said, so the mistake is the lower one's, at its `kind`.
    """
    higher = {str(rule.get("id")): (index, rule) for index, rule in _rules(above)}
    for index, rule in _rules(below):
        number, was = higher.get(str(rule.get("id")), (0, rule))
        kind = str(rule.get("kind", was.get("kind")))
        left = [key for key in was if kind in KINDS and key not in KINDS[kind].model_fields]
        if kind != was.get("kind") and left:
            place = above.at(("rules", number))
            listed = ", ".join(f"`{key}`" for key in left)
            said = f"`{rule.get('id')}` is of kind `{was.get('kind')}` in {place.file}:{place.line}, and has {listed}"
            yield below.at(("rules", index, "kind")).error(f"{said}, which `{kind}` has not: give it another id")


def _rules(document: Document) -> Iterator[tuple[int, Json]]:
    listed = document.data.get("rules")
    for index, rule in enumerate(listed if isinstance(listed, list) else []):
        if isinstance(rule, dict):
            yield index, rule
