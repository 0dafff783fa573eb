"""`fireline people`: who there is, and new tokens for them."""

import typer

from console.cli.options import Home, Json
from console.cli.output import Output

app = typer.Typer(no_args_is_help=True, help="Who there is, and tokens for them.", rich_markup_mode=None)


@app.command("list")
def people(home: Home = None, json: Json = False) -> None:
    """List people with their roles and groups; tokens are never shown."""
    from console.people import FilePeople
    from engine.settings import load

    found = [*FilePeople(load({"home": home}).people_file).all()]
    value = {"people": [who.model_dump(mode="json", exclude={"token_sha256"}) for who in found]}
    rows = [(who.id, who.name, " ".join(who.roles), " ".join(who.groups), "bot" * who.bot) for who in found]
    Output(json).table(value, ("id", "name", "roles", "groups", ""), rows, empty="nobody")


@app.command("token")
def token(json: Json = False) -> None:
    """Make a bearer token: hand it to its person, and put the digest under their name in people.yaml."""
    from console.first_run import new_token
    from console.people import token_digest

    made = new_token()
    value = {"token": made, "token_sha256": token_digest(made)}
    Output(json).show(value, [f"token: {made}", f"token_sha256: {value['token_sha256']}"])
