"""Alembic's entry: the program hands in its connection; from Alembic's own shell
(``alembic revision --autogenerate``) it is that of DATABASE_URL."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, TypeDecorator

from bot.config import load_settings
from bot.store.db import Database
from bot.store.tables import metadata


def render_plain(kind: str, thing: Any, _context: object) -> str | Literal[False]:
    """A revision speaks of the database's own types: ours may change after it was written."""
    if (
        kind == "type"
        and isinstance(thing, TypeDecorator)
        and type(thing).__module__ != "sqlalchemy"
    ):
        return f"sa.{thing.impl!r}"
    return False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=render_plain,
        render_as_batch=True,  # SQLite can't alter a column: the table is rebuilt
        transactional_ddl=True,  # an interrupted migration leaves the old schema, SQLite too
    )
    with context.begin_transaction():
        context.run_migrations()


given: Connection | None = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(load_settings().database_url).begin() as session:
        run(session)
