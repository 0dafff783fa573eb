"""What people are asked, as it is shown to them: one card, whichever product shows it."""

from engine.model.base import Model


class CardLine(Model):
    """One labelled line; the text is plain, bounded and has nothing in it that a screen obeys or a chat expands."""

    label: str
    text: str


class Card(Model):
    """One request as its approvers see it.

    `mark` says where the effect would be; it is ours alone, first and last. `digest` is what an answer is bound to,
    `shown` the form of it that people compare. While `open` answers are taken; `to_approve` says whether a yes needs a
    reason as a no always does.
    """

    request: str
    incident: str
    mark: str
    headline: str
    title: str
    lines: tuple[CardLine, ...]
    digest: str
    shown: str
    open: bool
    to_approve: bool

    @property
    def last(self) -> str:
        """The last line: where, what, and the digest."""
        return f"{self.mark} · {self.incident} · {self.request} · {self.shown}"
