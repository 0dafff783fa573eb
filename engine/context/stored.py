"""Sources as they are stored, voted on and made active: one text each, with its provenance beside what it says."""

from collections.abc import Iterable, Sequence

from pydantic import ValidationError

from engine.context.file import ContextFile
from engine.context.merge import Known
from engine.digest import canonical, sha256
from engine.errors import InvalidInput
from engine.model.base import Model
from engine.model.governance import Bundle, Kind, SourceText
from engine.model.provenance import Source


class _Stored(Model):
    source: Source
    content: ContextFile


def bundle_of(known: Iterable[Known]) -> Bundle:
    """All sources as one thing to be active; the same sources always have the same digest."""
    files = tuple(sorted((_text(one) for one in known), key=lambda file: file.name))
    digest = sha256({file.name: file.text for file in files})
    return Bundle(kind=Kind.CONTEXT, digest=digest, label=f"{len(files)} sources of context", files=files)


def known_in(files: Sequence[SourceText]) -> tuple[Known, ...]:
    """What these texts say; raise `InvalidInput` where this version of Fireline does not take one."""
    return tuple(_known(file) for file in files)


def _text(one: Known) -> SourceText:
    content = one.content.model_dump(mode="json", exclude_unset=True)
    body = canonical({"source": one.source.model_dump(mode="json"), "content": content})
    return SourceText(name=f"{one.source.name}.json", text=body.decode())


def _known(file: SourceText) -> Known:
    try:
        stored = _Stored.model_validate_json(file.text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise InvalidInput(f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}", file=file.name) from error
    return Known(stored.source, stored.content)
