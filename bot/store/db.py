"""The database: transactions, migrations, and its troubles told in plain words.

A ``Session`` is one open transaction. Sessions are synchronous: from async code, call them in a
thread. SQLite takes its write lock at the start of a transaction (BEGIN IMMEDIATE), because two
that read first and write later would lose updates; PostgreSQL runs at READ COMMITTED, and what
must not run twice at once asks for ``hold``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from time import sleep

from sqlalchemy import URL, Connection, create_engine, event, exc, make_url, text

import bot
from bot.core.errors import ConfigError, StoreError
from bot.store.lead import Lead, PostgresLead, SqliteLead, lock_number
from bot.store.migrate import Migrations

__all__ = ["Database", "Lead", "Session", "hold"]

Session = Connection
"""One transaction; services pass it to the functions of ``store`` and do nothing else with it."""

BUSY_SECONDS = 30
_ACCEPTED = "accepted: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
_READS = "greenlight_reads"


class Database:
    """The way to one database. Safe to share between threads; not between processes (no fork)."""

    def __init__(self, url: str) -> None:
        """Nothing is opened yet. ConfigError when ``url`` names no database that we speak to."""
        self._url = _read_url(url)
        self.dialect = self._url.get_backend_name()
        self._engine = create_engine(
            self._url, hide_parameters=True, pool_pre_ping=self.dialect == "postgresql"
        )
        self._writing = Lock()
        if self.dialect == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)

    def __repr__(self) -> str:
        return f"Database({self._url.render_as_string(hide_password=True)!r})"

    @contextmanager
    def begin(self) -> Iterator[Session]:
        """A transaction: committed when the block ends, rolled back when it raises.

        StoreError when the database is locked, full, read-only, damaged or out of reach.
        """
        with self._told(), self._alone(), self._engine.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A transaction that only reads: it waits for nobody. Whatever it writes is undone."""
        reading = self._engine.execution_options(**{_READS: True})
        with self._told(), reading.connect() as session:
            yield session

    def migrate(self) -> None:
        """Brings the schema up to date. Several processes may do it at once; an interrupted one
        leaves the old schema. StoreError when a newer program has been here."""
        migrations = self._migrations()
        with (
            self._told(),
            self._alone(),
            self._engine.connect() as session,
            self._without_foreign_keys(session),
            session.begin(),
        ):
            hold(session, "migrations")
            migrations.upgrade(session)

    def check(self) -> None:
        """StoreError unless the database answers and its schema is the one this program knows."""
        with self.read() as session:
            self._migrations().check(session)

    def lead(self, seat: str) -> Lead | None:
        """The seat of that name, which one process at a time can have; None when it is taken."""
        with self._told():
            if self.dialect == "postgresql":
                return PostgresLead.take(self._engine, seat)
            assert self._url.database
            return SqliteLead.take(self._url.database.removeprefix("file:"), seat)

    def close(self) -> None:
        """Lets go of all connections."""
        self._engine.dispose()

    def _migrations(self) -> Migrations:
        # Beside the package, in a clone and in site-packages alike.
        return Migrations(Path(bot.__file__).resolve().parents[1] / "migrations")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """SQLite has one writer. Our own threads queue here, where they are woken in turn; in its
        busy handler they would sleep and try again."""
        if self.dialect != "sqlite":
            yield
            return
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise StoreError(f"database: {_explain('database is locked')}")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _without_foreign_keys(self, session: Session) -> Iterator[None]:
        """Rebuilding a table on SQLite drops it first, which would delete all that refers to it."""
        driver = session.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            yield
            return
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield
        finally:
            driver.execute("PRAGMA foreign_keys=ON")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (exc.OperationalError, exc.InterfaceError, exc.DatabaseError) as error:
            if isinstance(error, exc.IntegrityError | exc.DataError | exc.NotSupportedError):
                raise  # a bug of ours, not a trouble of the database's
            raise StoreError(f"database: {_explain(str(error.orig))}") from error
        except (sqlite3.Error, exc.TimeoutError) as error:
            raise StoreError(f"database: {_explain(str(error))}") from error


def hold(session: Session, name: str) -> None:
    """Until the transaction ends, no other one gets past a ``hold`` of the same name.

    On SQLite every writing transaction is alone anyway.
    """
    if session.dialect.name == "postgresql":
        asked = text("SELECT pg_advisory_xact_lock(:number)")
        session.execute(asked, {"number": lock_number(name)})


def _read_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):
        raise ConfigError(f"DATABASE_URL: not an address; {_ACCEPTED}") from None
    backend = parsed.drivername.partition("+")[0]
    if backend in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername != "sqlite":
        raise ConfigError(f"DATABASE_URL: got {backend}://…; {_ACCEPTED}")
    if parsed.database in (None, "", ":memory:"):
        raise ConfigError(f"DATABASE_URL: SQLite in memory can't be shared; {_ACCEPTED}")
    return parsed


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we begin, not the driver
    _enter_wal(connection)
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        # FULL: a commit is on the disk before we go on. NORMAL would be three times as quick but
        # may lose the last commits when the power fails, among them "attempted": a message that
        # went out would go out again. We commit twice a message, 30 messages a second: nothing.
        "synchronous=FULL",
        "foreign_keys=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _enter_wal(connection: sqlite3.Connection) -> None:
    """Turns a new file's journal to WAL. Of several who do so together, all but one are told at
    once that it is locked, whatever the busy timeout: so it is we who wait and ask again."""
    connection.execute("PRAGMA busy_timeout=0")
    for tries_left in reversed(range(BUSY_SECONDS * 50)):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not tries_left:
                raise
            sleep(1 / 50)


def _begin_sqlite(session: Session) -> None:
    reads = session.get_execution_options().get(_READS, False)
    session.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


_EXPLAINED = (
    ("is locked", f"another program has kept it locked for {BUSY_SECONDS} s; end that one"),
    ("readonly", "it can't be written; give this user the right to write the file and its folder"),
    ("read-only", "it can't be written; give this user the right to write to it"),
    ("disk is full", "the disk is full; free some space. Nothing was half written"),
    ("No space left", "its disk is full; free some space. Nothing was half written"),
    ("malformed", "the file is damaged; restore it from a backup"),
    ("not a database", "the file is no SQLite database; name another one in DATABASE_URL"),
    ("unable to open", "the file can't be opened; see that its folder exists and may be written"),
    ("no such", "its tables are not up to date; run: python -m bot db upgrade"),
    ("does not exist", "something in it is missing; run: python -m bot db upgrade"),
    ("QueuePool", "too many people want it at once; try again"),
)


def _explain(trouble: str) -> str:
    """The trouble in plain words, and what helps; else the first line of what the driver said."""
    for sign, words in _EXPLAINED:
        if sign in trouble:
            return words
    return trouble.strip().splitlines()[0] if trouble.strip() else "no answer"
