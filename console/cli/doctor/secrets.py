"""Whether every secret that the settings name can be read from here; none is shown."""

from collections.abc import Iterator

from pydantic import TypeAdapter, ValidationError

from console.cli.doctor.lines import Line, away, bad, well
from engine.errors import InvalidInput, SecretAway
from engine.model.channel import Secret
from engine.settings import Settings

REMEDY = "put it there, readable for the engine's account alone: docs/settings.md says how"
_REFERENCE = TypeAdapter(Secret)


def secrets(settings: Settings) -> Iterator[Line]:
    """Each once; with none there is nothing to look at."""
    for reference in sorted({*_named(settings.model_dump(mode="json"))}):
        yield _read(reference)


def _read(reference: str) -> Line:
    # Imported here: what speaks to a vault is needed where one is named.
    from engine.secrets import reveal

    try:
        reveal(reference)
    except SecretAway as error:
        return away("secrets", str(error), "messages wait for it, and signed callbacks are refused meanwhile")
    except InvalidInput as error:
        return bad("secrets", str(error), REMEDY)
    return well("secrets", f"`{reference}` can be read")


def _named(value: object) -> Iterator[str]:
    """Every reference in what is set."""
    if isinstance(value, dict):
        value = [*value.values()]
    if isinstance(value, list):
        for one in value:
            yield from _named(one)
    elif isinstance(value, str) and _is_reference(value):
        yield value


def _is_reference(text: str) -> bool:
    try:
        _REFERENCE.validate_python(text)
    except ValidationError:
        return False
    return True
