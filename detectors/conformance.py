"""The laws of what makes findings: intake formats, and detectors over files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from engine.conformance import laws, require, same
from engine.digest import canonical
from engine.errors import InvalidInput
from engine.model.base import Json
from engine.model.finding import Finding
from engine.ports import Detector, IntakeFormat

FILE, LINE = "alerts.json", 12
ODD: tuple[JsonValue, ...] = (None, True, -1, 10**18, 0.5, "", "\x00", "x" * 10_000, [], [None], {}, {"": {}})
FOREIGN: tuple[Json, ...] = ({}, {"event_type": 1}, {"": None}, {"time": []})
"""Records that no format has reason to take for its own."""


@dataclass(frozen=True)
class IntakeSample:
    """What a plug-in gives for its format: alerts as the product writes them."""

    alerts: tuple[Json, ...]


@dataclass(frozen=True)
class IntakeCase:
    """One format and its sample."""

    format: IntakeFormat
    sample: IntakeSample

    def findings(self) -> list[Finding]:
        """The sample's alerts, normalised."""
        read = [self.format.normalise(alert, FILE, LINE) for alert in self.sample.alerts]
        require(all(isinstance(finding, Finding) for finding in read), "an alert of the sample gives no finding")
        return [finding for finding in read if finding is not None]


async def it_recognises_its_own_alerts(case: IntakeCase) -> None:
    """Every one of the sample, which is not empty."""
    require(case.sample.alerts, "the sample has no alert")
    for number, alert in enumerate(case.sample.alerts, 1):
        require(case.format.recognises(alert), f"alert {number} of the sample is not recognised")


async def it_leaves_the_records_of_others_alone(case: IntakeCase) -> None:
    """Automatic detection asks every format."""
    for record in FOREIGN:
        require(not case.format.recognises(record), f"a record that is nobody's is recognised: {record}")


async def an_alert_becomes_a_finding_with_its_place(case: IntakeCase) -> None:
    """So that people find it again in the product's own file."""
    for finding in case.findings():
        same((finding.origin.file, finding.origin.line), (FILE, LINE), "the place of a finding")


async def the_same_alert_read_twice_is_the_same_finding(case: IntakeCase) -> None:
    """Its id does not depend on where it stands."""
    again = [case.format.normalise(alert, "another.json", 1) for alert in case.sample.alerts]
    same([one.id for one in again if one], [one.id for one in case.findings()], "the ids read from another file")
    ids = [finding.id for finding in case.findings()]
    same(len(set(ids)), len(ids), "how many different ids different alerts have")


async def a_finding_can_be_stored_digested_and_read_again(case: IntakeCase) -> None:
    """It stands in the ledger."""
    for finding in case.findings():
        storable(finding)


async def whatever_is_odd_in_a_record_is_refused_with_its_place(case: IntakeCase) -> None:
    """Each field taken away, and each made into something else: a finding, nothing, or a positioned refusal."""
    for record in (odd for alert in case.sample.alerts for odd in mutations(alert)):
        require(isinstance(case.format.recognises(record), bool), "it does not say whether it recognises a record")
        if case.format.recognises(record):
            require(case.format.kind(record), "it does not say what kind of record it sees")
            _refused_or_read(case.format, record)


INTAKE = laws(
    it_recognises_its_own_alerts,
    it_leaves_the_records_of_others_alone,
    an_alert_becomes_a_finding_with_its_place,
    the_same_alert_read_twice_is_the_same_finding,
    a_finding_can_be_stored_digested_and_read_again,
    whatever_is_odd_in_a_record_is_refused_with_its_place,
)
"""For every intake format."""


def _refused_or_read(format: IntakeFormat, record: Json) -> None:
    try:
        finding = format.normalise(record, FILE, LINE)
    except InvalidInput as error:
        same((error.file, error.line), (FILE, LINE), "the place of a refusal")
        return
    if finding is not None:
        storable(finding)


def storable(finding: Finding) -> None:
    """Raise unless it has a canonical form and comes back as it was."""
    canonical(finding.model_dump(mode="json"))
    same(Finding.model_validate_json(finding.model_dump_json()), finding, "read again a finding is")


def mutations(value: Json) -> Iterator[Json]:
    """The record with one field less or one odd, at every depth."""
    for name in value:
        yield {other: kept for other, kept in value.items() if other != name}
        yield from ({**value, name: odd} for odd in ODD)
        inner = value[name]
        if isinstance(inner, dict):
            yield from ({**value, name: changed} for changed in mutations(inner))


@dataclass(frozen=True)
class DetectorSample:
    """What a plug-in gives for its detector: files by name, in each of which it finds something."""

    files: Mapping[str, bytes]


@dataclass(frozen=True)
class DetectorCase:
    """One detector, its sample, and an empty folder."""

    detector: Detector
    sample: DetectorSample
    folder: Path

    def read(self, name: str, content: bytes) -> list[Finding]:
        """What it finds in a file of this content."""
        place = self.folder / name
        place.write_bytes(content)
        return [*self.detector.read(place)]


async def it_finds_something_in_each_of_its_files(case: DetectorCase) -> None:
    """Or the other laws would say nothing."""
    require(case.sample.files, "the sample has no file")
    for name, content in case.sample.files.items():
        require(case.read(name, content), f"nothing is found in `{name}`")


async def its_findings_name_it_and_their_file(case: DetectorCase) -> None:
    """By id and version, for precision is measured by both."""
    for name, content in case.sample.files.items():
        for finding in case.read(name, content):
            named = (finding.detector, finding.detector_version, finding.origin.file)
            same(named, (case.detector.id, case.detector.version, name), "detector, version and file of a finding")
            storable(finding)


async def the_same_file_gives_the_same_findings(case: DetectorCase) -> None:
    """Whatever it is called, and however often it is read."""
    for name, content in case.sample.files.items():
        first = [finding.id for finding in case.read(name, content)]
        same([finding.id for finding in case.read(name, content)], first, "the ids read again")
        same([finding.id for finding in case.read(f"other-{name}", content)], first, "the ids read from another file")
        same(len(set(first)), len(first), "how many different ids different findings have")


async def whatever_a_file_holds_is_read_or_refused(case: DetectorCase) -> None:
    """Cut, damaged, empty, or of another kind: findings, or `InvalidInput`."""
    for name, content in case.sample.files.items():
        for broken in _broken(content):
            _read_or_refused(case, name, broken)


async def a_file_that_is_not_there_is_refused(case: DetectorCase) -> None:
    """With the file's name."""
    try:
        [*case.detector.read(case.folder / "nowhere")]
    except InvalidInput as error:
        require("nowhere" in str(error), f"the refusal does not name the file: {error}")
        return
    require(False, "a file that is not there is read as if it held nothing")


DETECTOR = laws(
    it_finds_something_in_each_of_its_files,
    its_findings_name_it_and_their_file,
    the_same_file_gives_the_same_findings,
    whatever_a_file_holds_is_read_or_refused,
    a_file_that_is_not_there_is_refused,
)
"""For every detector over files."""


def _broken(content: bytes) -> Iterator[bytes]:
    yield from (content[: len(content) * part // 8] for part in range(8))
    middle = len(content) // 2
    yield content[:middle] + b"\xff\x00\xfe" + content[middle + 3 :]
    yield json.dumps({"not": "for you"}).encode()
    yield bytes(range(256)) * 8


def _read_or_refused(case: DetectorCase, name: str, content: bytes) -> None:
    try:
        case.read(name, content)
    except InvalidInput:
        return
