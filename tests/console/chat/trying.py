"""A test card in any room, as `fireline doctor chat` puts it there."""

from console.chat.port import Room
from engine.control import trials
from tests.bench import Bench


async def tried(bench: Bench, room: Room) -> str:
    """Begin a trial and show its card; the card's digest."""
    name, digest = room.settings.name, "ab" * 32
    trial = await bench.write(lambda tx: trials.begin(tx, name, digest, bench.person("tom"), bench.now))
    ref = await room.post("a-trial", trials.card_of(trial, bench.now))
    await bench.write(lambda tx: trials.place(tx, trial, ref))
    return digest


def heard_from(bench: Bench, room: Room) -> str:
    """Who answered it so far."""
    return bench.read(lambda tx: trials.find(tx, room.settings.name)).heard_from
