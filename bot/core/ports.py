"""The seams: what the outside world must offer, and the values in which it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from bot.core.model import Validators

# --- fetching -------------------------------------------------------------------------------


class FetchFault(StrEnum):
    """Why a poll failed; the word is a catalogue key under ``fault.``."""

    UNREACHABLE = "unreachable"  # DNS, refused, reset
    TIMEOUT = "timeout"
    TLS = "tls"
    TOO_LARGE = "too_large"
    FORBIDDEN_ADDRESS = "forbidden_address"  # a private or loopback address
    REDIRECTS = "redirects"  # too many, a loop, or a bad one
    STATUS = "status"  # an answer of 4xx or 5xx
    GONE = "gone"  # 410
    THROTTLED = "throttled"  # 429, 503
    BROKEN = "broken"  # cut short, or packed wrongly
    EMPTY = "empty"
    NOT_A_FEED = "not_a_feed"
    UNPARSABLE = "unparsable"
    BAD_URL = "bad_url"
    INTERNAL = "internal"  # a bug of ours


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The server said 304."""

    validators: Validators
    max_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A document, unpacked. ``url`` is where it came from in the end."""

    content: bytes
    digest: str  # of ``content``
    url: str
    headers: dict[str, str] = field(default_factory=dict)  # names in lower case
    validators: Validators = Validators()
    max_age: timedelta | None = None
    moved_to: str | None = None  # set when every hop was a permanent redirect (301, 308)


@dataclass(frozen=True, slots=True)
class Failure:
    """A poll that brought nothing. ``detail`` is short, plain and free of secrets."""

    fault: FetchFault
    detail: str = ""
    status: int | None = None
    retry_after: timedelta | None = None


FetchResult = Unchanged | Body | Failure


class Fetch(Protocol):
    """Asks a feed once; never raises for what the network does."""

    async def __call__(self, url: str, validators: Validators = ...) -> FetchResult: ...


# --- messages -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button: either ``data`` (64 bytes at most, Bot API) or ``url``."""

    label: str
    data: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """Text in Telegram's HTML subset, already escaped, at most 4096 UTF-16 units once parsed."""

    html: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    message_id: str


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Not delivered, for certain; may be tried again from ``at`` on."""

    at: datetime
    why: str
    everywhere: bool = False  # the whole bot is throttled, not this chat alone


@dataclass(frozen=True, slots=True)
class Gone:
    """The chat can't be reached. ``for_good`` is false for refusals known to pass by themselves."""

    why: str
    for_good: bool = True


@dataclass(frozen=True, slots=True)
class Moved:
    """A group became a supergroup: the same subscriber at a new address."""

    address: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The messenger will never take this message (a bug of ours): not repeated."""

    why: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer was lost after the request went out: the message may have arrived."""

    why: str


SendOutcome = Sent | RetryAt | Gone | Moved | Refused | Unknown


class Messenger(Protocol):
    """Carries a message to one address. Never raises for what the other side does."""

    name: str

    async def turn(self, address: str, *, edit: bool = False) -> RetryAt | None:
        """Waits until a message may go to the address without breaking a limit, and takes that
        turn; RetryAt when the wait would be long. What is sent or edited next uses it.

        Apart from ``send``, so that a delivery is marked as attempted only when it really leaves.
        """
        ...

    async def send(
        self,
        address: str,
        message: Message,
        *,
        thread: int | None = None,
        reply_to: str | None = None,
    ) -> SendOutcome:
        """Sends it, as a reply to an earlier message where that is still there."""
        ...

    async def edit(self, address: str, message_id: str, message: Message) -> SendOutcome: ...


# --- words ----------------------------------------------------------------------------------


class Texts(Protocol):
    """What users read, in one language. A missing key falls back to English."""

    language: str

    def say(self, key: str, /, **params: object) -> str:
        """The text of ``key`` with ``{name}`` placeholders filled in (nothing is escaped)."""
        ...

    def count(self, key: str, number: int, /, **params: object) -> str:
        """The plural form of ``key`` for ``number`` (available as ``{n}``)."""
        ...

    def moment(self, at: datetime) -> str:
        """A UTC time in the language's own way, with the zone said."""
        ...

    def day(self, at: datetime) -> str:
        """The day alone of a UTC time, in the language's own way."""
        ...

    def country(self, code: str) -> str:
        """The name of an actor: a state by ISO 3166 code, NATO, EU."""
        ...
