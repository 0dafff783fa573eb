"""Whether those who approve can say yes at tier 4: their one-time codes, as the settings ask for them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from console.cli.doctor.lines import Line, bad, odd, well
from engine.errors import InvalidInput
from engine.model.step_up import StepUp
from engine.settings import Settings

if TYPE_CHECKING:
    from engine.model.principal import Principal

SET_UP = "`fireline people totp NAME`, then `totp` under the name in people.yaml"
MEND = "put the secret there, for the engine's account alone, or have a new one made: `fireline people totp`"


def codes(settings: Settings) -> Iterator[Line]:
    """Each secret, and who has none; where no code is asked there is nothing to look at."""
    from console.people import FilePeople
    from engine.model.principal import Role

    if settings.step_up is StepUp.OFF:
        return
    deciding = [one for one in FilePeople(settings.people_file).all() if Role.APPROVER in one.roles and not one.bot]
    yield from (_checked(one) for one in deciding if one.totp)
    without = sorted(one.id for one in deciding if not one.totp)
    if without:
        counts = "no yes at tier 4 counts" if settings.step_up is StepUp.REQUIRED else "a yes at tier 4 takes no code"
        yield odd("codes", f"{counts} of {', '.join(without)}, who have no secret for codes", SET_UP)


def _checked(person: "Principal") -> Line:
    from engine.secrets import reveal
    from engine.step_up import require_secret

    try:
        require_secret(reveal(person.totp))
    except InvalidInput as error:
        return bad("codes", f"{person.id}: {error}", MEND)
    return well("codes", f"{person.id}: codes can be checked")
