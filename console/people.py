"""Who there is, who is on duty, and whose token this is: `$FIRELINE_HOME/people.yaml`.

Rules: 1. The file holds digests of tokens, never tokens; each is 256 random bits, so a plain SHA-256 cannot be
guessed back. 2. A token is compared with everybody's digest in constant time. 3. A file that others may write is
refused. 4. A bad edit changes nothing: the last good file stays in force and `problem` says what is wrong. 5. Several
threads ask at once: what is in force is replaced as a whole, together with the stamps of what was read. 6. Whoever is
away (`console.absences`) is not on duty; a calendar that cannot be read takes nobody away.
"""

import hashlib
import hmac
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field

from console.absences import Absence, AbsenceCalendar, Away, read_away
from console.rota import Shift
from engine.documents import Document, read
from engine.errors import InvalidInput
from engine.model.base import Model
from engine.model.principal import Principal, Role

FILE_VERSION = 1
NAME = r"^[a-z0-9][a-z0-9-]{0,30}$"
"""Of a chat room."""
CERTIFICATE = r"^(sha256:[0-9a-f]{64}|[a-z][a-z0-9+.-]*://[!-~]+)$"
"""A client certificate by its SHA-256, or by a URI among its names."""
Stamp = tuple[int, int, int]


class Person(Model):
    """One entry under `people`."""

    name: str
    roles: tuple[Role, ...]
    groups: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    chat: dict[Annotated[str, Field(pattern=NAME)], Annotated[str, Field(min_length=1, max_length=255)]] = {}
    bot: bool = False
    token_sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")] = ""
    totp: Annotated[str, Field(pattern=r"^(env:[A-Za-z_][A-Za-z0-9_]*|file:/.+)?$")] = ""
    """Read within a door's transaction: of this host, and nothing that has to be asked elsewhere."""
    oidc: Annotated[str, Field(max_length=255)] = ""
    certificates: tuple[Annotated[str, Field(pattern=CERTIFICATE)], ...] = ()


class PeopleFile(Model):
    """The whole file; `groups` says what each group is for."""

    version: int
    groups: dict[str, str] = {}
    people: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9._-]*$")], Person]
    rota: tuple[Shift, ...] = ()
    absences: tuple[Absence, ...] = ()
    calendars: tuple[AbsenceCalendar, ...] = ()


@dataclass(frozen=True)
class _InForce:
    """Who there is by the last good file, the stamps of all that was looked at last, and what is wrong with that."""

    stamps: tuple[Stamp, ...]
    principals: Mapping[str, Principal]
    rota: tuple[Shift, ...]
    calendars: tuple[Path, ...]
    away: Away
    problem: InvalidInput | None = None


class FilePeople:
    """`engine.ports.People` over a file that is read again whenever it changes."""

    def __init__(self, path: Path) -> None:
        """Read `path`; raises `InvalidInput` if it is not good now."""
        self._path = path
        self._in_force = _read(path)

    @property
    def problem(self) -> InvalidInput | None:
        """What is wrong with the file as it stands, while an earlier one is in force."""
        return self._in_force.problem

    @property
    def calendar_problems(self) -> tuple[str, ...]:
        """What is wrong with calendars of absences: by those nobody is away."""
        return self._now().away.problems

    def get(self, principal: str) -> Principal | None:
        """Who has this id."""
        return self._now().principals.get(principal)

    def by_token(self, token: str) -> Principal | None:
        """Whose bearer token this is."""
        everybody, digest = self._now().principals.values(), token_digest(token)
        # Rule 2: nobody is left out, so that the time taken says nothing.
        matches = [who for who in everybody if hmac.compare_digest(who.token_sha256 or "-", digest)]
        return matches[0] if matches else None

    def all(self) -> Iterable[Principal]:
        """Everybody, in the file's order."""
        return self._now().principals.values()

    def on_call(self, group: str, at: datetime) -> Sequence[Principal]:
        """Who is on duty for `group` at that instant, and not away, first named first."""
        now = self._now()
        names = dict.fromkeys(shift.principal for shift in now.rota if shift.group == group and shift.covers(at))
        away = now.away.at(at)
        return [now.principals[name] for name in names if name not in away]

    def absent(self, at: datetime) -> frozenset[str]:
        """Who is away at that instant."""
        return self._now().away.at(at)

    def on_duty(self, at: datetime) -> frozenset[str]:
        """Who has a shift at that instant, whatever the group, and is not away; without any shifts, everybody."""
        now = self._now()
        there = {shift.principal for shift in now.rota if shift.covers(at)} if now.rota else {*now.principals}
        return frozenset(there) - now.away.at(at)

    def changes(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every instant between the two at which somebody comes on duty or goes off it."""
        now = self._now()
        for shift in now.rota:
            yield from shift.changes(after, until)
        yield from now.away.changes(after, until)

    def _now(self) -> _InForce:
        """What is in force, once the file, or a calendar, was read again where it changed."""
        stamps = _stamps(self._path, self._in_force.calendars)
        if stamps != self._in_force.stamps:
            try:
                self._in_force = _read(self._path)
            except InvalidInput as error:
                self._in_force = replace(self._in_force, stamps=stamps, problem=error)
        return self._in_force


def token_digest(token: str) -> str:
    """What the file keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def parse(path: Path) -> PeopleFile:
    """The file at `path`; raise `InvalidInput` with the place of what is wrong."""
    document = read(path)
    if path.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InvalidInput("may be written by others: chmod 600 it", file=str(path))
    file = document.validate(PeopleFile)
    _require_version(file, document)
    _require_known_groups(file, document)
    _require_own_tokens(file, document)
    _require_own_subjects(file, document)
    _require_own_certificates(file, document)
    _require_own_users(file, document)
    _require_rota_of_members(file, document)
    _require_known_absentees(file, document)
    return file


def _require_version(file: PeopleFile, document: Document) -> None:
    if file.version != FILE_VERSION:
        raise document.at(["version"]).error(f"version `{file.version}` is not known here: write {FILE_VERSION}")


def _require_known_groups(file: PeopleFile, document: Document) -> None:
    for name, person in file.people.items():
        for index, group in enumerate(person.groups):
            if group not in file.groups:
                raise document.at(["people", name, "groups", index]).error(
                    f"group `{group}` is not listed under `groups`"
                )


def _require_own_tokens(file: PeopleFile, document: Document) -> None:
    owners = dict[str, str]()
    for name, person in file.people.items():
        if not person.token_sha256:
            continue
        owner = owners.setdefault(person.token_sha256, name)
        if owner != name:
            raise document.at(["people", name, "token_sha256"]).error(
                f"the token of `{name}` is also that of `{owner}`"
            )


def _require_own_subjects(file: PeopleFile, document: Document) -> None:
    """Nobody is two people: whoever signs in with the identity provider is one, and a bot never does."""
    owners = dict[str, str]()
    for name, person in file.people.items():
        owner = owners.setdefault(person.oidc, name) if person.oidc else name
        if owner != name:
            raise document.at(["people", name, "oidc"]).error(f"`{person.oidc}` is `{owner}` already")
        if person.oidc and person.bot:
            raise document.at(["people", name, "oidc"]).error(f"`{name}` is a bot, which does not sign in")


def _require_own_certificates(file: PeopleFile, document: Document) -> None:
    owners = dict[str, str]()
    for name, person in file.people.items():
        for index, certificate in enumerate(person.certificates):
            owner = owners.setdefault(certificate, name)
            if owner != name:
                raise document.at(["people", name, "certificates", index]).error(f"it names `{owner}` already")


def _require_own_users(file: PeopleFile, document: Document) -> None:
    """Nobody is two people: a user of a chat room belongs to one."""
    owners = dict[tuple[str, str], str]()
    for name, person in file.people.items():
        for room, user in person.chat.items():
            owner = owners.setdefault((room, user), name)
            if owner != name:
                raise document.at(["people", name, "chat", room]).error(f"`{user}` in `{room}` is `{owner}` already")


def _require_rota_of_members(file: PeopleFile, document: Document) -> None:
    for index, shift in enumerate(file.rota):
        person = file.people.get(shift.principal)
        if person is None:
            raise document.at(["rota", index, "principal"]).error(f"`{shift.principal}` is not listed under `people`")
        if shift.group not in person.groups:
            raise document.at(["rota", index, "group"]).error(f"`{shift.principal}` is not in group `{shift.group}`")


def _require_known_absentees(file: PeopleFile, document: Document) -> None:
    said = (
        ("absences", [one.principal for one in file.absences]),
        ("calendars", [one.principal for one in file.calendars]),
    )
    for key, names in said:
        for index, name in enumerate(names):
            if name and name not in file.people:
                raise document.at([key, index, "principal"]).error(f"`{name}` is not listed under `people`")


def _read(path: Path) -> _InForce:
    # Before the reading: what changes meanwhile is read again.
    first = _stamp(path)
    file = parse(path)
    calendars = tuple(path.parent / one.file for one in file.calendars)
    stamps = (first, *map(_stamp, calendars))
    principals = {name: Principal(id=name, **dict(person)) for name, person in file.people.items()}
    names = {person.id: person.name for person in principals.values()}
    away = read_away(path, names, file.absences, file.calendars)
    return _InForce(stamps, principals, file.rota, calendars, away)


def _stamps(path: Path, calendars: Iterable[Path]) -> tuple[Stamp, ...]:
    return (_stamp(path), *map(_stamp, calendars))


def _stamp(path: Path) -> Stamp:
    """What changes whenever the file does; zeros where it is away."""
    try:
        seen = path.stat()
    except OSError:
        return (0, 0, 0)
    return (seen.st_mtime_ns, seen.st_size, seen.st_ino)
