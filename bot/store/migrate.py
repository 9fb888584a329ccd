"""The schema's history: what Alembic knows, driven by the program itself."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.core.errors import ConfigError, StoreError


class Migrations:
    """The revisions in one folder."""

    def __init__(self, folder: Path) -> None:
        """ConfigError when the folder isn't there (a broken installation)."""
        if not (folder / "env.py").is_file():
            raise ConfigError(
                f"migrations: not found at {folder}; run from a clone, or install Greenlight anew"
            )
        self._config = Config()
        self._config.set_main_option("script_location", str(folder).replace("%", "%%"))
        self._scripts = ScriptDirectory.from_config(self._config)

    def upgrade(self, connection: Connection, revision: str = "head") -> None:
        """Brings the schema up to ``revision`` inside the connection's transaction."""
        self._refuse_newer(connection)
        self._config.attributes["connection"] = connection
        command.upgrade(self._config, revision)

    def check(self, connection: Connection) -> None:
        """StoreError unless the schema is the newest that this program knows."""
        if self._refuse_newer(connection) != self._scripts.get_current_head():
            raise StoreError(
                "database: its tables are not up to date; run: python -m bot db upgrade"
            )

    def _refuse_newer(self, connection: Connection) -> str | None:
        """The schema's revision, None for an empty database; StoreError when it isn't ours."""
        revision = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in self._scripts.walk_revisions()}
        if revision is not None and revision not in known:
            raise StoreError(
                f"database: a newer Greenlight has changed it (revision {revision}); "
                "update this program, or name another database in DATABASE_URL"
            )
        return revision
