"""What is known from imported files, in memory: replaced whole after an import, so that nobody sees half of one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from engine.intel.indicators import Indicators
from engine.intel.warned import Warned
from engine.model.context import Indicator, ListedAs
from engine.model.finding import Observable
from engine.model.intel import WarningList


@dataclass(frozen=True)
class Known:
    """All of it at one time: by key and name, and indexed."""

    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    lists: Mapping[str, WarningList] = field(default_factory=dict)
    said: Indicators = field(default_factory=Indicators)
    warned: Warned = field(default_factory=Warned)

    def with_indicators(self, changed: Mapping[str, Indicator]) -> "Known":
        """The same with these indicators added or replaced."""
        indicators = {**self.indicators, **changed}
        return replace(self, indicators=indicators, said=Indicators(indicators.values())) if changed else self

    def with_lists(self, changed: Iterable[WarningList]) -> "Known":
        """The same with these lists added or replaced."""
        lists = {**self.lists, **{one.name: one for one in changed}}
        return self if lists == self.lists else replace(self, lists=lists, warned=Warned(lists.values()))


class Knowledge:
    """The one place where the latest `Known` stands; read by decisions, set by imports."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.known = Known()

    def indicators(self, observable: Observable) -> Sequence[Indicator]:
        """What is said against it, newest first; expired or not."""
        return self.known.said.lookup(observable)

    def listed(self, observable: Observable) -> Sequence[ListedAs]:
        """The warning lists that it stands on."""
        return self.known.warned.lookup(observable)
