"""The sandbox's web application: which handler stands where.

A request meets the rules in the order of the real service:
1 the head's size · 2 the token · 3 the type · 4 the scope · 5 headers and body · 6 the rules ·
7 the store · 8 trace headers and an AuditEvent.
"""

from __future__ import annotations

from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from kt_migrate.sandbox.faulty import FaultyApp
from kt_migrate.sandbox.guard import guarded
from kt_migrate.sandbox.instance_level import InstanceLevel
from kt_migrate.sandbox.open_routes import OpenRoutes
from kt_migrate.sandbox.searching import Searching
from kt_migrate.sandbox.service import Sandbox
from kt_migrate.sandbox.settings import SandboxSettings
from kt_migrate.sandbox.type_level import TypeLevel

_EVERY = ["GET", "PUT", "DELETE", "PATCH", "POST"]


def build_app(settings: SandboxSettings, public: str) -> tuple[FaultyApp, Sandbox]:
    """Return the application and the service behind it.

    Args:
        settings: what it is started with.
        public: scheme, host and port that clients use: `http://127.0.0.1:8420`.
    """
    sandbox = Sandbox(settings, public)

    @asynccontextmanager
    async def lifespan(_app: Starlette):  # type: ignore[no-untyped-def]  # noqa: ANN202 (starlette's)
        await sandbox.store.start()
        await sandbox.subscribe()
        yield
        await sandbox.store.stop()

    routes = [*_open_routes(sandbox), *_guarded_routes(sandbox)]
    return FaultyApp(Starlette(lifespan=lifespan, routes=routes), settings.faults), sandbox


def _open_routes(sandbox: Sandbox) -> list[Route]:
    base, to_all = sandbox.settings.base_path, OpenRoutes(sandbox)
    return [
        Route(sandbox.token_path, to_all.token, methods=["POST"]),
        Route(f"{base}/.well-known/smart-configuration", to_all.smart_configuration),
        Route(f"{base}/metadata", to_all.metadata),
        Route(f"{base}/ImplementationGuide", to_all.guide),
    ]


def _guarded_routes(sandbox: Sandbox) -> list[Route]:
    base = sandbox.settings.base_path
    instance = f"{base}/{{r4_type}}/{{logical_id}}"
    on_type = guarded(sandbox, TypeLevel(sandbox).handle)
    on_instance = guarded(sandbox, InstanceLevel(sandbox).handle)
    on_system = guarded(sandbox, Searching(sandbox).system)
    return [
        Route(f"{base}/{{r4_type}}", on_type, methods=_EVERY),
        Route(instance, on_instance, methods=_EVERY),
        Route(f"{instance}/$expunge", on_instance, methods=["POST"]),
        Route(f"{instance}/_history", on_instance, methods=["GET"]),
        Route(f"{instance}/_history/{{version}}", on_instance, methods=["GET"]),
        Route(base, on_system, methods=["GET", "POST"]),
        Route(f"{base}/", on_system, methods=["GET", "POST"]),
    ]
