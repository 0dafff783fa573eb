"""Opening the simulated site of a home: every process that does so sees the same site."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from console.clock import now
from engine.context.file import ContextFile
from engine.context.file import load as load_context
from engine.context.flows import by_day, read_flows, tagger
from engine.context.parts import TagRule
from engine.settings import Settings, make_private

if TYPE_CHECKING:
    from actions.simulators.site import Site

SITE = "sim"
"""The connector instance of the simulated site."""
STALE = timedelta(hours=12)
"""After this a site's flows and indicators are dated anew, so that it does not look deserted."""


def site_path(name: str) -> Path:
    """A shipped site by name, or any by path."""
    import actions.simulators

    shipped = Path(actions.simulators.__path__[0]) / "sites" / f"{name}.yaml"
    return shipped if shipped.is_file() else Path(name)


def open_site(settings: Settings) -> "Site":
    """The site that the settings name, in this home."""
    from actions.simulators.site import Site

    folder = make_private(settings.home / "site")
    file = _dated(load_context(site_path(settings.site or "demo")), folder)
    return Site(folder, with_flows(file, settings.flows), now, instance=SITE)


def with_flows(file: ContextFile, paths: Iterable[Path]) -> ContextFile:
    """The site with recorded flows on top of its own, their times as they are.

    A record that says nothing of what it serves is tagged by the site's rules, else by the job that it runs like.
    """
    jobs = tuple(TagRule(tag=job.tag, peer=job.destination, port=job.port, protocol=job.protocol) for job in file.jobs)
    tag = tagger((*file.tags, *jobs), file.assets, (*file.inside, *file.partner))
    found = chain.from_iterable(read_flows(path, tag) for path in paths)
    return file.model_copy(update={"flows": (*file.flows, *by_day(found))})


def _dated(file: ContextFile, folder: Path) -> ContextFile:
    """The file's times as if it had been written when this home first used it, or lately."""
    if file.as_of is None:
        return file
    kept = folder / "as_of"
    as_of = datetime.fromisoformat(kept.read_text()) if kept.exists() else None
    if as_of is None or now() - as_of > STALE:
        as_of = now()
        fresh = folder / "as_of.new"
        fresh.write_text(as_of.isoformat())
        fresh.replace(kept)
    return file.rebased(as_of)
