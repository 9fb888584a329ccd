"""The outside world, scripted: a network, a parser, a detector, messengers, words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from bot.core.model import Alert, Entry, Finding, Matter, Stance, Tier, Validators
from bot.core.ports import (
    Body,
    Failure,
    FetchFault,
    FetchResult,
    Message,
    RetryAt,
    SendOutcome,
    Sent,
    Texts,
)

NOW = datetime(2024, 5, 30, 12, 0, tzinfo=UTC)
"""The moment at which tests begin."""


async def until(true: Callable[[], object]) -> None:
    """Waits, a minute at most, until it is true."""
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


# --- feeds ----------------------------------------------------------------------------------


def make_entry(name: str, title: str | None = None, **changes: Any) -> Entry:
    """An entry called ``name``, published just before ``NOW``."""
    entry = Entry(
        keys=(f"guid:{name}", f"link:{name}"),
        url=f"https://example.org/{name}",
        title=name if title is None else title,
        published=NOW - timedelta(minutes=1),
        language="en",
        source="example.org",
    )
    return replace(entry, **changes)


def make_body(*entries: Entry, url: str = "https://example.org/feed", **changes: Any) -> Body:
    """A document that ``fake_parse`` reads back as these entries."""
    rows = [
        {
            "keys": entry.keys,
            "url": entry.url,
            "title": entry.title,
            "summary": entry.summary,
            "published": entry.published and entry.published.isoformat(),
            "source": entry.source,
        }
        for entry in entries
    ]
    content = json.dumps(rows).encode()
    body = Body(content=content, digest=blake2b(content, digest_size=16).hexdigest(), url=url)
    return replace(body, **changes)


@dataclass(frozen=True, slots=True)
class FakeParsedFeed:
    """What ``fake_parse`` reads."""

    entries: tuple[Entry, ...]
    item_hashes: frozenset[str] = frozenset()
    title: str = "A feed"
    language: str | None = "en"
    skipped: int = 0
    ttl: timedelta | None = None
    whole: bool = True


def fake_parse(
    body: Body, *, language: str | None, tier: Tier, skip: frozenset[str] = frozenset()
) -> FakeParsedFeed | Failure:
    """Reads what ``make_body`` wrote; ``page`` is no feed, ``boom`` raises, ``hang`` never ends."""
    if body.content == b"page":
        return Failure(FetchFault.NOT_A_FEED)
    if body.content == b"boom":
        raise ZeroDivisionError("boom")
    while body.content == b"hang":
        pass
    rows = json.loads(body.content)
    hashes = [blake2b(json.dumps(row).encode(), digest_size=8).hexdigest() for row in rows]
    entries = tuple(
        Entry(
            keys=tuple(row["keys"]),
            url=row["url"],
            title=row["title"],
            summary=row["summary"],
            published=row["published"] and datetime.fromisoformat(row["published"]),
            language=language or "en",
            source=row["source"],
            tier=tier,
        )
        for row, digest in zip(rows, hashes, strict=True)
        if digest not in skip
    )
    return FakeParsedFeed(entries, frozenset(hashes))


async def fake_parse_aside(
    body: Body, *, language: str | None, tier: Tier, skip: frozenset[str]
) -> FakeParsedFeed | Failure:
    """The same, as Poll and Manage are handed it."""
    return fake_parse(body, language=language, tier=tier, skip=skip)


NO_VALIDATORS = Validators()
Answer = FetchResult | BaseException | Callable[[], Awaitable[FetchResult]]


class FakeFetch:
    """A network of scripted addresses. Each answers with its next answer, the last one for ever;
    an exception is raised, a coroutine function awaited; an unknown address is unreachable."""

    def __init__(self, answers: Mapping[str, Answer | list[Answer]] | None = None) -> None:
        self._answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, Validators]] = []
        for url, answer in (answers or {}).items():
            self.answer(url, *(answer if isinstance(answer, list) else [answer]))

    def answer(self, url: str, *answers: Answer) -> None:
        """From now on ``url`` gives these."""
        self._answers[url] = list(answers)

    async def __call__(self, url: str, validators: Validators = NO_VALIDATORS) -> FetchResult:
        self.asked.append((url, validators))
        answers = self._answers.get(url)
        if answers is None:
            return Failure(FetchFault.UNREACHABLE, "no such host")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return await answer() if callable(answer) else answer


# --- detecting ------------------------------------------------------------------------------


def make_finding(actor: str = "US", stance: Stance = Stance.GRANTED, **changes: Any) -> Finding:
    """A finding that counts: "``actor`` allows strikes"."""
    finding = Finding(
        stance=stance,
        score=0.9,
        matter=Matter.STRIKE,
        topics=("strike-permission",),
        actors=(actor,),
        beneficiaries=("UA",),
        territory=("RU",),
        language="en",
    )
    return replace(finding, **changes)


class FakeDetector:
    """Finds what it was told to find: the findings of the first word that the title holds.

    Without words of its own it takes "XX grants", "XX denies", "XX revokes" at their word.
    """

    def __init__(self, findings: Mapping[str, Finding] | None = None) -> None:
        self._findings = findings
        self.asked: list[str] = []

    def detect(
        self,
        title: str,
        summary: str = "",
        language: str | None = None,
        at: datetime | None = None,
    ) -> tuple[Finding, ...]:
        self.asked.append(title)
        if self._findings is not None:
            found = (finding for word, finding in self._findings.items() if word in title)
            return tuple(found)[:1]
        actor, _, rest = title.partition(" ")
        stances = {
            "grants": Stance.GRANTED,
            "revokes": Stance.REVOKED,
            "denies": Stance.DENIED,
            "signals": Stance.SIGNALLED,
        }
        stance = stances.get(rest.partition(" ")[0])
        return () if stance is None else (make_finding(actor, stance),)


# --- sending --------------------------------------------------------------------------------


@dataclass(slots=True)
class RecordingMessenger:
    """Writes down what it is asked to send and answers as scripted: each address with its next
    outcome, the last one for ever; without a script everything arrives."""

    name: str = "fake"
    outcomes: dict[str, list[SendOutcome | BaseException]] = field(default_factory=dict)
    sent: list[tuple[str, int | None, Message]] = field(default_factory=list)
    replied_to: list[str | None] = field(default_factory=list)  # of each of ``sent``
    edited: list[tuple[str, str, Message]] = field(default_factory=list)
    delay: float = 0.0
    at_once: int = 0
    most_at_once: int = 0
    turns: dict[str, RetryAt | BaseException] = field(default_factory=dict)

    async def turn(self, address: str, *, edit: bool = False) -> RetryAt | None:
        answer = self.turns.get(address)
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def send(
        self,
        address: str,
        message: Message,
        *,
        thread: int | None = None,
        reply_to: str | None = None,
    ) -> SendOutcome:
        self.sent.append((address, thread, message))
        self.replied_to.append(reply_to)
        return await self._answer(address, f"m{len(self.sent)}")

    async def edit(self, address: str, message_id: str, message: Message) -> SendOutcome:
        self.edited.append((address, message_id, message))
        return await self._answer(address, message_id)

    async def _answer(self, address: str, message_id: str) -> SendOutcome:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.delay)
        self.at_once -= 1
        script = self.outcomes.get(address)
        if not script:
            return Sent(message_id)
        outcome = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    def addresses(self) -> list[str]:
        """Where something was sent to, in order."""
        return [address for address, _, _ in self.sent]


@dataclass(frozen=True, slots=True)
class FakeTexts:
    """Words that show their key."""

    language: str = "en"

    def say(self, key: str, /, **params: object) -> str:
        return f"{key} {params}" if params else key

    def count(self, key: str, number: int, /, **params: object) -> str:
        return f"{number} {key}"

    def moment(self, at: datetime) -> str:
        return at.isoformat()

    def day(self, at: datetime) -> str:
        return at.date().isoformat()

    def country(self, code: str) -> str:
        return code


def fake_texts_for(language: str | None) -> Texts:
    return FakeTexts(language or "en")


def fake_render(alert: Alert, texts: Texts) -> Message:
    """The alert's number, language and headline."""
    return Message(f"#{alert.id} {texts.language} {alert.entry.title}", silent=not alert.push)


def titles(entries: Iterable[Entry]) -> list[str]:
    return [entry.title for entry in entries]
