"""What an effect displaced at its target and could not be given back, because somebody changed it meanwhile."""

from pydantic import JsonValue

from engine.model.base import Model, Text


class Changed(Model):
    """A setting of the target: what it was before the effect, as what we left it, and what it is now.

    `was` and `now` are None where nobody knows, which a value never is. `refused` is what the target said against
    having it given back.
    """

    setting: str
    was: JsonValue = None
    left: JsonValue = None
    now: JsonValue = None
    refused: Text = ""

    @property
    def line(self) -> str:
        """It as people read it."""
        was = "what it was nobody knows" if self.was is None else f"was `{self.was}`"
        now = "what it is now nobody knows" if self.now is None else f"is now `{self.now}`"
        refused = f"; the target refuses: {self.refused}" if self.refused else ""
        return f"{self.setting}: {was}, left as `{self.left}`, {now}{refused}"
