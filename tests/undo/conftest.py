"""A working folder with the example domain on its sandbox, and a hand beside kt-migrate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from inside import Done, beside, inside, typed
from kt_migrate.sandbox.settings import Client, Faults

YES = ("--yes-rollback", "EXAMPLE")
TYPES = (
    "ActivityDefinition",
    "CareTeam",
    "Endpoint",
    "Organization",
    "Patient",
    "Practitioner",
    "RelatedPerson",
    "Task",
)


@dataclass(slots=True)
class World:
    """A working folder, its sandbox, and somebody who works there too."""

    folder: Path
    client: httpx.Client
    faults: Faults = field(default_factory=Faults)

    def __call__(self, *arguments: str) -> Done:
        """Give a command."""
        return typed(*arguments, cwd=self.folder)

    def rollback(self, *options: str) -> Done:
        """Undo the newest run."""
        return self("rollback", "--env", "local", *YES, "--json", *options)

    def all(self) -> dict[str, dict[str, Any]]:
        """Return everything that is there, per `Type/id`."""
        found: dict[str, dict[str, Any]] = {}
        for r4_type in TYPES:
            bundle = self.client.get(r4_type, params={"_count": "200"}).json()
            for entry in bundle.get("entry", []):
                resource = entry["resource"]
                found[f"{r4_type}/{resource['id']}"] = resource
        return found

    def one(self, r4_type: str) -> dict[str, Any]:
        """Return the first resource of a type, by its temporary identifier."""
        there = [r for r in self.all().values() if r["resourceType"] == r4_type]
        return min(there, key=lambda r: str(r["identifier"]))

    def put(self, resource: dict[str, Any]) -> None:
        """Change a resource, as somebody else would."""
        version = resource["meta"]["versionId"]
        answer = self.client.put(
            f"{resource['resourceType']}/{resource['id']}",
            json=resource,
            headers={"If-Match": f'W/"{version}"'},
        )
        assert answer.status_code == 200, answer.text


@pytest.fixture
def world(tried: Path) -> Iterator[World]:
    """Return the example domain after a trial."""
    faults = Faults()
    with inside(tried, faults) as app, beside(tried, app) as client:
        yield World(tried, client, faults)


NO_DELETE = " ".join(f"system/{r4_type}.crus" for r4_type in (*TYPES, "AuditEvent", "Device"))


@pytest.fixture
def careful(tried: Path) -> Iterator[World]:
    """Return the same, where the client may not delete (TOP-KT-003: what is usual)."""
    with (
        patch("kt_migrate.cli.registering.Client", partial(Client, scopes=NO_DELETE)),
        inside(tried) as app,
        beside(tried, app) as client,
    ):
        yield World(tried, client)


@pytest.fixture
def fresh(workspace: Path) -> Iterator[World]:
    """Return the example domain before any trial."""
    faults = Faults()
    with inside(workspace, faults) as app, beside(workspace, app) as client:
        yield World(workspace, client, faults)
