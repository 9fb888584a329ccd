"""Logging: every line of ours and of the libraries in one form, with the secrets blotted out."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import TextIO

import structlog

_PASSWORD = re.compile(r"(?<=://)([^/\s:@]*):([^/\s@]+)@")
_CHATTY = ("httpx", "httpcore", "aiohttp.access", "alembic", "telegram.ext.Application")

_SHARED: tuple[structlog.types.Processor, ...] = (
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)


class Redacted(logging.Formatter):
    """Another formatter's lines without secrets, those in tracebacks included.

    Known secrets are replaced wherever they stand; besides, whatever looks like a bot's token in
    an address, or like a password in one, is replaced too.
    """

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self._inner = inner
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._inner.format(record), self._secrets)


def redact(line: str, secrets: Iterable[str]) -> str:
    """``line`` with every secret replaced by ``***``."""
    for secret in secrets:
        line = line.replace(secret, "***")
    line = re.sub(r"/bot\d+:[\w-]+", "/bot***", line)
    return _PASSWORD.sub(r"\1:***@", line)


def start_logging(
    level: str, form: str, secrets: Iterable[str], stream: TextIO | None = None
) -> None:
    """Send every record, ours and the libraries', to ``stream`` (standard error) in one form.

    ``form`` is ``console`` or ``json``. Libraries that tell of each request speak up only when
    something is wrong.
    """
    out = stream or sys.stderr
    last: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty(), pad_event_to=0)
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        Redacted(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=_SHARED,
                processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
            ),
            secrets,
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    # A tick that is passed over, because the one before it still works, is nothing to tell of.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    logging.captureWarnings(capture=True)
