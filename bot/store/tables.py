"""The tables: one description for SQLite and PostgreSQL; a change here needs a migration.

Enumerations are stored as their words. Whatever is only read back whole (a finding, a story) is
JSON, written and read by ``codec``; what is searched, joined or counted is a column.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: stored in UTC, read back UTC-aware. A naive time is refused with ValueError.

    SQLite forgets time zones, and PostgreSQL answers in the session's zone: neither is trusted.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Seconds(TypeDecorator[timedelta]):
    """A duration in whole seconds."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.total_seconds())

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        return None if value is None else timedelta(seconds=value)


class Words(TypeDecorator[str]):
    """Text from outside. What PostgreSQL or UTF-8 can't hold (NUL, half a surrogate pair) becomes
    U+FFFD, so that one odd letter can't cost a whole feed."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return (
            value.encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
            .replace("\0", "\ufffd")
        )


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_Json = JSON(none_as_null=True)
_Id = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself there

LARGEST = 2**63 - 1
"""No row has a larger number; asking a database for one is an error there."""


def _number() -> Column[int]:
    return Column("id", _Id, primary_key=True)


feeds = Table(
    "feeds",
    metadata,
    _number(),
    Column("url", Text, nullable=False, unique=True),
    Column("name", Words, nullable=False),
    Column("language", Text),
    Column("tier", Text, nullable=False),
    Column("every", Seconds),
    Column("topics", _Json, nullable=False),
    Column("state", Text, nullable=False),
    Column("etag", Words),
    Column("last_modified", Words),
    Column("body_hash", Text),
    Column("item_hashes", _Json, nullable=False),
    Column("next_poll_at", UtcDateTime),
    Column("last_poll_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("failures", Integer, nullable=False),
    Column("last_error", Words),
    Column("moved_to", Text),
    Column("moved_times", Integer, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("added_at", UtcDateTime, nullable=False),
    Index(None, "state", "next_poll_at"),
)

# Addresses that a feed had before it moved: feeds.yaml must not bring it back under one of them.
former_urls = Table(
    "former_urls",
    metadata,
    Column("url", Text, primary_key=True),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("left_at", UtcDateTime, nullable=False),
)

entries = Table(
    "entries",
    metadata,
    _number(),
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("title", Words, nullable=False),
    Column("url", Words, nullable=False),
    Column("page", Text, index=True),  # a digest of the address, which may be too long for an index
    Column("summary", Words, nullable=False),
    Column("language", Words),
    Column("published", UtcDateTime),
    Column("seen_at", UtcDateTime, nullable=False, index=True),
    Column("outcome", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("finding", _Json),
    Column("story_id", Text),
    Index(None, "feed_id"),
    Index(None, "story_id"),
)

# The identities of an entry inside its feed, as digests: a guid may be longer than an index allows.
entry_keys = Table(
    "entry_keys",
    metadata,
    Column("feed_id", ForeignKey("feeds.id"), nullable=False),
    Column("key", Text, nullable=False),
    Column("entry_id", ForeignKey("entries.id", ondelete="CASCADE"), nullable=False),
    PrimaryKeyConstraint("feed_id", "key"),
    Index(None, "entry_id"),
    sqlite_with_rowid=False,
)

stories = Table(
    "stories",
    metadata,
    Column("id", Text, primary_key=True),
    Column("stance", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("first_at", UtcDateTime, nullable=False, index=True),
    Column("last_at", UtcDateTime, nullable=False),
    Column("story", _Json, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("line", Text, primary_key=True),  # a digest of what makes two lines the same
    Column("authority", Text, nullable=False, index=True),
    Column("since", UtcDateTime, nullable=False),
    Column("grant", _Json, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    _number(),
    Column("story_id", ForeignKey("stories.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("stance", Text, nullable=False),
    Column("push", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("change", Text, nullable=False),
    Column("difference", _Json),
    Column("follows", Text),
    Column("story", _Json, nullable=False),  # as it stood then
    Column("finding", _Json, nullable=False),
    Column("entry", _Json, nullable=False),
    Index(None, "story_id"),
)

subscribers = Table(
    "subscribers",
    metadata,
    _number(),
    Column("messenger", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("thread", BigInteger, nullable=False),  # 0: none; NULL would not count as equal
    Column("language", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("confirmed", Boolean, nullable=False, server_default=false()),
    Column("active", Boolean, nullable=False),
    Column("refusals", Integer, nullable=False),
    Column("refused_since", UtcDateTime),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    UniqueConstraint("messenger", "address", "thread"),
)

# No row: all topics.
subscriber_topics = Table(
    "subscriber_topics",
    metadata,
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("topic", Text, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "topic"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _number(),
    Column("alert_id", ForeignKey("alerts.id"), nullable=False),
    Column("subscriber_id", ForeignKey("subscribers.id", ondelete="CASCADE"), nullable=False),
    Column("story_id", Text, nullable=False),  # the alert's: a story's deliveries go in order
    Column("rank", SmallInteger, nullable=False),  # higher goes first
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("lease", Text),  # who works on it …
    Column("lease_until", UtcDateTime),  # … and until when others keep off
    Column("message_id", Text),
    Column("error", Words),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("alert_id", "subscriber_id"),
    Index(None, "state", "rank", "alert_id", "id"),
    Index(None, "subscriber_id", "story_id"),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", _Json, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    _number(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Words, nullable=False),
    Column("detail", _Json, nullable=False),
)
