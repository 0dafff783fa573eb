"""What can be set, and from where: a flag, else FIRELINE_*, else `$FIRELINE_HOME/fireline.yaml`, else the default.

Rules: 1. An unknown key or variable is refused with its place, for a mistyped setting must not go unnoticed. 2. The
API binds to loopback only, but for the port of `sensors`. 3. Directories are made the owner's alone, existing ones too;
one that others may write is refused, for nobody knows what they put there.
"""

import os
import stat
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from engine.documents import Document, parse, read
from engine.duration import Duration
from engine.errors import InvalidFile, InvalidInput
from engine.model.channel import Channels, Secret
from engine.model.chat import Rooms
from engine.model.cluster import HostAndPort, TemporalTls
from engine.model.connector import NftablesSettings
from engine.model.plugin import PluginPin
from engine.model.siem import Receivers
from engine.model.sign_in import OidcSettings, Origin, SensorsSettings
from engine.model.step_up import StepUp
from engine.model.ticket import TicketSystems

T = TypeVar("T")
FILE = "fireline.yaml"
PREFIX = "FIRELINE_"
STANDARD_VARIABLES = {"temporal_address": "TEMPORAL_ADDRESS", "otlp_endpoint": "OTEL_EXPORTER_OTLP_ENDPOINT"}
"""Names that the field knows already; ours, if set, wins."""

NO_SETTINGS = frozenset({"FIRELINE_DATA", "FIRELINE_REQUIRE_REAL", "FIRELINE_TOKEN"})
"""Variables that share the prefix: those of the tests, and the commands' bearer token, which is no setting."""

_PATHS = frozenset({"context", "policy", "site", "flows", "token_public_key", "undo_sheet"})


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _split(value: object) -> object:
    return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _once(pins: tuple[PluginPin, ...]) -> tuple[PluginPin, ...]:
    names = [pin.name for pin in pins]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"`{twice[0]}` is pinned twice")
    return pins


def _of_a_cluster(given: T, info: ValidationInfo) -> T:
    # Where the address itself is wrong, that is what is told.
    if given is not None and info.data.get("temporal_address", "") is None:
        raise ValueError("it is for a cluster: name that in `temporal_address`")
    return given


class Settings(BaseSettings):
    """Everything that can be set. `load` reads it with our errors; the constructor reads the same sources."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", env_prefix=PREFIX, env_ignore_empty=True)

    home: Annotated[Path, AfterValidator(_absolute)] = Field(default_factory=lambda: Path.home() / ".fireline")
    policy: str = "baseline"
    """The name of a shipped policy, or the path of one."""
    site: str | None = None
    """The path of a simulated site's description, or `demo`; None where connectors are real."""
    connectors: tuple[NftablesSettings, ...] = ()
    """Real systems to act on; none means the simulated site."""
    context: Path | None = None
    """The file that says what is known about the real place: assets, identities, networks, flows."""
    flows: Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split)] = ()
    """Flow records for the look-back: CSV or Zeek conn.log."""
    plugins: Annotated[tuple[PluginPin, ...], AfterValidator(_once)] = ()
    """What others brought and may be loaded, each as it was when it was pinned."""

    channels: Channels = ()
    """Ways out to people; with none nobody is paged, and pages only stand in `status`."""
    rooms: Rooms = ()
    """Chat rooms in which people are asked; with none they are asked at the console alone."""
    siem: Receivers = ()
    """Receivers of events in OCSF; with none nothing leaves but what people are told."""
    tickets: TicketSystems = ()
    """Systems in which each incident is followed by a ticket."""
    page_simulated: bool = False
    """Whether what happens on a simulated site goes out too."""

    step_up: StepUp = StepUp.WHERE_KNOWN
    """Who needs a one-time code for a yes at tier 4."""

    api_host: Literal["127.0.0.1"] = "127.0.0.1"
    api_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """0 takes a free one."""

    public_url: Origin | None = None
    """Where browsers reach the API; None where they do on this host alone."""
    oidc: OidcSettings | None = None
    """The identity provider that people sign in with; None has them sign in by links alone."""
    sensors: SensorsSettings | None = None
    """The port at which sensors are known by certificates; None has none."""

    temporal_address: HostAndPort | None = None
    """`host:port` of a running cluster; None starts the embedded server."""
    temporal_tls: Annotated[TemporalTls | None, AfterValidator(_of_a_cluster)] = None
    """How that cluster is spoken to by TLS; None speaks in the clear, unless there is a key."""
    temporal_api_key: Annotated[Secret | None, AfterValidator(_of_a_cluster)] = None
    """What that cluster knows us by; sent by TLS alone."""
    temporal_port: Annotated[int, Field(ge=0, le=65535)] = 0
    """Where the embedded server listens; 0 takes a free one."""
    temporal_namespace: str = "fireline"
    temporal_task_queue: str = "fireline"

    token_public_key: Path | None = None
    """What a zone worker checks leave to act with; None for the one under this home."""

    database_url: str = Field(
        default_factory=lambda given: f"sqlite:///{given['home'] / 'fireline.db'}" if "home" in given else "",
        repr=False,
    )
    """Not shown: a server's URL holds a password."""

    correlation_window: Duration = timedelta(minutes=30)
    drift_interval: Duration = timedelta(seconds=30)
    checkpoint_every: Duration = timedelta(minutes=5)
    look_back: Duration = timedelta(days=14)
    undo_sheet: Path | None = None
    """Where the undo sheet is kept, best on another host's disk; None keeps none."""
    flow_retention: Duration = timedelta(days=35)
    """How long imported flows are kept; never shorter than the look-back."""

    otlp_endpoint: str | None = None
    """Base URL of an OTLP/HTTP receiver; None sends no telemetry."""
    log_level: LogLevel = LogLevel.INFO

    @property
    def token_file(self) -> Path:
        """Where `fireline init` leaves the local administrator's token."""
        return self.home / "token"

    @property
    def people_file(self) -> Path:
        """People, groups and rota."""
        return self.home / "people.yaml"

    @property
    def run_dir(self) -> Path:
        """What is true only while something runs: addresses, process ids."""
        return self.home / "run"

    @property
    def flows_dir(self) -> Path:
        """Imported flow records."""
        return self.home / "flows"

    @property
    def log_dir(self) -> Path:
        """Logs of our own processes."""
        return self.home / "log"

    @property
    def temporal_dir(self) -> Path:
        """The embedded server's database."""
        return self.home / "temporal"

    def make_directories(self) -> None:
        """Make all of them their owner's alone; raise `InvalidInput` where one cannot be trusted."""
        for path in (self.home, self.run_dir, self.log_dir, self.temporal_dir):
            make_private(path)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, our variables, the standard variables, the file."""
        standard = {field: os.environ.get(name) for field, name in STANDARD_VARIABLES.items()}
        in_file = _file_values(_home(init_settings()))
        return (init_settings, env_settings, _Given(settings_cls, standard), _Given(settings_cls, in_file))


class _Given(PydanticBaseSettingsSource):
    """Values that were read already; None and the empty text are not given."""

    def __init__(self, settings_cls: type[BaseSettings], values: Mapping[str, object]) -> None:
        super().__init__(settings_cls)
        self._values = {name: value for name, value in values.items() if value not in (None, "")}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[object, str, bool]:
        return self._values.get(field_name), field_name, False

    def __call__(self) -> dict[str, object]:
        return self._values


def load(flags: Mapping[str, object] | None = None) -> Settings:
    """The settings in force; `flags` (None values are not given) win. Raises `InvalidInput` for all that is wrong."""
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    _refuse_unknown_variables()
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        raise InvalidFile(_placed(error, given, _read_file(_home(given)))) from error


def make_private(path: Path) -> Path:
    """Make this directory (and its parents), there or not, its owner's alone; refuse one that others may write."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = path.stat().st_mode
    except OSError as error:
        raise InvalidInput(f"directory `{path}` cannot be made: {error.strerror}") from error
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InvalidInput(f"directory `{path}` may be written by others: chmod go-w it, or choose another")
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _close(path)
    return path


def write_privately() -> None:
    """From now on whatever this process makes is its owner's alone: database, ledger copies, logs, reports."""
    os.umask(0o077)


def _close(path: Path) -> None:
    try:
        path.chmod(stat.S_IRWXU)
    except OSError as error:
        raise InvalidInput(f"directory `{path}` is open to others and not ours to close: {error.strerror}") from error


def _home(given: Mapping[str, object]) -> Path:
    return _absolute(Path(str(given.get("home") or os.environ.get(f"{PREFIX}HOME") or Path.home() / ".fireline")))


def _read_file(home: Path) -> Document | None:
    path = home / FILE
    return read(path) if path.exists() else None


def _file_values(home: Path) -> dict[str, object]:
    """What the file says; relative paths in it start from its own folder."""
    document = _read_file(home)
    if document is None:
        return {}
    if "home" in document.data:
        raise document.at(["home"], key=True).error("`home` cannot be set in a file that lies in it")
    return {name: _from(home, value) if name in _PATHS else value for name, value in document.data.items()}


def _from(folder: Path, value: object) -> object:
    if isinstance(value, list):
        return [_from(folder, item) for item in value]
    return str(folder / value) if isinstance(value, str) and ("/" in value or "." in value) else value


def _refuse_unknown_variables() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | NO_SETTINGS
    unknown = sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise InvalidInput(f"environment variable `{unknown[0]}` is no setting of Fireline")


def _placed(error: ValidationError, given: Mapping[str, object], document: Document | None) -> tuple[InvalidInput, ...]:
    """Pydantic's complaints, each with the flag, variable or line it comes from."""
    source = document or parse("", FILE)
    details = error.errors(include_url=False, include_input=False, include_context=False)
    # A default that hangs on other settings is none of its own making where one of those is wrong.
    wrong = [detail for detail in details if detail["type"] != "default_factory_not_called"]
    return tuple(_at_source(str(detail["loc"][0]), given, source.problem(detail)) for detail in wrong)


def _at_source(name: str, given: Mapping[str, object], problem: InvalidInput) -> InvalidInput:
    if name in given:
        return InvalidInput(f"--{name.replace('_', '-')}: {problem.message}")
    variables = (f"{PREFIX}{name.upper()}", STANDARD_VARIABLES.get(name, ""))
    variable = next((variable for variable in variables if os.environ.get(variable)), None)
    return InvalidInput(f"{variable}: {problem.message}") if variable else problem
