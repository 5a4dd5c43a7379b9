"""A server on a real socket that answers some requests in a way of its own, and all others well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from kt_migrate.model import Json, Resource
from load.wire import BASE, Reply, Request, Server


@dataclass(frozen=True, slots=True)
class Raw(Reply):
    """An answer as bytes, after which the connection ends.

    Attributes:
        content: what is written; empty: nothing, for as long as the client waits.
    """

    content: bytes = b""


class Answering(Server):
    """Keeps its resources, and each request.

    Attributes:
        listener: what lets connections in.
        port: the same for as long as the server lives.
        logins: what the first logins are answered.
    """

    listener: asyncio.Server
    port: int = 0
    logins: tuple[Reply, ...] = ()

    async def reply(
        self, method: str, target: str, headers: dict[str, str], content: bytes
    ) -> Reply:
        """Answer one request; the first logins as `logins` says."""
        if target.endswith("/token") and self.logins:
            answer, *later = self.logins
            self.logins = tuple(later)
            return answer
        return await super().reply(method, target, headers, content)

    async def _one(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        first, *lines = head.rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        reply = await self.reply(method, target, headers, content)
        if not isinstance(reply, Raw):
            return await self._written(reply, writer)
        if not reply.content:
            await reader.read()  # until the client has had enough
        writer.write(reply.content)
        await writer.drain()
        return False

    @staticmethod
    async def _written(reply: Reply, writer: asyncio.StreamWriter) -> bool:
        if not reply.status:
            writer.transport.abort()
            return False
        body = b"" if reply.body is None else orjson.dumps(reply.body)
        named = {"content-length": str(len(body)), **reply.headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode() + body)
        await writer.drain()
        return named.get("connection") != "close"

    async def listen(self) -> None:
        """Listen, at the port of before when there was one."""
        self.listener = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = self.listener.sockets[0].getsockname()[1]
        self.base = f"http://127.0.0.1:{self.port}{BASE}"


@asynccontextmanager
async def answering() -> AsyncIterator[Answering]:
    """Serve on a free port of loopback for as long as the block runs."""
    server = Answering(guards=True)
    await server.listen()
    try:
        yield server
    finally:
        server.listener.close()


Act = Callable[[Answering, Request], Awaitable[Reply]]
"""Answers the request that a case is about."""


def plainly(reply: Reply) -> Act:
    """Answer so, without effect."""

    async def act(_server: Answering, _request: Request) -> Reply:
        return reply

    return act


def after_effect(reply: Reply) -> Act:
    """Do what is asked, and answer so."""

    async def act(server: Answering, request: Request) -> Reply:
        server.effect(request)
        return reply

    return act


def outcome(*issues: Mapping[str, Json]) -> Resource:
    """Return an OperationOutcome."""
    made: list[Json] = [dict(issue) for issue in issues]
    return {"resourceType": "OperationOutcome", "issue": made}


def page(status: int) -> Raw:
    """Return a web page, as a proxy or a portal gives it."""
    text = b"<html><body>Jansen</body></html>"
    head = f"HTTP/1.1 {status} X\r\ncontent-type: text/html\r\ncontent-length: {len(text)}\r\n\r\n"
    return Raw(status, content=head.encode() + text)


@dataclass
class Seen:
    """What a case looks at besides the outcome.

    Attributes:
        elsewhere: requests that came to another server.
    """

    elsewhere: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def other_server(seen: Seen) -> AsyncIterator[str]:
    """Listen where no request of ours may come; yield the address."""

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.elsewhere.append(await reader.read(4_096))
        writer.close()

    server = await asyncio.start_server(note, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
