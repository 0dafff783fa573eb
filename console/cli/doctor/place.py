"""The home, the disk under it, the clock, and where each setting came from."""

import ctypes
import os
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

from console.cli.doctor.lines import Line, bad, odd, well
from console.cli.lifelines import named_hosts
from console.cli.resolving import addresses_of
from console.clock import now
from engine.documents import read
from engine.settings import FILE, PREFIX, STANDARD_VARIABLES, Settings

PRIVATE = ("token", "people.yaml", "fireline.yaml", "fireline.db", "keys", "run", "log", "temporal", "site", "flows")
"""What of a home is its owner's alone."""
NOT_SHOWN = frozenset({"database_url"})
"""May hold a password."""
RESERVE, TIGHT = 256 * 2**20, 2 * 2**30
"""Free bytes below which the ledger may soon not be written, so nothing executed; and those that call for a look."""
TIME_ERROR = 5
"""What the kernel answers while nothing keeps its clock (adjtimex(2))."""
JUMP = timedelta(seconds=5)


def settings_lines(settings: Settings) -> Iterator[Line]:
    """Every setting that is not the default, and from where; no secrets."""
    given = sorted(settings.model_fields_set - {"home"})
    yield well("settings", f"home = {settings.home} ({_origin('home', settings)})")
    for name in given:
        shown = "(not shown)" if name in NOT_SHOWN else _shown(getattr(settings, name))
        yield well("settings", f"{name} = {shown} ({_origin(name, settings)})")
    names = named_hosts(settings)
    for name in sorted(names.keys() - addresses_of(names).keys()):
        said = f"`{name}` ({names[name]}) stands for no address now, so that only the name is untouchable"
        yield odd("settings", said, "list its addresses under `untouchable` of the context")


def _shown(value: object) -> str:
    return f"{len(value)} of them" if isinstance(value, tuple) else str(value)


def _origin(name: str, settings: Settings) -> str:
    variables = (f"{PREFIX}{name.upper()}", STANDARD_VARIABLES.get(name, ""))
    variable = next((variable for variable in variables if os.environ.get(variable)), None)
    if variable is not None:
        return variable
    file = settings.home / FILE
    document = read(file) if file.exists() else None
    if document is not None and name in document.data:
        return f"{file}:{document.at([name], key=True).line}"
    return "a flag" if name in settings.model_fields_set else "default"


def home(settings: Settings) -> Iterator[Line]:
    """Whether it is there, ours, and nobody else's."""
    if not settings.home.is_dir():
        yield bad("home", f"`{settings.home}` is not there", "`fireline init`")
        return
    seen = settings.home.stat()
    if seen.st_uid != os.geteuid():
        yield bad(
            "home", f"`{settings.home}` belongs to user {seen.st_uid}, not to us", "run as its owner, or chown it"
        )
    found = [settings.home, *(settings.home / name for name in PRIVATE if (settings.home / name).exists())]
    opened = [path for path in found if _open_to_others(path)]
    for path in opened:
        yield bad("home", f"`{path}` is open to others", f"chmod go= {path}")
    if not opened:
        yield well("home", f"{settings.home} is its owner's alone")


def _open_to_others(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))


def disk(settings: Settings) -> Iterator[Line]:
    """Whether the ledger can go on being written: where it cannot, nothing is executed."""
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(place).free
    said = f"{free / 2**30:.1f} GiB free under {place}"
    if free < RESERVE:
        yield bad("disk", f"{said}: soon nothing can be recorded, and then nothing is executed", "make room")
    elif free < TIGHT:
        yield odd("disk", said, f"keep {TIGHT / 2**30:.0f} GiB free")
    else:
        yield well("disk", said)


def clock(settings: Settings) -> Iterator[Line]:
    """Whether something keeps it: leases end by it, and approvals expire by it."""
    at = now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    answer = _kernel_clock()
    if answer == TIME_ERROR:
        yield odd("clock", f"{at}, and the kernel says that nothing keeps it", "run an NTP client (chrony, timesyncd)")
    elif answer < 0:
        yield odd("clock", f"{at}; whether something keeps it cannot be asked here", "look at the host's NTP client")
    else:
        yield well("clock", f"{at}, kept by the kernel")


def _kernel_clock() -> int:
    """What adjtimex(2) says without changing anything; -1 where it cannot be asked."""
    try:
        return int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)))
    except (AttributeError, OSError):
        return -1
