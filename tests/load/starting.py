"""A working folder with a plan: what a start as the command gives it needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from kt_migrate.config import Environment, Workspace, find_workspace
from kt_migrate.kt2.keys import new_key
from kt_migrate.load.execute import execute
from kt_migrate.load.run import LoadResult
from kt_migrate.load.start import NO_WISHES, Wishes
from load.wire import BASE, InProcess, Server
from load.world import patients, plan_with, tasks

NOWHERE = f"http://127.0.0.1:9{BASE}"


@dataclass
class Start:
    """A working folder with a plan and a server, for as many starts as a test wants.

    Attributes:
        connections: how many each start wanted at most.
        told: what the listener was told.
    """

    workspace: Workspace
    server: Server
    folder: Path
    connections: list[int] = field(default_factory=list)
    told: list[tuple[int, int]] = field(default_factory=list)

    def __call__(
        self, environment: str = "local", wishes: Wishes = NO_WISHES, **limits: float
    ) -> LoadResult:
        """Execute the plan, against the server in this process."""
        made = environment_of(self.server.base, **{"per_second": 0, **limits})
        made = made.model_copy(update={"environment": environment})

        def inside(most: int) -> InProcess:
            self.connections.append(most)
            return InProcess(self.server)

        with patch("kt_migrate.kt2.client.transport", inside):
            return execute(self.workspace, made, self.folder, self._tell, wishes=wishes)

    def _tell(self, done: int, total: int) -> None:
        self.told.append((done, total))


def environment_of(base: str = NOWHERE, **limits: float) -> Environment:
    """Return the environment of a server."""
    return Environment.model_validate(content_of(base, **limits))


def content_of(base: str, **limits: float) -> dict[str, Any]:
    """Return what the file of an environment holds."""
    return {
        "schema": "kt-migrate-environment/1",
        "environment": "local",
        "fhir_base_url": f"{base}/",
        "client_id": "client-1",
        "key": {"file": "keys/local.pem", "kid": "k1", "algorithm": "ES384"},
        "limits": limits,
    }


def start_in(root: Path, *names: str) -> Start:
    """Return a working folder with a plan of patients with these names and a task for each."""
    (root / "kt-migrate.yaml").write_text("schema: kt-migrate-domain/1\ndomain: TEST\n")
    new_key(root / "keys" / "local.pem", "ES384")
    folder = root / "runs" / "local" / "001"
    folder.mkdir(parents=True)
    plan_with(folder, patients(*names), tasks(*names)).close()
    server = Server()
    server.base = NOWHERE
    return Start(find_workspace(root), server, folder)
