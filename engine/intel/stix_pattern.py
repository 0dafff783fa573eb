"""STIX patterns (STIX 2.1, 9) as far as they name plain values: equality, sets and subsets, joined by OR.

Rules: 1. A pattern is read whole or refused whole. 2. Nothing is taken that claims more than the pattern: where several
comparisons must hold together the value of one alone is not what was meant, but for what `_describing` lists.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from engine.context.places import place
from engine.errors import InvalidInput
from engine.intel.values import canonical
from engine.model.finding import ObservableType

LONGEST = 65_536
"""Characters of a pattern."""
WIDEST = 4096
"""Alternatives that a pattern may have."""
DEEPEST = 20
"""Parentheses within each other."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<text>'(?:[^'\\]|\\['\\])*')
  | (?P<path>[a-z0-9-]+:[A-Za-z0-9_-]+(?:\[(?:\d+|\*)\]|\.[A-Za-z0-9_-]+|\.'(?:[^'\\]|\\['\\])*')*)
  | (?P<other>[thb]'[^']*'|-?\d+(?:\.\d+)?)
  | (?P<word>[A-Za-z]+)
  | (?P<sign>!=|<>|<=|>=|==|=|<|>|\[|\]|\(|\)|,)
    )""",
    re.VERBOSE,
)
_PLAIN = {
    "ipv4-addr:value": ObservableType.IP,
    "ipv6-addr:value": ObservableType.IP,
    "domain-name:value": ObservableType.DOMAIN,
    "url:value": ObservableType.URL,
    "email-addr:value": ObservableType.EMAIL,
    "email-message:from_ref.value": ObservableType.EMAIL,
    "email-message:sender_ref.value": ObservableType.EMAIL,
}
"""The object paths that name a value of ours."""
_ENDS = ("network-traffic:src_ref", "network-traffic:dst_ref")
"""One end of traffic: an address or a domain."""
_HASH = re.compile(r"(?:file|artifact):hashes\.'?(?:md5|sha-?1|sha-?224|sha-?256|sha-?384|sha-?512)'?", re.IGNORECASE)
_SUBSETS = ("ISSUBSET",)
_EQUALS = ("=", "==", "IN")


class Claim(NamedTuple):
    """One value that a pattern says is malicious."""

    kind: ObservableType
    value: str


@dataclass(frozen=True)
class _Comparison:
    path: str
    operator: str
    values: tuple[str, ...]


_All = tuple[_Comparison, ...]
"""Comparisons that must hold together."""
_Any = list[_All]
"""Alternatives, one of which must hold."""


def claims(pattern: str) -> Sequence[Claim]:
    """Every value that the pattern says is malicious by itself; raise `InvalidInput` where it says anything else."""
    if len(pattern) > LONGEST:
        raise InvalidInput(f"a pattern of {len(pattern)} characters is longer than {LONGEST}")
    alternatives = _Parser(pattern).read()
    return tuple(dict.fromkeys(claim for together in alternatives for claim in _claims(together)))


class _Parser:
    """Recursive descent over the tokens; answers in disjunctive normal form."""

    def __init__(self, pattern: str) -> None:
        self._tokens = [*_tokens(pattern), ("end", "its end")]
        self._at = self._depth = 0

    def read(self) -> _Any:
        found = self._observations()
        if self._tokens[self._at][0] != "end":
            raise self._unread()
        return found

    def _observations(self) -> _Any:
        found = self._observation()
        while self._take("OR"):
            found = _bounded([*found, *self._observation()])
        return found

    def _observation(self) -> _Any:
        if self._take("("):
            return self._closed(self._observations, ")")
        if self._take("["):
            return self._closed(self._any, "]")
        raise self._unread()

    def _any(self) -> _Any:
        found = self._all()
        while self._take("OR"):
            found = _bounded([*found, *self._all()])
        return found

    def _all(self) -> _Any:
        found = self._term()
        while self._take("AND"):
            other = self._term()
            if len(found) * len(other) > WIDEST:
                raise InvalidInput(f"it has more than {WIDEST} alternatives")
            found = [(*one, *more) for one, more in product(found, other)]
        return found

    def _term(self) -> _Any:
        if self._take("("):
            return self._closed(self._any, ")")
        path, operator = self._next("path"), self._tokens[self._at][1]
        if operator not in (*_EQUALS, *_SUBSETS):
            raise InvalidInput(f"`{path} {operator}` is no equality")
        self._at += 1
        return [(_Comparison(path, operator, self._values(operator)),)]

    def _values(self, operator: str) -> tuple[str, ...]:
        if operator != "IN":
            return (self._value(),)
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return tuple(values)

    def _value(self) -> str:
        kind, text = self._tokens[self._at]
        if kind == "other":
            self._at += 1
            return text
        return re.sub(r"\\(.)", r"\1", self._next("text")[1:-1])

    def _closed(self, inner: Callable[[], _Any], end: str) -> _Any:
        self._depth += 1
        if self._depth > DEEPEST:
            raise InvalidInput(f"it is nested deeper than {DEEPEST}")
        found = inner()
        self._expect(end)
        self._depth -= 1
        return found

    def _take(self, sign: str) -> bool:
        kind, text = self._tokens[self._at]
        taken = kind in ("sign", "word") and text == sign
        self._at += taken
        return taken

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unread()

    def _next(self, wanted: str) -> str:
        kind, text = self._tokens[self._at]
        if kind != wanted:
            raise self._unread()
        self._at += 1
        return text

    def _unread(self) -> InvalidInput:
        return InvalidInput(f"what begins with {self._tokens[self._at][1]!r} is not understood".replace("'", "`"))


def _tokens(pattern: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(pattern.rstrip())
    while at < end:
        found = _TOKEN.match(pattern, at)
        if found is None or found.lastgroup is None:
            raise InvalidInput(f"what begins with `{pattern[at : at + 20].strip()}` is not understood")
        yield found.lastgroup, found[found.lastgroup]
        at = found.end()


def _bounded(found: _Any) -> _Any:
    if len(found) > WIDEST:
        raise InvalidInput(f"it has more than {WIDEST} alternatives")
    return found


def _claims(together: _All) -> Iterator[Claim]:
    telling = [one for one in together if not _describing(one, together)]
    digests = all(_HASH.fullmatch(one.path) for one in telling)
    if len(telling) > 1 and not digests:
        paths = " AND ".join(f"`{one.path}`" for one in telling)
        raise InvalidInput(f"{paths} hold only together: none of them is malicious by itself")
    for one in telling:
        for value in one.values:
            yield _claim(one, value)


def _describing(one: _Comparison, together: _All) -> bool:
    """What narrows nothing: anything else about a file whose digest is given, and the type of an address."""
    thing, _, name = one.path.partition(":")
    if thing == "file" and not _HASH.fullmatch(one.path):
        return any(_HASH.fullmatch(other.path) and other.path.startswith("file:") for other in together)
    end, _, last = one.path.rpartition(".")
    return last == "type" and end in _ENDS and any(other.path == f"{end}.value" for other in together)


def _claim(one: _Comparison, text: str) -> Claim:
    kind = _kind(one.path, text)
    if one.operator in _SUBSETS and kind is not ObservableType.IP:
        raise InvalidInput(f"`{one.path}` has no subsets")
    try:
        return Claim(kind, canonical(kind, text))
    except ValueError as error:
        raise InvalidInput(str(error)) from None


def _kind(path: str, text: str) -> ObservableType:
    if path in _PLAIN:
        return _PLAIN[path]
    if _HASH.fullmatch(path):
        return ObservableType.HASH
    if path.removesuffix(".value") in _ENDS:
        return ObservableType.DOMAIN if place(text) is None else ObservableType.IP
    raise InvalidInput(f"`{path}` names nothing that is looked up here")
