"""Promises of bot/store/db.py: transactions, and troubles told in plain words."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from bot.core.errors import ConfigError, StoreError
from bot.store import audit, meta
from bot.store.db import Database, hold
from tests.fakes import NOW

CEST = timezone(timedelta(hours=2))


def note(database: Database, word: str) -> None:
    with database.begin() as session:
        audit.record(session, NOW, "test", word, "it")


def notes(database: Database) -> list[str]:
    with database.read() as session:
        return [act.action for act in reversed(audit.list_latest(session, 1000))]


@pytest.mark.parametrize(
    ("url", "dialect"),
    [
        ("sqlite:///x.db", "sqlite"),
        ("postgres://u:secret@h/d", "postgresql"),
        ("postgresql://u:secret@h/d", "postgresql"),
        ("postgresql+psycopg://u:secret@h/d", "postgresql"),
    ],
)
def test_addresses_that_hosts_hand_out(url: str, dialect: str) -> None:
    """Each usual spelling names a database; a password never shows."""
    database = Database(url)
    assert database.dialect == dialect
    assert "secret" not in repr(database)
    database.close()


@pytest.mark.parametrize(
    "url", ["", "nonsense", "mysql://u:secret@h/d", "sqlite://", "sqlite:///:memory:"]
)
def test_other_addresses_are_refused(url: str) -> None:
    """What is no database of ours is refused in one line that says what is accepted."""
    with pytest.raises(ConfigError, match=r"DATABASE_URL.*accepted") as caught:
        Database(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_or_nothing(any_database: Database) -> None:
    """What a block wrote is there when it ends, and gone when it raises; reading writes nothing."""

    def fail() -> None:
        with any_database.begin() as session:
            audit.record(session, NOW, "test", "undone", "it")
            raise ZeroDivisionError

    note(any_database, "kept")
    with pytest.raises(ZeroDivisionError):
        fail()
    with any_database.read() as session:
        audit.record(session, NOW, "test", "undone", "it")
    assert notes(any_database) == ["kept"]


def test_no_update_is_lost(any_url: str) -> None:
    """Two programs that read and then write don't overwrite each other (SQLite: BEGIN IMMEDIATE;
    PostgreSQL: hold)."""

    def count(database: Database) -> None:
        for _ in range(20):
            with database.begin() as session:
                hold(session, "counting")
                before = meta.moments(session, "n").get("", NOW)
                meta.mark(session, "n", before + timedelta(seconds=1))

    databases = [Database(any_url), Database(any_url)]
    threads = [threading.Thread(target=count, args=(each,)) for each in databases for _ in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with databases[0].read() as session:
        assert meta.moments(session, "n")[""] == NOW + timedelta(seconds=80)
    for database in databases:
        database.close()


def test_reading_does_not_wait_for_a_writer(any_database: Database) -> None:
    """While one transaction writes, another reads what was there before."""
    note(any_database, "before")
    with any_database.begin() as session:
        audit.record(session, NOW, "test", "now", "it")
        assert notes(any_database) == ["before"]


def test_moments_come_back_as_they_were(any_database: Database) -> None:
    """A time of any zone is read back as the same moment, in UTC; a naive one is refused."""
    moment = datetime(2024, 5, 30, 14, 0, 0, 123456, tzinfo=CEST)
    with any_database.begin() as session:
        audit.record(session, moment, "test", "a", "it")
        (act,) = audit.list_latest(session, 1)
    assert act.at == moment
    assert act.at.tzinfo is UTC
    with pytest.raises(Exception, match="without a zone"), any_database.begin() as session:
        audit.record(session, moment.replace(tzinfo=None), "test", "a", "it")


@pytest.mark.parametrize("odd", ["a\0b", "half \ud83d pair", "\ud83d\ude00", "Добрий день\0"])
def test_odd_letters_cost_nothing(any_database: Database, odd: str) -> None:
    """NUL and half a surrogate pair, which a database can't hold, are replaced, not fatal."""
    with any_database.begin() as session:
        audit.record(session, NOW, "test", "a", odd)
        (act,) = audit.list_latest(session, 1)
    assert "\0" not in act.subject
    act.subject.encode()


def test_whole_letters_stay(any_database: Database) -> None:
    """Text that can be kept is kept to the letter."""
    for words in ("Дозвіл 😀 ATACMS", "plain", ""):
        note_subject = words
        with any_database.begin() as session:
            audit.record(session, NOW, "test", "a", note_subject)
            assert audit.list_latest(session, 1)[0].subject == words


# --- troubles -------------------------------------------------------------------------------


def test_a_new_file_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """Processes that start together on a new file all get in: nobody is told that it is locked."""
    troubles: list[StoreError] = []

    def enter(path: Path, together: threading.Barrier) -> None:
        database = Database(f"sqlite:///{path}")
        together.wait()
        try:
            with database.begin():
                pass
        except StoreError as error:
            troubles.append(error)
        finally:
            database.close()

    for number in range(40):
        together = threading.Barrier(8)
        asked = (tmp_path / f"{number}.db", together)
        threads = [threading.Thread(target=enter, args=asked) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert troubles == []


def test_a_lock_held_by_another_program(
    database: Database, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that another program keeps locked is a StoreError that says so."""
    monkeypatch.setattr("bot.store.db.BUSY_SECONDS", 0)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program has kept it locked"):
        note(database, "a")
    other.execute("ROLLBACK")
    other.close()
    note(database, "a")


def test_a_full_disk(database: Database) -> None:
    """A write that finds no room is a StoreError, and leaves everything as it was."""

    @event.listens_for(database._engine, "begin")
    def shrink(session: Connection) -> None:
        session.exec_driver_sql("PRAGMA max_page_count=1")

    def overflow() -> None:
        with database.begin() as session:
            for _ in range(100):
                audit.record(session, NOW, "test", "too much", "x" * 10_000)

    note(database, "fits")
    with pytest.raises(StoreError, match="the disk is full"):
        overflow()
    assert notes(database) == ["fits"]


def test_a_database_that_may_only_be_read(sqlite_url: str) -> None:
    """Writing where that is not allowed is a StoreError that says what to do."""
    path = sqlite_url.removeprefix("sqlite:///")
    database = Database(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StoreError, match="can't be written"):
        note(database, "a")
    database.close()


def test_a_damaged_file(sqlite_url: str) -> None:
    """A file that was overwritten is a StoreError that names the backup."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    database = Database(sqlite_url)
    with pytest.raises(StoreError, match="restore it from a backup"):
        notes(database)
    database.close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of another kind is a StoreError that says so, and stays as it was."""
    path = tmp_path / "letter.db"
    path.write_text("Dear Sir or Madam, " * 100)
    database = Database(f"sqlite:///{path}")
    with pytest.raises(StoreError, match="no SQLite database"):
        database.migrate()
    database.close()
    assert path.read_text().startswith("Dear")


def test_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    """A path into nowhere is a StoreError that says what to look at."""
    database = Database(f"sqlite:///{tmp_path}/nowhere/x.db")
    with pytest.raises(StoreError, match="folder exists"):
        database.check()
    database.close()


def test_a_server_that_is_not_there() -> None:
    """A PostgreSQL out of reach is a StoreError without the password."""
    database = Database("postgresql://u:secret@127.0.0.1:1/d?connect_timeout=2")
    with pytest.raises(StoreError) as caught:
        database.check()
    assert "secret" not in str(caught.value)
    database.close()


def test_a_server_that_drops_us(postgres_url: str) -> None:
    """A PostgreSQL that cuts the line in a transaction is a StoreError; the next one works."""
    database, other = Database(postgres_url), Database(postgres_url)

    def be_cut_off() -> None:
        with database.begin() as session:
            number = session.scalar(text("SELECT pg_backend_pid()"))
            with other.begin() as killer:
                killer.execute(text("SELECT pg_terminate_backend(:n)"), {"n": number})
            audit.record(session, NOW, "test", "lost", "it")

    note(database, "before")
    with pytest.raises(StoreError):
        be_cut_off()
    assert notes(database) == ["before"]
    database.close()
    other.close()
