"""What an effect displaced at its target and could not be given back, because somebody changed it meanwhile."""

from pydantic import JsonValue

from engine.model.base import Model, Text


class Changed(Model):
    """A setting of the target: what it was before the effect, as what we left it, and what it is now.

    `was`, `left` and `now` are None where nobody knows, which a value never is. `refused` is what the target said
    against having it given back, `beyond` why nothing here can give it back, whatever anybody says.
    """

    setting: str
    was: JsonValue = None
    left: JsonValue = None
    now: JsonValue = None
    refused: Text = ""
    beyond: Text = ""

    @property
    def may_return(self) -> bool:
        """Whether people have a choice."""
        return self.was is not None and not self.beyond

    @property
    def line(self) -> str:
        """It as people read it."""
        was = "what it was nobody knows" if self.was is None else f"was `{self.was}`"
        now = "what it is now nobody knows" if self.now is None else f"is now `{self.now}`"
        left = "" if self.left is None else f", left as `{self.left}`"
        refused = f"; the target refuses: {self.refused}" if self.refused else ""
        beyond = f"; it cannot be given back: {self.beyond}" if self.beyond else ""
        return f"{self.setting}: {was}{left}, {now}{refused}{beyond}"
