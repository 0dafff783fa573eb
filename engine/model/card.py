"""What people are asked, as it is shown to them: one card, whichever product shows it."""

from collections.abc import Sequence

from engine.model.base import Model


class CardLine(Model):
    """One labelled line; the text is plain, bounded and has nothing in it that a screen obeys or a chat expands."""

    label: str
    text: str


class CardItem(Model):
    """One request on a card, as its approvers see it.

    `digest` is what an answer is bound to, `shown` the form of it that people compare. While `open` answers are taken;
    `to_approve` says whether a yes needs a reason as a no always does, `lasting` whether it may be for less time.
    `cut` says that parameters are left out: then a yes is not one touch, but a form that shows them or says where.
    `typed` are the commands about it that a room takes, without what stands before them there.
    """

    request: str
    headline: str
    title: str
    lines: tuple[CardLine, ...]
    digest: str
    shown: str
    open: bool
    to_approve: bool
    lasting: bool = False
    cut: bool = False
    typed: tuple[str, ...] = ()

    @property
    def by_form(self) -> bool:
        """Whether a yes takes a form: for a reason, or to be shown first what the card has no room for."""
        return self.to_approve or self.cut

    @property
    def last(self) -> str:
        """Its last line: which request it is, and the digest."""
        return f"{self.request} · {self.shown}"


class Card(Model):
    """What people are asked about one matter: one request, or several that belong together, each an item of its own.

    `mark` says where the effects would be; it is ours alone, first and last. `about` names the incidents.
    """

    mark: str
    about: str
    items: tuple[CardItem, ...]

    @property
    def open(self) -> bool:
        """Whether anything on it can be answered."""
        return bool(self.waiting)

    @property
    def waiting(self) -> Sequence[CardItem]:
        """The items that can be answered."""
        return [item for item in self.items if item.open]

    @property
    def headline(self) -> str:
        """The first line."""
        if len(self.items) == 1:
            return f"{self.mark} · {self.items[0].headline}"
        return f"{self.mark} · {self.about} · {len(self.items)} actions, {len(self.waiting)} to decide"

    @property
    def title(self) -> str:
        """What notifications show beside the first line: what is asked first."""
        return (*self.waiting, *self.items)[0].title

    @property
    def last(self) -> str:
        """The last line: where, and what."""
        names = self.items[0].last if len(self.items) == 1 else f"{len(self.items)} actions"
        return f"{self.mark} · {self.about} · {names}"
