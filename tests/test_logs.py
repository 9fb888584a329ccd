"""The log: one form for all, and no secret in it."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from bot.logs import start_logging

TOKEN = "123456:AAH-hunter2_token"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The root logger as pytest had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(capture=False)


def start(form: str, level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    start_logging(level, form, [TOKEN, "hunter2"], stream)
    return stream


@pytest.mark.parametrize("form", ["console", "json"])
def test_no_secret_is_written(form: str) -> None:
    """Token and password are blotted out of messages, arguments, addresses and tracebacks."""
    stream = start(form)
    log = logging.getLogger("bot.somewhere")
    log.info("calling %s", f"https://api.telegram.org/bot{TOKEN}/getMe")
    log.info("another bot: https://api.telegram.org/bot99999:other-token/getMe")
    log.warning("cannot reach postgresql://ann:pass-word@db/news")
    try:
        raise ValueError(f"bad {TOKEN}")
    except ValueError:
        log.exception("it broke: hunter2")
    logging.getLogger("telegram.ext").error("said %s", TOKEN)
    written = stream.getvalue()
    assert written.count("***") >= 5
    for secret in (TOKEN, "hunter2", "other-token", "pass-word"):
        assert secret not in written
    assert "ValueError" in written
    assert "ann" in written


def test_json_lines_are_json() -> None:
    """With LOG_FORMAT=json each line is one object: event, level, logger, UTC time, extras."""
    stream = start("json")
    logging.getLogger("bot.feeds").warning("Стрічка %s", "не відповідає", extra={"feed": 7})
    line = json.loads(stream.getvalue())
    assert line["event"] == "Стрічка не відповідає"
    assert (line["level"], line["logger"], line["feed"]) == ("warning", "bot.feeds", 7)
    assert line["timestamp"].endswith("Z")


def test_libraries_speak_up_only_when_something_is_wrong() -> None:
    """A request that went well is not told, whatever the level; a failure is."""
    stream = start("console", "DEBUG")
    logging.getLogger("httpx").info("HTTP Request: POST")
    logging.getLogger("apscheduler.scheduler").warning("maximum number of running instances")
    logging.getLogger("httpx").warning("connection lost")
    assert "POST" not in stream.getvalue()
    assert "instances" not in stream.getvalue()
    assert "connection lost" in stream.getvalue()
