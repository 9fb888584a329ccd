"""Parsing in processes of its own, with a deadline that ends it.

A document of 200,000 nested tags keeps feedparser busy for 18 seconds, and a thread can't be
stopped: it would go on and slow the event loop down. A process can be killed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from bot.core.model import Tier
from bot.core.ports import Body, Failure, FetchFault
from bot.services.handed import Parse, Parsed

_FIRST = timedelta(seconds=30)  # to start the process and import the parser, on a slow machine


class ParseWorkers:
    """An async twin of a parse function. At most ``workers`` documents are read at once, each in
    a process that is started when it is needed and stays.

    ``parse`` must be importable by name (a function of a module): the processes import it anew.
    """

    def __init__(
        self, parse: Parse, *, workers: int = 1, deadline: timedelta = timedelta(seconds=10)
    ) -> None:
        self._deadline = deadline
        self._workers = [_Worker(parse) for _ in range(workers)]
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def __call__(
        self, body: Body, *, language: str | None, tier: Tier, skip: frozenset[str]
    ) -> Parsed | Failure:
        """What ``parse`` answers, or a Failure when it takes too long, raises or dies."""
        worker = await self._idle.get()
        asked = {"language": language, "tier": tier, "skip": skip}
        work = asyncio.ensure_future(asyncio.to_thread(worker.ask, body, asked, self._deadline))
        work.add_done_callback(lambda _: self._idle.put_nowait(worker))
        return await asyncio.shield(work)  # who no longer waits must not set the worker free

    def close(self) -> None:
        """Ends the processes, at once."""
        for worker in self._workers:
            worker.stop()


class _Worker:
    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    def ask(self, body: Body, asked: dict[str, Any], deadline: timedelta) -> Parsed | Failure:
        patience = deadline
        if self._process is None or not self._process.is_alive():
            self._start()
            patience += _FIRST
        assert self._line is not None
        try:
            self._line.send((body, asked))
            if self._line.poll(patience.total_seconds()):
                answer: Parsed | Failure = self._line.recv()
                return answer
            what = f"reading it took more than {deadline.total_seconds():g} s"
        except (EOFError, OSError):
            what = "reading it ended the parser"
        self.stop()
        return Failure(FetchFault.UNPARSABLE, what)

    def _start(self) -> None:
        self.stop()
        # Not fork: this process has threads.
        spawning = multiprocessing.get_context("spawn")
        self._line, theirs = spawning.Pipe()
        self._process = spawning.Process(
            target=_serve, args=(theirs, self._parse), name="greenlight-parse", daemon=True
        )
        self._process.start()
        theirs.close()

    def stop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process.close()
            self._process = None


def _serve(line: Connection, parse: Callable[..., Parsed | Failure]) -> None:
    """The life of a worker process: it ends when the other end of the line closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is our parent's to handle
    while True:
        try:
            body, asked = line.recv()
        except EOFError:
            return
        line.send(_answer(parse, body, asked))


def _answer(
    parse: Callable[..., Parsed | Failure], body: Body, asked: dict[str, Any]
) -> Parsed | Failure:
    try:
        return parse(body, **asked)
    except Exception as error:  # noqa: BLE001 - the boundary: what a feed does ends with the feed
        return Failure(FetchFault.UNPARSABLE, f"{type(error).__name__}: {error}"[:200])
