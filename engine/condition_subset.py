"""The conditions about which something can be proved: comparisons of one fact with literals, joined by `&&`, `||`, `!`.

Whether such a condition holds depends only on where each fact lies among the literals it is compared with. So a few
values of each stand for all (`samples`), and none of these conditions can fail: no division, no index, nothing dynamic.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from engine.expressions import FactType
from engine.fact_table import FACTS

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"[^"\\]*"|'[^'\\]*')|(?P<number>-?\d+(?:\.\d+)?)"""
    r"""|(?P<word>[A-Za-z_][\w.]*)|(?P<sign>&&|\|\||==|!=|<=|>=|[<>!()\[\],]))"""
)
_COMPARED = frozenset({"==", "!=", "<", "<=", ">", ">="})
LEVELS = ("low", "standard", "high", "critical", "protected")
OTHER = "some other text"


class Outside(Exception):
    """The condition is none of these."""


@dataclass
class Mentioned:
    """Which facts are compared with which literals; a list by its size."""

    literals: dict[str, set[str | float]] = field(default_factory=dict)

    def add(self, fact: str, *literals: str | float) -> None:
        """Note literals that a fact is compared with."""
        self.literals.setdefault(fact, set()).update(literals)


def read_condition(source: str, into: Mentioned) -> None:
    """Add what the condition mentions; raise `Outside` where it is not in the subset."""
    _Reader(list(_tokens(source)), into).whole()


def _tokens(source: str) -> Iterator[str]:
    place, source = 0, source.strip()
    while place < len(source):
        found = _TOKEN.match(source, place)
        if found is None:
            raise Outside(f"`{source[place : place + 20]}`")
        yield found[0].strip()
        place = found.end()


class _Reader:
    """One recursive descent over the tokens."""

    def __init__(self, tokens: list[str], into: Mentioned) -> None:
        self._tokens, self._into = [*tokens, ""], into

    def whole(self) -> None:
        self._joined()
        if self._tokens != [""]:
            raise Outside(f"`{self._tokens[0]}`")

    def _next(self) -> str:
        return self._tokens.pop(0) if len(self._tokens) > 1 else ""

    def _expect(self, sign: str) -> None:
        if (found := self._next()) != sign:
            raise Outside(f"`{found}`")

    def _joined(self) -> None:
        self._one()
        while self._tokens[0] in ("&&", "||"):
            self._next()
            self._one()

    def _one(self) -> None:
        token = self._next()
        if token == "!":
            self._one()
        elif token == "(":
            self._joined()
            self._expect(")")
        elif token not in ("true", "false"):
            self._comparison(*self._operand(token))

    def _operand(self, token: str) -> tuple[str, FactType]:
        if token == "size":
            self._expect("(")
            fact = self._next()
            self._expect(")")
            if FACTS.get(fact, ("",))[0] is not FactType.STRINGS:
                raise Outside(f"`size({fact})`")
            return fact, FactType.INT
        if token not in FACTS or FACTS[token][0] in (FactType.STRINGS, FactType.OBJECT):
            raise Outside(f"`{token}`")
        return token, FACTS[token][0]

    def _comparison(self, fact: str, kind: FactType) -> None:
        if self._tokens[0] == "in":
            self._next()
            self._into.add(fact, *self._listed(kind))
        elif self._tokens[0] in _COMPARED:
            sign = self._next()
            if kind is FactType.STRING and sign not in ("==", "!="):
                raise Outside(f"`{fact} {sign}`")
            self._into.add(fact, *self._literal(kind))
        elif kind is FactType.BOOL:
            self._into.add(fact)
        else:
            raise Outside(f"`{fact}`")

    def _listed(self, kind: FactType) -> Iterator[str | float]:
        self._expect("[")
        yield from self._literal(kind)
        while self._tokens[0] == ",":
            self._next()
            yield from self._literal(kind)
        self._expect("]")

    def _literal(self, kind: FactType) -> Iterator[str | float]:
        token = self._next()
        match kind:
            case FactType.BOOL if token in ("true", "false"):
                return
            case FactType.STRING if token[:1] in ("'", '"'):
                yield token[1:-1]
            case FactType.INT | FactType.DOUBLE if re.fullmatch(r"-?\d+(\.\d+)?", token):
                yield float(token)
            case _:
                raise Outside(f"`{token}`")


def samples(mentioned: Mentioned) -> Mapping[str, list[JsonValue]]:
    """For each fact, values of which one stands for any that it can have."""
    return {fact: _samples(fact, literals) for fact, literals in sorted(mentioned.literals.items())}


def _samples(fact: str, literals: set[str | float]) -> list[JsonValue]:
    numbers = sorted(literal for literal in literals if isinstance(literal, float))
    match FACTS[fact][0]:
        case FactType.BOOL:
            return [False, True]
        case FactType.STRING:
            texts = sorted(literal for literal in literals if isinstance(literal, str))
            return [*(LEVELS if fact.endswith(".criticality") else (*texts, OTHER))]
        case FactType.INT:
            return [*_whole(numbers)]
        case FactType.STRINGS:
            return [[str(item) for item in range(size)] for size in _whole(numbers) if size >= 0]
    return [*_real(numbers)]


def _whole(numbers: list[float]) -> list[int]:
    return sorted({near for number in numbers for near in (int(number) - 1, int(number), int(number) + 1)})


def _real(numbers: list[float]) -> list[float]:
    """The literals, something between each two, and something beyond."""
    between = [(one + other) / 2 for one, other in zip(numbers, numbers[1:], strict=False)]
    return sorted({numbers[0] - 1, *numbers, *between, numbers[-1] + 1})
