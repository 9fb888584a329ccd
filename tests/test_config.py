"""Settings: what is accepted, what is refused and in which words."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import LogFormat, LogLevel, Settings, load_settings
from bot.core.duration import format_duration, parse_duration
from bot.core.errors import ConfigError


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, no .env of the working directory."""
    for name in os.environ:
        if name.lower() in Settings.model_fields:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_defaults_are_the_contract() -> None:
    """With nothing set, every setting has the value that the contract names."""
    settings = load_settings()
    assert settings.telegram_bot_token is None
    assert settings.telegram_api_url == "https://api.telegram.org"
    assert settings.database_url == "sqlite:///greenlight.db"
    assert settings.feeds_file == Path("feeds.yaml")
    assert settings.admin_ids == ()
    assert settings.poll_interval == timedelta(minutes=5)
    assert settings.poll_min_interval == timedelta(seconds=60)
    assert settings.allow_private_feeds is False
    assert (settings.webhook_url, settings.webhook_secret, settings.port) == (None, None, None)
    assert settings.first_poll_max_age == timedelta(hours=24)
    assert settings.ledger_seed is True
    assert (settings.log_level, settings.log_format) == (LogLevel.INFO, LogFormat.CONSOLE)
    assert settings.sends_per_second == 28


def test_values_are_read_as_people_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Comma lists, durations, truth values and words in either case are understood."""
    monkeypatch.setenv("ADMIN_IDS", "1, 2,3")
    monkeypatch.setenv("POLL_INTERVAL", "1h")
    monkeypatch.setenv("ALLOW_PRIVATE_FEEDS", "yes")
    monkeypatch.setenv("LOG_LEVEL", "debug")
    monkeypatch.setenv("LOG_FORMAT", "JSON")
    monkeypatch.setenv("TELEGRAM_API_URL", "http://127.0.0.1:8081/")
    settings = load_settings()
    assert settings.admin_ids == (1, 2, 3)
    assert settings.poll_interval == timedelta(hours=1)
    assert settings.allow_private_feeds is True
    assert (settings.log_level, settings.log_format) == (LogLevel.DEBUG, LogFormat.JSON)
    assert settings.telegram_api_url == "http://127.0.0.1:8081"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_postgres_addresses_mean_psycopg(scheme: str) -> None:
    """Whatever a host calls it, a PostgreSQL address means psycopg 3."""
    url = load_settings(database_url=f"{scheme}://ann:pw@db.example:5432/news").database_url
    assert url == "postgresql+psycopg://ann:pw@db.example:5432/news"


def test_the_environment_wins_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A .env file is read, the environment wins, an empty value means the default."""
    (tmp_path / ".env").write_text(
        "POLL_INTERVAL=7m\nFIRST_POLL_MAX_AGE=2h\nPORT=\nSOMEBODY_ELSES=1\n", encoding="utf-8"
    )
    monkeypatch.setenv("POLL_INTERVAL", "9m")
    settings = load_settings()
    assert settings.poll_interval == timedelta(minutes=9)
    assert settings.first_poll_max_age == timedelta(hours=2)
    assert settings.port is None


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("TELEGRAM_API_URL", "ftp://example.org", "http"),
        ("TELEGRAM_API_URL", "http://example.org:port", "http"),
        ("ADMIN_IDS", "ann,bob", "commas"),
        ("POLL_INTERVAL", "5 minutes", "5m"),
        ("POLL_INTERVAL", "0s", "5m"),
        ("POLL_MIN_INTERVAL", "-1m", "5m"),
        ("FIRST_POLL_MAX_AGE", "99999999999d", "1h"),
        ("ALLOW_PRIVATE_FEEDS", "perhaps", "true or false"),
        ("PORT", "99999", "65535"),
        ("WEBHOOK_URL", "example.org/hook", "https://"),
        ("LOG_LEVEL", "LOUD", "WARNING"),
        ("LOG_FORMAT", "xml", "json"),
        ("SENDS_PER_SECOND", "0", "1 to 1000"),
    ],
)
def test_a_wrong_value_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, accepted: str
) -> None:
    """The error is one line with the setting's name, what was given and what is accepted."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as error:
        load_settings()
    message = str(error.value)
    assert message.startswith(f"{name}: got ")
    assert "\n" not in message
    assert accepted in message.partition("accepted: ")[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TELEGRAM_BOT_TOKEN", "hunter2 is no token"),
        ("DATABASE_URL", "mysql://ann:hunter2@db/news"),
        ("DATABASE_URL", "postgresql://ann:hunter2@db:port/news"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("WEBHOOK_SECRET", "hunter2 with blanks"),
    ],
)
def test_a_wrong_secret_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A refused secret is named, never shown."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name) as error:
        load_settings()
    assert "hunter2" not in str(error.value)
    assert "memory" not in str(error.value)


def test_secrets_stay_out_of_repr() -> None:
    """Printing the settings shows neither token, nor webhook secret, nor database password."""
    settings = load_settings(
        telegram_bot_token="123456:hunter2",
        webhook_secret="hunter2",
        database_url="postgres://ann:hunter2@db/news",
    )
    assert "hunter2" not in repr(settings) + str(settings)
    assert settings.telegram_bot_token is not None
    assert settings.telegram_bot_token.get_secret_value() == "123456:hunter2"


def test_a_webhook_needs_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asking for a webhook without saying where to listen is refused by name."""
    monkeypatch.setenv("WEBHOOK_URL", "https://example.org/hook")
    with pytest.raises(ConfigError, match="PORT"):
        load_settings()


def test_a_file_that_is_not_text_is_told(tmp_path: Path) -> None:
    """A .env file in another encoding gives one line, no traceback."""
    (tmp_path / ".env").write_bytes("LOG_LEVEL=Привіт".encode("cp1251"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load_settings()


@given(st.integers(0, 9_999_999).map(lambda seconds: timedelta(seconds=seconds)))
def test_durations_come_back(duration: timedelta) -> None:
    """What format_duration writes, parse_duration reads back to the same."""
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize("text", ["", "5", "m", "5 min", "1.5h", "-1s", "5m30", "٥m"])
def test_what_is_no_duration(text: str) -> None:
    """Anything but a whole number and a unit is refused with the accepted form."""
    with pytest.raises(ValueError, match="30s, 5m, 1h"):
        parse_duration(text)
