"""Promises of migrations/: one history, the same on SQLite and PostgreSQL, that tells the truth."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

import bot
from bot.core.errors import ConfigError, StoreError
from bot.core.model import FeedSpec
from bot.store import entries, feeds
from bot.store.db import Database
from bot.store.migrate import Migrations
from bot.store.tables import metadata
from tests.conftest import at_database, run_sql
from tests.fakes import NOW

FOLDER = Path(bot.__file__).resolve().parents[1] / "migrations"


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table, once of each kind."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/bare.db")
        yield database
        database.close()
        return
    server, name = request.getfixturevalue("postgres_server"), f"bare_{uuid4().hex[:12]}"
    run_sql(server, f"CREATE DATABASE {name}")
    database = Database(at_database(server, name))
    yield database
    database.close()
    run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


def test_there_is_one_line_of_revisions() -> None:
    """The history has one beginning, one end, and each revision has one parent."""
    scripts = ScriptDirectory(str(FOLDER))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


def test_the_tables_are_what_the_migrations_make(any_database: Database) -> None:
    """``alembic check``: a migrated database has what tables.py has, no more and no less."""
    with any_database.read() as session:
        context = MigrationContext.configure(session, opts={"compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_every_constraint_has_a_name() -> None:
    """What a later migration may have to drop can be named, on both databases."""
    for table in metadata.tables.values():
        for constraint in table.constraints:
            assert constraint.name, f"{table.name}: {constraint}"


def test_migrating_twice_changes_nothing(bare: Database) -> None:
    """The first time makes the tables, the second finds them up to date."""
    with pytest.raises(StoreError, match="python -m bot db upgrade"):
        bare.check()
    bare.migrate()
    bare.check()
    bare.migrate()
    bare.check()


def test_entries_of_before_are_found_by_their_address(bare: Database) -> None:
    """Migration 0002 gives the entries that are there the digest by which an address is found."""
    with bare.begin() as session:
        Migrations(FOLDER).upgrade(session, "0001")
        feed = "INSERT INTO feeds (id, url, name, tier, topics, state, item_hashes, failures,"
        feed += " moved_times, added_at) VALUES (1, 'u', 'n', 'outlet', '[]', 'active', '[]', 0, 0,"
        session.execute(text(f"{feed} '2024-01-01')"))
        entry = "INSERT INTO entries (id, feed_id, title, url, summary, seen_at, outcome, reason)"
        for number, url in ((1, "https://example.org/a"), (2, "")):
            row = f"({number}, 1, 'title {number}', '{url}', '', '2024-01-01', 'news', '')"
            session.execute(text(f"{entry} VALUES {row}"))
    bare.migrate()
    with bare.read() as session:
        found = entries.find_by_url(session, "https://example.org/a")
        assert found is not None
        assert found.title == "title 1"
        assert entries.find_by_url(session, "") is None


def test_an_old_database_names_the_cure(bare: Database) -> None:
    """Work on a database without tables is a StoreError that says what to run."""
    with pytest.raises(StoreError, match="python -m bot db upgrade"), bare.read() as session:
        feeds.list_all(session, [])


def test_many_may_migrate_at_once(bare: Database) -> None:
    """Processes that start together do it once between them."""
    url = bare._url.render_as_string(hide_password=False)
    troubles: list[BaseException] = []

    def start() -> None:
        database = Database(url)
        try:
            database.migrate()
        except BaseException as error:  # noqa: BLE001 - told to the test
            troubles.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    bare.check()


def test_a_newer_schema_is_left_alone(any_database: Database) -> None:
    """A program that is older than the database refuses to touch it."""
    with any_database.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for touch in (any_database.migrate, any_database.check):
        with pytest.raises(StoreError, match="a newer Greenlight"):
            touch()


@pytest.fixture
def broken_history(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The history with one more revision, which fails half-way."""
    folder = tmp_path / "migrations"
    shutil.copytree(FOLDER, folder)
    head = ScriptDirectory(str(FOLDER)).get_current_head()
    (folder / "versions" / "9999_breaks.py").write_text(
        f"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", {head!r}, None, None
def upgrade():
    op.create_table("half_way", sa.Column("id", sa.Integer(), primary_key=True))
    with op.batch_alter_table("feeds") as batch:
        batch.alter_column("name", new_column_name="title")
    raise ZeroDivisionError
"""
    )
    monkeypatch.setattr(Database, "_migrations", lambda _self: Migrations(folder))
    return folder


def test_an_interrupted_migration_leaves_the_old_schema(
    any_database: Database, broken_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration that fails half-way changed nothing: no table, no row, no version."""
    with any_database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
    with pytest.raises(ZeroDivisionError):
        any_database.migrate()
    monkeypatch.undo()
    any_database.check()
    with any_database.read() as session:
        assert "half_way" not in inspect(session).get_table_names()
        assert feeds.find(session, feed.id) == feed


def test_rebuilding_a_table_keeps_what_refers_to_it(
    any_database: Database, broken_history: Path
) -> None:
    """A migration that rebuilds a table (SQLite can't alter one) deletes nothing elsewhere, and
    foreign keys are watched again afterwards."""
    step = broken_history / "versions" / "9999_breaks.py"
    step.write_text(step.read_text().replace("raise ZeroDivisionError", "pass"))
    insert = "INSERT INTO former_urls VALUES ('https://old.example', :feed, '2024-01-01')"
    with any_database.begin() as session:
        feed = feeds.add(session, FeedSpec("https://example.org/feed", "Example"), NOW)
        session.execute(text(insert), {"feed": feed.id})
    any_database.migrate()
    with any_database.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM former_urls")) == 1
        assert session.scalar(text("SELECT title FROM feeds")) == "Example"
    with pytest.raises(Exception, match=r"(?i)foreign key"), any_database.begin() as session:
        session.execute(text(insert.replace("old", "other")), {"feed": 999})


def test_a_broken_installation_says_so(tmp_path: Path) -> None:
    """Without its migrations the program says what is missing instead of failing in the middle."""
    with pytest.raises(ConfigError, match="migrations: not found"):
        Migrations(tmp_path)
