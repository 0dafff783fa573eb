"""`fireline people totp`: somebody's secret for one-time codes, shown once."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.cli.options import Home, Json
from console.cli.output import Output
from engine.errors import InvalidInput, NotFound

if TYPE_CHECKING:
    from engine.model.principal import Principal

FOLDER = "totp"


def totp(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who it is for, as people.yaml calls them.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Make a secret for somebody's one-time codes and print what their authenticator takes, once.

    Have its person scan or type it, and nobody else read it; the line for people.yaml says where the secret stands.
    """
    from console.people import FilePeople
    from engine.settings import load, make_private
    from engine.step_up import new_secret, setup_uri

    settings = load({"home": home})
    person = _person(FilePeople(settings.people_file).get(name), name)
    file = make_private(settings.home / FOLDER) / person.id
    secret = new_secret()
    _keep(file, secret)
    uri, reference = setup_uri(secret, person.id), f"file:{file}"
    lines = (uri, f"this is not shown again; write under `{person.id}` in people.yaml:", f"    totp: {reference}")
    Output(json).show({"uri": uri, "totp": reference}, lines)


def _person(found: "Principal | None", name: str) -> "Principal":
    if found is None:
        raise NotFound(f"there is nobody called `{name}` in people.yaml")
    if found.bot:
        raise InvalidInput(f"`{name}` is a bot, and answers nothing")
    return found


def _keep(file: Path, secret: str) -> None:
    """For its owner alone, and never in the place of another."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise InvalidInput(f"`{file}` holds a secret already: delete it first, to make another") from None
    with open(descriptor, "w", encoding="utf-8") as kept:
        kept.write(f"{secret}\n")
