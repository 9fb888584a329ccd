"""Insert or replace, as both databases know it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.db import Session


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
