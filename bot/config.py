"""The settings: read once from the environment and a ``.env`` file, checked, handed on.

This is the only module that looks at the environment. The environment wins over ``.env``; an
empty value means the default; names that are not ours are none of our business.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.core.duration import FORM, format_duration, parse_duration
from bot.core.errors import ConfigError

TELEGRAM = "https://api.telegram.org"
_SECRETS = frozenset({"telegram_bot_token", "database_url", "webhook_secret"})


class _Caseless(StrEnum):
    @classmethod
    def _missing_(cls, value: object) -> _Caseless | None:
        return next((word for word in cls if str(value).strip().lower() == word.lower()), None)


class LogLevel(_Caseless):
    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class LogFormat(_Caseless):
    CONSOLE = "console"
    JSON = "json"


def _duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _numbers(value: object) -> object:
    return (
        [part for part in re.split(r"[,\s]+", value) if part] if isinstance(value, str) else value
    )


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError
    return value.rstrip("/")


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"\d+:[\w-]+", value.get_secret_value(), re.ASCII):
        raise ValueError
    return value


def _webhook_secret(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[\w-]{1,256}", value.get_secret_value(), re.ASCII):
        raise ValueError
    return value


def _database(value: str) -> str:
    """The address in SQLAlchemy's words; hosts hand out ``postgres://``, which it doesn't know."""
    scheme, mark, rest = value.partition("://")
    if mark and scheme in ("postgres", "postgresql", "postgresql+psycopg") and rest:
        urlsplit(value).port  # noqa: B018 - a port that is no number raises here
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite" and rest.startswith("/") and rest.strip("/") not in ("", ":memory:"):
        return value
    raise ValueError


class Settings(BaseSettings):
    """What an operator can set. A field's description says what it accepts.

    Secrets are kept out of ``repr`` and of every message.
    """

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8-sig",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        str_strip_whitespace=True,
    )

    telegram_bot_token: Annotated[SecretStr, AfterValidator(_token)] | None = Field(
        None, description="the token that @BotFather gave, such as 123456:ABC-def"
    )
    telegram_api_url: Annotated[str, AfterValidator(_web_address)] = Field(
        TELEGRAM, description="the base address of a Bot API server, with http:// or https://"
    )
    database_url: Annotated[str, AfterValidator(_database)] = Field(
        "sqlite:///greenlight.db",
        repr=False,
        description="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
    )
    feeds_file: Path = Field(Path("feeds.yaml"), description="the path of a YAML file")
    admin_ids: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_numbers)] = Field(
        (), description="Telegram user ids, whole numbers with commas between"
    )
    poll_interval: Annotated[timedelta, BeforeValidator(_duration)] = Field(
        timedelta(minutes=5),
        gt=timedelta(0),
        le=timedelta(days=30),
        description=f"{FORM}, up to 30d",
    )
    poll_min_interval: Annotated[timedelta, BeforeValidator(_duration)] = Field(
        timedelta(seconds=60),
        gt=timedelta(0),
        le=timedelta(days=30),
        description=f"{FORM}, up to 30d",
    )
    allow_private_feeds: bool = Field(False, description="true or false")
    webhook_url: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None, description="the public address that Telegram shall call, with https://"
    )
    webhook_secret: Annotated[SecretStr, AfterValidator(_webhook_secret)] | None = Field(
        None, description="1 to 256 Latin letters, digits, _ and -"
    )
    port: int | None = Field(None, ge=1, le=65535, description="a port from 1 to 65535")
    first_poll_max_age: Annotated[timedelta, BeforeValidator(_duration)] = Field(
        timedelta(hours=24), ge=timedelta(0), le=timedelta(days=3650), description=FORM
    )
    ledger_seed: bool = Field(True, description="true or false")
    log_level: LogLevel = Field(LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR")
    log_format: LogFormat = Field(LogFormat.CONSOLE, description="console or json")
    sends_per_second: int = Field(28, ge=1, le=1000, description="a whole number from 1 to 1000")


def load_settings(**overrides: Any) -> Settings:
    """The checked settings; ``overrides`` win over the environment.

    Raises ConfigError in one line: the name, what was given (secrets hidden), what is accepted.
    """
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise ConfigError(_tell(error)) from None
    except UnicodeDecodeError:
        raise ConfigError(".env: not UTF-8 text; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f".env: can't be read ({error.strerror})") from None
    if settings.webhook_url and settings.port is None:
        raise ConfigError("PORT: not set; WEBHOOK_URL needs it: a port from 1 to 65535")
    return settings


def _tell(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0])
    given = first["input"]
    if isinstance(given, timedelta):
        given = format_duration(given)
    value = "a value (hidden)" if name in _SECRETS else repr(given)
    return f"{name.upper()}: got {value}; accepted: {Settings.model_fields[name].description}"
