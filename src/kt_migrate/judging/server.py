"""Serves the page of a sample on this machine, until somebody ends it."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from kt_migrate.errors import ConfigurationError
from kt_migrate.judging.app import build_app
from kt_migrate.judging.session import Session

_HOST = "127.0.0.1"
_START_SECONDS, _LOOK = 20.0, 0.5


def serve(
    session: Session, port: int, idle_seconds: float, on_ready: Callable[[str], None]
) -> None:
    """Serve a sample until it is ended: on the page, by Ctrl-C, or because nobody looks.

    Args:
        session: the sample.
        port: a free port; 0: any.
        idle_seconds: so long nobody may look.
        on_ready: is told the address, with its token, when it answers.

    Raises:
        ConfigurationError: the port is in use.
    """
    with _bound(port) as (bound, origin):
        server = _Server(session, origin, idle_seconds, lambda: on_ready(_address(session, origin)))
        try:
            server.run(sockets=[bound])
        finally:
            session.end()


@contextmanager
def running(session: Session, idle_seconds: float = 60.0) -> Iterator[str]:
    """Serve in a thread for as long as the block runs; yields the address with its token."""
    with _bound(0) as (bound, origin):
        ready = threading.Event()
        server = _Server(session, origin, idle_seconds, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        if not ready.wait(_START_SECONDS):
            raise RuntimeError("the page did not start")
        try:
            yield _address(session, origin)
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)
            session.end()


def _address(session: Session, origin: str) -> str:
    return f"{origin}/enter/{session.token}"


class _Server(uvicorn.Server):
    """A server that ends by itself, and that Ctrl-C ends quietly."""

    def __init__(
        self,
        session: Session,
        origin: str,
        idle_seconds: float,
        on_ready: Callable[[], None],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                build_app(session, origin, self._stop),
                log_level="critical",
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=2,
            )
        )
        self._session = session
        self._idle_seconds = idle_seconds
        self._on_ready = on_ready

    def _stop(self) -> None:
        self.should_exit = True

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let Ctrl-C end the page, and nothing besides: what was said is kept."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = (signal.SIGINT, signal.SIGTERM)
        before = {name: signal.signal(name, self.handle_exit) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(name, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._watch = asyncio.create_task(self._until_idle())
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._watch.cancel()
        await super().shutdown(sockets=sockets)

    async def _until_idle(self) -> None:
        while (left := self._idle_seconds - self._session.idle()) > 0:  # noqa: ASYNC110 (a clock)
            await asyncio.sleep(min(_LOOK, left))
        self._stop()


@contextmanager
def _bound(port: int) -> Iterator[tuple[socket.socket, str]]:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((_HOST, port))
    except OSError:
        bound.close()
        raise ConfigurationError(
            "The port is in use.",
            where=f"{_HOST}:{port}",
            fix="Leave --port out, or choose another.",
        ) from None
    try:
        yield bound, f"http://{_HOST}:{bound.getsockname()[1]}"
    finally:
        bound.close()
