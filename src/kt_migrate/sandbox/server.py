"""Serves a sandbox: in the foreground for people, in a thread for tests and benches."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from kt_migrate.errors import ConfigurationError
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.service import Sandbox
from kt_migrate.sandbox.settings import Faults, SandboxSettings

_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that answers."""

    base: str
    sandbox: Sandbox
    faults: Faults


def serve(settings: SandboxSettings, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve until somebody stops it.

    Args:
        settings: what it serves.
        host: a loopback address.
        port: a free port.
        on_ready: is told the FHIR base when it answers.

    Raises:
        ConfigurationError: another address than this machine's own, or a port in use.
    """
    bound = _bind(host, port)
    public = f"http://{host}:{bound.getsockname()[1]}"
    app, sandbox = build_app(settings, public)
    server = _Server(_config(app), lambda: on_ready(sandbox.base))
    server.run(sockets=[bound])


@contextmanager
def running(settings: SandboxSettings, port: int = 0) -> Iterator[Running]:
    """Serve in a thread, on a free port of this machine, for as long as the block runs."""
    bound = _bind("127.0.0.1", port)
    public = f"http://127.0.0.1:{bound.getsockname()[1]}"
    app, sandbox = build_app(settings, public)
    ready = threading.Event()
    server = _Server(_config(app), ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    if not ready.wait(_START_SECONDS):
        raise RuntimeError("the sandbox did not start")
    try:
        yield Running(sandbox.base, sandbox, settings.faults)
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
        bound.close()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._on_ready()


def _config(app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]  # an ASGI application
        log_level="critical",
        access_log=False,
        lifespan="on",
        date_header=False,  # the sandbox's own clock says it
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=65_536,
        timeout_keep_alive=120,
    )


def _bind(host: str, port: int) -> socket.socket:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigurationError(
            "The sandbox serves this machine only.",
            where=host,
            fix="Use 127.0.0.1 in configs/local.yaml.",
        )
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise ConfigurationError(
            "The port is in use.",
            where=f"{host}:{port}",
            fix="Stop the other program, or choose another port in configs/local.yaml.",
        ) from None
    return bound
