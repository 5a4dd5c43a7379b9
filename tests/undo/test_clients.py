"""Several clients of ours, each of which sees nothing but what it wrote itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from inside import typed
from kt_migrate.cli.serving import settings_of
from kt_migrate.config import find_workspace
from kt_migrate.sandbox.server import running
from kt_migrate.sandbox.settings import Client, Faults
from road.suppliers import in_store
from undo.conftest import TYPES

pytestmark = pytest.mark.integration

LOCAL = ("--env", "local")
PORTAL = """
credentials:
  - name: portal
    client_id: client-portal
    key: {file: keys/portal.pem, kid: portal-1, algorithm: ES384}
    writes: [Task, CareTeam]
"""


def narrow(client_id: str, jwks: dict[str, object]) -> Client:
    """Return a client whose role shows it its own resources alone."""
    own = f"?resource-origin=Device/{client_id}"
    scopes = " ".join(f"system/{r4_type}.cruds{own}" for r4_type in TYPES)
    return Client(client_id=client_id, jwks=jwks, scopes=f"{scopes} system/Device.rs")


@contextmanager
def served(folder: Path, faults: Faults, *, conditional: bool) -> Iterator[None]:
    """Serve a working folder's two clients, each with its narrow role."""
    with patch("kt_migrate.cli.registering.Client", narrow):
        settings, address = settings_of(find_workspace(folder), faults)
    with running(replace(settings, conditional_create=conditional), address.port):
        yield


@pytest.mark.parametrize("conditional", [True, False])
def test_what_is_lost_is_looked_for_as_the_client_that_wrote_it(
    workspace: Path, *, conditional: bool
) -> None:
    """Written once though answers are lost, and undone: not taken for gone as another cannot see it."""
    config = workspace / "configs" / "local.yaml"
    config.write_text(config.read_text("utf-8") + PORTAL, "utf-8")
    assert typed("keys", "new", *LOCAL, "--credentials", "portal", cwd=workspace).code == 0
    assert typed("plan", *LOCAL, cwd=workspace).code == 0
    faults = Faults(drop_after_every=3)
    with served(workspace, faults, conditional=conditional):
        done = typed("trial", *LOCAL, cwd=workspace)
        there = in_store(workspace)
        faults.drop_after_every = 0
        undone = typed("rollback", *LOCAL, "--yes-rollback", "EXAMPLE", cwd=workspace)
        left = in_store(workspace)

    assert done.code == 0, done.out + done.err
    assert set(Counter((r4_type, value) for r4_type, value, _origin in there).values()) == {1}
    origins = {r4_type: origin for r4_type, _value, origin in there}
    assert origins["Task"] == origins["CareTeam"] == "Device/client-portal"
    assert origins["Patient"] == "Device/kt-migrate-local"
    assert undone.code == 0, undone.out + undone.err
    assert left == []
