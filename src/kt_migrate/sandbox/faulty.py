"""Troubles on request, in the outermost layer: what networks and busy servers do."""

from __future__ import annotations

import asyncio
import time
from contextlib import AbstractAsyncContextManager, nullcontext
from email.utils import formatdate
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kt_migrate.sandbox.settings import Faults

THROTTLE_SECONDS = 1


class _Dated:
    """An ASGI application that says in each answer what time it is by the server's clock."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(time.time() + self._faults.clock_off, usegmt=True)
                message = {**message, "headers": [*message["headers"], (b"date", date.encode())]}
            await send(message)

        await self._app(scope, receive, dated)


class FaultyApp:
    """An ASGI application that passes on to another, and sometimes does not."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = _Dated(app, faults)
        self.faults = faults
        self._room = asyncio.Semaphore(faults.capacity)

    def _turn(self) -> AbstractAsyncContextManager[None]:
        """Return what lets so many in at once as the server works on."""
        return self._room if self.faults.capacity else nullcontext()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].endswith(("/token", "smart-configuration")):
            await self._open(scope, receive, send)
            return
        faults = self.faults
        faults.requests += 1
        writes = scope["method"] in ("POST", "PUT", "DELETE")
        if writes:
            faults.writes += 1
        if faults.latency_ms:
            async with self._turn():
                await asyncio.sleep(faults.latency_ms / 1000)
        if _each(faults.requests, faults.reset_every):
            _drop(send)
        elif writes:
            await self._write(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve what needs no token; of it only the login has trouble."""
        if scope["type"] == "http" and scope["path"].endswith("/token"):
            self.faults.logins += 1
            if _each(self.faults.logins, self.faults.login_error_every):
                await _answer(send, HTTPStatus.SERVICE_UNAVAILABLE, "")
                return
        await self._app(scope, receive, send)

    async def _write(self, scope: Scope, receive: Receive, send: Send) -> None:
        faults = self.faults
        if _each(faults.writes, faults.drop_before_every):
            _drop(send)
        elif _each(faults.writes, faults.throttle_every):
            await _answer(send, HTTPStatus.TOO_MANY_REQUESTS, _retry_after(faults.retry_after))
        elif _each(faults.writes, faults.error_every):
            await _answer(send, HTTPStatus.INTERNAL_SERVER_ERROR, "")
        elif _each(faults.writes, faults.drop_after_every):
            await self._app(scope, receive, _nowhere)
            _drop(send)
        elif _each(faults.writes, faults.half_every):
            await self._app(scope, receive, _half(send))
            _drop(send)
        else:
            await self._app(scope, receive, send)


def _each(count: int, every: int) -> bool:
    return every > 0 and count % every == 0


def _retry_after(form: str) -> str:
    if form == "date":
        return formatdate(time.time() + THROTTLE_SECONDS, usegmt=True)
    return str(THROTTLE_SECONDS) if form == "seconds" else ""


def _half(send: Send) -> Send:
    """Return what passes on half of a body, whose whole length was promised."""

    async def passing(message: Message) -> None:
        if message["type"] == "http.response.body":
            body = message.get("body", b"")
            message = {**message, "body": body[: len(body) // 2], "more_body": True}
        await send(message)

    return passing


async def _nowhere(_message: Message) -> None:
    """Take an answer that nobody will see."""


async def _answer(send: Send, status: int, retry_after: str) -> None:
    headers = [(b"retry-after", retry_after.encode())] if retry_after else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def _drop(send: Send) -> None:
    """Cut the connection. uvicorn's `send` is a method of the request's own cycle."""
    cycle = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is not None:
        transport.abort()
    # uvicorn would answer 500 to an application that says nothing; told so, it does not.
    if cycle is not None:
        cycle.disconnected = True
