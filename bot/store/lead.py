"""A seat that one process at a time may have: who speaks to Telegram's update stream, who sends.

The seat hangs on a connection, so that it is free the moment its holder dies.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from hashlib import blake2b
from typing import Protocol

from sqlalchemy import Connection, Engine, exc, text

_KEEPALIVE = {"idle": 10, "interval": 5, "count": 3}
"""Seconds, seconds, times: a holder whose machine vanished is given up within half a minute."""


class Lead(Protocol):
    """A seat taken."""

    def held(self) -> bool:
        """Whether it is still ours; false once the connection that it hangs on is lost."""
        ...

    def release(self) -> None:
        """Gives it up."""
        ...


def lock_number(name: str) -> int:
    """The number of PostgreSQL's advisory lock of that name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


class PostgresLead:
    """A session's advisory lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, engine: Engine, seat: str) -> PostgresLead | None:
        """The seat, or None when somebody has it."""
        connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.detach()  # closing it then closes the session, and with it the lock
        try:
            for name, value in _KEEPALIVE.items():
                connection.execute(text(f"SET tcp_keepalives_{name} = {value}"))
            taken = connection.scalar(
                text("SELECT pg_try_advisory_lock(:number)"), {"number": lock_number(seat)}
            )
        except BaseException:
            connection.close()
            raise
        if taken:
            return cls(connection)
        connection.close()
        return None

    def held(self) -> bool:
        try:
            self._connection.execute(text("SELECT 1"))
        except exc.SQLAlchemyError:
            return False
        return True

    def release(self) -> None:
        with suppress(exc.SQLAlchemyError):  # a connection that broke has given it up already
            self._connection.close()


class SqliteLead:
    """An exclusive lock on an empty SQLite file beside the database: the one kind of file lock that
    every system has and that SQLite brings along."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, database: str, seat: str) -> SqliteLead | None:
        """The seat, or None when somebody has it."""
        connection = sqlite3.connect(
            f"{database}-{seat}", timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            if "locked" in str(error):
                return None
            raise
        return cls(connection)

    def held(self) -> bool:
        return True  # the file is on our own machine: only we can let go of it

    def release(self) -> None:
        self._connection.close()
