"""Where the demo's lines go: a terminal in colour, a pipe line by line, nowhere under --json."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from console.cli.demo.telling import Line
from console.cli.output import printable

STYLES = {
    "BLOCKED": "bold white on red",
    "FAILED": "bold white on red",
    "refused": "bold yellow",
    "denied": "yellow",
    "narrowed": "yellow",
    "asked": "cyan",
    "approved": "green",
    "interim": "green",
    "active": "bold green",
    "released": "blue",
    "------": "bold red",
}
HEADER = f"every effect: SIMULATED SITE; times: {time.strftime('%Z')}"


@contextmanager
def screen(plain: bool, silent: bool) -> Iterator[Callable[[Line], None]]:
    """Something that shows one line of the story after the other."""
    if silent:
        yield lambda line: None
    elif plain:
        print(HEADER, flush=True)
        yield lambda line: print(printable(str(line)), flush=True)
    else:
        with _live() as tell:
            yield tell


@contextmanager
def _live() -> Iterator[Callable[[Line], None]]:
    """Lines that stay, above a footer that tells how long it has been going."""
    from rich.console import Console
    from rich.live import Live
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    footer = Progress(SpinnerColumn(), TextColumn(HEADER), TimeElapsedColumn())
    footer.add_task("")
    console = Console(highlight=False)
    with Live(footer, console=console, refresh_per_second=8, transient=True):

        def tell(line: Line) -> None:
            style = STYLES.get(line.verb, "bold" if line.bold else "")
            head = Text(f"{line.at}  {line.incident:<8}  ", style="dim")
            console.print(head + Text(f"{line.verb:<9}", style=style) + Text("  " + printable(line.said)))

        yield tell
