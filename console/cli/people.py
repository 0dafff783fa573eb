"""`fireline people`: who there is, new tokens for them, and who they are in chat rooms."""

from typing import Annotated

import typer

from console.cli.answers import connect, listing, local
from console.cli.options import Home, Id, Json
from console.cli.output import Output

app = typer.Typer(no_args_is_help=True, help="Who there is, and tokens for them.", rich_markup_mode=None)


@app.command("list")
def people(home: Home = None, json: Json = False) -> None:
    """List people with their roles and groups; tokens are never shown."""
    from console.people import FilePeople
    from engine.settings import load

    found = [*FilePeople(load({"home": home}).people_file).all()]
    value = {"people": [who.model_dump(mode="json", exclude={"token_sha256", "totp"}) for who in found]}
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


Room = Annotated[str, typer.Argument(metavar="ROOM", help="The room's name, as in the settings.")]


@app.command("enrol")
def enrol(room: Room, home: Home = None, json: Json = False) -> None:
    """Make a code that shows in a chat room who you are there: it is good once, for ten minutes."""
    made = connect(home).post("/me/enrolments", {"room": room})
    lines = (
        f"{made['id']}: type this in `{room}` before {local(made['expires_at'])}; it is not shown again:",
        f"  in Slack and Mattermost:  /fireline enrol {made['code']}",
        f"  everywhere else:          enrol {made['code']}",
        "then somebody else confirms it: fireline people confirm",
    )
    Output(json).show(made, lines)


@app.command("enrolments")
def enrolments(home: Home = None, json: Json = False) -> None:
    """Who is known in which room and what waits to be confirmed: yours, or everybody's if you may confirm."""
    answer, output = connect(home).get("/enrolments"), Output(json)
    if json:
        output.show(answer, ())
        return
    columns = ("id", "state", "principal", "room", "user", "claimed_at")
    listing(output, answer, "waiting", columns, empty="nothing waits to be confirmed")
    listing(
        output, answer, "enrolments", ("principal", "room", "user", "since", "confirmed_by"), empty="nobody is known"
    )


@app.command("confirm")
def confirm(
    id: Id,
    user: Annotated[str, typer.Argument(metavar="USER", help="The user's id in the room, as the person told you.")],
    home: Home = None,
    json: Json = False,
) -> None:
    """Confirm that a user of a room is the person they claim to be: ask that person first, by another way."""
    known = connect(home).post(f"/enrolments/{id}/confirmation", {"user": user})
    said = f"{known['user']} in {known['room']} is {known['principal']}; answers from there count a day from now"
    Output(json).show(known, [said])


@app.command("decline")
def decline(id: Id, home: Home = None, json: Json = False) -> None:
    """Have nothing come of an enrolment: yours, or anybody's if you may confirm."""
    gone = connect(home).post(f"/enrolments/{id}/refusal", {})
    Output(json).show(gone, [f"{id}: declined"])


@app.command("unenrol")
def unenrol(
    room: Room,
    person: Annotated[str | None, typer.Option("--person", help="Somebody else; takes who may confirm.")] = None,
    home: Home = None,
    json: Json = False,
) -> None:
    """Be known no longer in a room."""
    gone = connect(home).post("/enrolments/removal", {"room": room, "principal": person})
    Output(json).show(gone, [f"{gone['user']} in {room} is {gone['principal']} no longer"])
