"""Stories that follow one another, readers who wait for a second outlet, entries by address

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from hashlib import blake2b

import sqlalchemy as sa
from alembic import op

from bot.core.address import canonical_url

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CHUNK = 1000


def upgrade() -> None:
    op.add_column("alerts", sa.Column("difference", sa.JSON(none_as_null=True)))
    op.add_column("alerts", sa.Column("follows", sa.Text()))
    op.add_column(
        "subscribers",
        sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column("entries", sa.Column("page", sa.Text()))
    _fill_pages()
    op.create_index(op.f("ix_entries_page"), "entries", ["page"])


def _fill_pages() -> None:
    entries = sa.table("entries", sa.column("id"), sa.column("url"), sa.column("page"))
    connection, last = op.get_bind(), 0
    while rows := connection.execute(
        sa.select(entries.c.id, entries.c.url)
        .where(entries.c.id > last)
        .order_by(entries.c.id)
        .limit(_CHUNK)
    ).all():
        found = [{"number": row.id, "digest": _digest(row.url)} for row in rows if row.url]
        if found:
            connection.execute(
                sa.update(entries)
                .where(entries.c.id == sa.bindparam("number"))
                .values(page=sa.bindparam("digest")),
                found,
            )
        last = rows[-1].id


def _digest(url: str) -> str:
    twin = canonical_url(url).encode("utf-8", "surrogatepass")
    return blake2b(twin, digest_size=16).hexdigest()


def downgrade() -> None:
    op.drop_index(op.f("ix_entries_page"), table_name="entries")
    with op.batch_alter_table("entries") as table:
        table.drop_column("page")
    with op.batch_alter_table("subscribers") as table:
        table.drop_column("confirmed")
    with op.batch_alter_table("alerts") as table:
        table.drop_column("follows")
        table.drop_column("difference")
