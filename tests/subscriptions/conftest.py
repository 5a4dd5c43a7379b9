"""A working folder, its sandbox, our own subscriptions and somebody else's on it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from inside import Done, beside, typed
from kt_migrate.cli.serving import settings_of
from kt_migrate.config import find_workspace
from kt_migrate.model import PROFILE_BASE
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.settings import ALL_SCOPES, Faults

SECRET = "Authorization: Bearer zeer-geheim-4711"
THEIRS = "Task?status=completed"
Content = dict[str, Any]


def subscription(criteria: str, **more: object) -> Content:
    """Return an active Subscription with a secret in its header."""
    return {
        "resourceType": "Subscription",
        "meta": {"profile": [f"{PROFILE_BASE}Subscription"]},
        "status": "active",
        "reason": "Nieuwe taken",
        "criteria": criteria,
        "contact": [{"system": "email", "value": "beheer@portaal.example"}],
        "end": "2031-01-01T00:00:00+01:00",
        "channel": {
            "type": "rest-hook",
            "endpoint": "https://portaal.example/hooks/geheim-pad",
            "header": [SECRET, "X-KTSubscription: TaskReady"],
        },
        **more,
    }


def lasting(resource: Content) -> Content:
    """Return a resource without what a server writes anew: the test's own way, not the room's."""
    meta = {n: v for n, v in resource["meta"].items() if n not in ("versionId", "lastUpdated")}
    return {**resource, "meta": meta}


@dataclass(slots=True)
class Scene:
    """A working folder, its sandbox, and a hand beside kt-migrate."""

    folder: Path
    client: httpx.Client
    faults: Faults = field(default_factory=Faults)

    def __call__(self, *arguments: str) -> Done:
        """Give a command of the room, for people and for machines."""
        return typed("subscriptions", *arguments, "--env", "local", "--json", cwd=self.folder)

    def made(self, criteria: str, **more: object) -> Content:
        """Let our own application have a subscription."""
        answer = self.client.post("Subscription", json=subscription(criteria, **more))
        assert answer.status_code == 201, answer.text
        return self.read(answer.json()["id"])

    def read(self, logical_id: str) -> Content:
        """Read one."""
        found: Content = self.client.get(f"Subscription/{logical_id}").json()
        return found

    def change(self, logical_id: str, **more: object) -> Content:
        """Change one, as somebody else would."""
        there = self.read(logical_id)
        answer = self.client.put(
            f"Subscription/{logical_id}",
            json={**there, **more},
            headers={"If-Match": f'W/"{there["meta"]["versionId"]}"'},
        )
        assert answer.status_code == 200, answer.text
        changed: Content = answer.json()
        return changed

    @property
    def every(self) -> dict[str, Content]:
        """Everybody's, by id."""
        bundle = self.client.get("Subscription", params={"_count": "200"}).json()
        return {entry["resource"]["id"]: entry["resource"] for entry in bundle.get("entry", [])}

    @property
    def journal(self) -> Path:
        """The room's journal."""
        return self.folder / "runs" / "local" / "subscriptions.ndjson"


@pytest.fixture
def scene(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Scene]:
    """Return a domain in which another application has a subscription; with other scopes maybe."""
    monkeypatch.setattr("kt_migrate.subscriptions.switching.SECOND_LOOK_SECONDS", 0.0)
    faults = Faults()
    scopes = str(getattr(request, "param", ALL_SCOPES))
    with served(workspace, faults, scopes) as client:
        yield Scene(workspace, client, faults)


@contextmanager
def served(folder: Path, faults: Faults, scopes: str) -> Iterator[httpx.Client]:
    """Serve a working folder's sandbox in this process, and log in beside kt-migrate."""
    settings, address = settings_of(find_workspace(folder), faults)
    clients = tuple(replace(client, scopes=scopes) for client in settings.clients)
    settings = replace(settings, clients=clients, subscriptions=(THEIRS,))
    app, sandbox = build_app(settings, f"http://{address.host}:{address.port}")
    asyncio.run(sandbox.subscribe())
    with (
        patch("kt_migrate.kt2.client.transport", lambda _many: httpx.ASGITransport(app)),
        beside(folder, app) as http,
    ):
        yield http
    asyncio.run(sandbox.store.stop())
