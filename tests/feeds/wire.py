"""A web server on loopback that answers with exactly the bytes a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Request:
    """A request as it came in, header names in lower case."""

    path: str
    headers: dict[str, str]


Answer = bytes | Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def reply(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    """The bytes of an answer; ``length`` lies about its own."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} Said", *headers]
    lines += [] if status == 304 else [f"Content-Length: {size}"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass
class Wire:
    """The server: ``answers`` by path, and what was asked for so far."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    open_now: int = 0
    most_open: int = 0
    port: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """Where a path is served."""
        return f"http://{host}:{self.port}{path}"

    def asked(self, name: str) -> list[str | None]:
        """The values of one header over all requests."""
        return [request.headers.get(name) for request in self.requests]

    def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes a connection."""
        self.tasks.add(asyncio.create_task(self._serve(reader, writer)))

    async def close(self) -> None:
        """Drops every connection."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept alive until the other side or an answer closes it."""
        self.connections += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode("utf-8").split("\r\n")
                pairs = (line.partition(":") for line in lines[1:] if line)
                headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
                request = Request(lines[0].split(" ")[1], headers)
                self.requests.append(request)
                answer = self.answers.get(request.path.partition("?")[0], reply(404))
                if isinstance(answer, bytes):
                    writer.write(answer)
                else:
                    await answer(request, writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open_now -= 1
            writer.close()
