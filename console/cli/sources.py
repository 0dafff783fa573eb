"""`fireline sources`."""

from console.cli.answers import connect, listing
from console.cli.options import Home, Json
from console.cli.output import Output


def sources(home: Home = None, json: Json = False) -> None:
    """Where findings come from: last seen, rate beside its own band, errors, clock, trust, what is yet to be seen."""
    answer = connect(home).get("/sources")
    columns = (
        "product", "detector", "quality", "last_seen", "last_hour", "band", "errors_day", "lag_s", "why",
        "still_to_see",
    )  # fmt: skip
    listing(Output(json), answer, "sources", columns, empty="nothing has come from anywhere yet")
