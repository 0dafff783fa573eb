"""What is said in Matrix, and what answers look like there; pure.

Rules: 1. Messages have a plain body alone, and mention nobody but whom we mean to, by ids of ours. 2. An answer names
the digest of its card, so that it is to that card wherever it stands: `approve 4f9a-03be`, `approve 4f9a-03be for 15m`,
`deny 4f9a-03be because …`; `retract 4f9a-03be` takes it back. 3. What was edited, or is a notice of a program, is no
answer. 4. What may be meant as a yes for less is never taken for a whole one.
"""

import re
from collections.abc import Iterable

from console.chat.fields import SHORT, UNSAID
from engine.model.approval import VoteKind
from engine.model.base import TEXT_LIMIT, Json, Model
from engine.model.card import Card, CardItem

ANSWER = re.compile(
    r"\s*(?P<kind>approve|deny|retract)\s+(?P<digest>[0-9a-f]{4}-?[0-9a-f]{4})\b[\s:,]*(?P<reason>.*)", re.S | re.I
)
COMMAND = re.compile(r"\s*!?fireline[\s:,]+(?P<text>\S.*)", re.S | re.I)
"""A command, which is typed after our name: a room is full of other talk."""
FOR = re.compile(
    r"for\s+(?P<lease>\d+(?:\.\d+)?\s*[a-z]*(?:\s*\d+(?:\.\d+)?\s*[a-z]+)*)[\s:,;.]*(?P<reason>.*)", re.S | re.I
)
"""How long a yes is for, where the first word after the digest says so."""
BRIEF = re.compile(
    r"\W*(?:(?:for|only|just|max\w*|at most|up to|no more|not more|until|till|half|an? (?:hour|day|minute))\b|\d)"
    r"|(?!because\b)(?:\S+\s+){0,4}\W*\d+(?:[.,]\d+)?\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\b",
    re.I,
)
"""What may say that a yes is for less: how such a thing begins, or a number and a unit among the first words."""
CODE = re.compile(r"(?i)(\bcode)\W*\d(?:[ -]?\d){5,7}\b")
"""A one-time code that somebody typed where everybody reads it: it must not stand in the ledger, too."""
QUOTED = re.compile(r"\A(?:>[^\n]*\n)+\n?")
"""The fallback of older clients, which repeat what is answered to."""


class Answer(Model):
    """What somebody typed; without a `kind` they take back what they answered."""

    kind: VoteKind | None
    digest: str
    reason: str
    lease: str = ""


def command_in(body: str) -> str | None:
    """What somebody typed to us by name, None where the message is something else."""
    found = COMMAND.fullmatch(QUOTED.sub("", body[:TEXT_LIMIT]))
    return None if found is None else found["text"].encode(errors="replace").decode()


def answer_in(body: str) -> Answer | None:
    """The answer in a message, None where it is something else."""
    found = ANSWER.fullmatch(QUOTED.sub("", body[: 2 * TEXT_LIMIT]))
    if found is None:
        return None
    # A lone surrogate has no place in the ledger, and must not make the whole message unreadable.
    plain = " ".join(found["reason"].encode(errors="replace").decode().split())[:TEXT_LIMIT]
    reason = CODE.sub(r"\1 (left out)", plain)[:TEXT_LIMIT]
    kind, digest = found["kind"].lower(), found["digest"].lower()
    if kind == "retract":
        return Answer(kind=None, digest=digest, reason="")
    if kind == VoteKind.DENY:
        return Answer(kind=VoteKind.DENY, digest=digest, reason=reason)
    lease, why = _length_in(reason)
    return Answer(kind=VoteKind.APPROVE, digest=digest, reason=why, lease=lease)


def _length_in(reason: str) -> tuple[str, str]:
    """For how long a yes is, and why; where it may say so and is not understood, no length that anybody takes."""
    found = FOR.fullmatch(reason)
    if found is not None:
        return found["lease"].strip()[:SHORT], found["reason"]
    return UNSAID if BRIEF.match(reason) else "", reason


def card_text(card: Card) -> str:
    """The card, a line each, and how it is answered."""
    items = [line for item in card.items for line in _item(item, alone=len(card.items) == 1)]
    return "\n".join((card.headline, *items, card.last))


def _item(item: CardItem, *, alone: bool) -> list[str]:
    named = [] if alone else ["", f"{item.last} · {item.headline}"]
    lines = [f"{line.label:<8}  {line.text}" for line in item.lines]
    why = " and why" if item.to_approve else ""
    briefly = f"  ·  approve {item.shown} for TIME, if for less{why}" if item.lasting else ""
    back = f"  ·  within a minute: retract {item.shown}"
    how = [f"ANSWER    deny {item.shown} and why{briefly}  ·  approve {item.shown}{why}{back}"] if item.open else []
    return [*named, item.title, *lines, *how]


def said(text: str, to: Iterable[str] = ()) -> Json:
    """A message that rings with these users; homeservers let notices ring with nobody."""
    users = [*to]
    return {"msgtype": "m.text", "body": text, "m.mentions": {"user_ids": [*users]} if users else {}}


def threaded(ref: str, text: str) -> Json:
    """A line in the thread of another message, which rings with nobody."""
    return {**said(text), "msgtype": "m.notice", "m.relates_to": {"rel_type": "m.thread", "event_id": ref}}


def edited(ref: str, text: str, to: Iterable[str] = ()) -> Json:
    """Another message in the place of one, which says whom that is to, and rings with nobody anew."""
    return {
        **said(f"* {text}"),
        "msgtype": "m.notice",
        "m.new_content": said(text, to),
        "m.relates_to": {"rel_type": "m.replace", "event_id": ref},
    }
