"""Rows by the many: written in place of others, or asked for in portions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.db import Session

Item = TypeVar("Item")

CHUNK = 500  # values that a statement is given at a time: databases take so many


def cut(items: Iterable[Item]) -> Iterator[list[Item]]:
    """The items in portions that a statement can take as parameters."""
    rest = iter(items)
    while portion := list(islice(rest, CHUNK)):
        yield portion


def put_rows(session: Session, table: Table, rows: list[dict[str, Any]]) -> None:
    """Inserts rows, each in place of the one with its primary key; of that one, what the new row
    doesn't name stays. All rows name the same columns."""
    if not rows:
        return
    dialect = postgresql if session.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table)
    keys = [column.name for column in table.primary_key]
    session.execute(
        statement.on_conflict_do_update(
            index_elements=keys,
            set_={name: statement.excluded[name] for name in rows[0] if name not in keys},
        ),
        rows,
    )
