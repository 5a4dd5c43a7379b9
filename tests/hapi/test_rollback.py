"""A rollback on a stock HAPI: killed again and again among others' work, and what HAPI does alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from inside import Done, typed
from kt_migrate.cli.serving import settings_of
from kt_migrate.config import find_workspace
from kt_migrate.kt2.client import FhirClient
from kt_migrate.sandbox.server import running
from kt_migrate.sandbox.settings import ALL_SCOPES, Faults
from road.beside import TYPES, Somebody, straight
from road.undone import UNDO, judge, left, played
from support import serving

pytestmark = [pytest.mark.hapi, pytest.mark.integration]

NO_DELETE = " ".join(f"system/{name}.crus" for name in (*TYPES, "AuditEvent", "Device"))


@pytest.fixture(autouse=True)
def nothing_left(hapi: str) -> None:
    """Take away what another test left on this HAPI: it may be the very domain that is tried here."""
    with straight(hapi) as somebody:
        somebody.clear(somebody.everything())


@contextmanager
def tried(hapi: str, workspace: Path, scopes: str = ALL_SCOPES) -> Iterator[Somebody]:
    """Put the example domain on HAPI, behind the front of the sandbox; afterwards nothing is left."""
    settings, address = settings_of(find_workspace(workspace), Faults())
    client = replace(settings.clients[0], scopes=scopes)
    front = replace(settings, upstream=hapi, clients=(client,))
    with running(front, address.port), straight(hapi) as somebody:
        before = somebody.everything()
        assert typed("trial", "--env", "local", cwd=workspace).code == 0
        try:
            yield somebody
        finally:
            somebody.clear(set(somebody.everything()) - set(before))


def document(done: Done) -> dict[str, Any]:
    """Return what a rollback said of its one run."""
    (run,) = done.document["runs"]
    result: dict[str, Any] = run
    return result


def test_a_half_finished_run_is_undone_through_ten_kills(hapi: str, workspace: Path) -> None:
    """HAPI holds what it held before, but for history and what others did since."""
    with (
        serving(workspace, "--upstream", hapi, "--latency-ms", "40"),
        straight(hapi) as somebody,
    ):
        judge(workspace, somebody, played(workspace, somebody))


def test_a_change_in_the_moment_of_a_deletion_is_found_and_listed(
    hapi: str, workspace: Path
) -> None:
    """HAPI does not heed If-Match on a DELETE; its history has what somebody wrote."""
    send = FhirClient.delete
    with tried(hapi, workspace) as somebody:
        task = min(name for name in somebody.everything() if name.startswith("Task/"))

        async def late(
            client: FhirClient, r4_type: str, logical_id: str, *rest: str, **more: str
        ) -> object:
            if f"{r4_type}/{logical_id}" == task:
                somebody.change(task, description="just now")
            return await send(client, r4_type, logical_id, *rest, **more)

        with patch.object(FhirClient, "delete", late):
            done = typed(*UNDO, cwd=workspace)
        assert somebody.read(f"{task}/_history/2")["description"] == "just now"

    run = document(done)
    assert (done.code, run["undone"], run["left"]) == (28, 44, 0)
    assert (run["proof"]["overtaken"], run["proof"]["wrong"]) == (1, 0)
    assert left(workspace) == {task: "undo-overtaken"}


def test_without_the_right_to_delete_everything_ends_its_life(hapi: str, workspace: Path) -> None:
    """Each status of the end is one that the profiles take; the list for KT2-Support has all."""
    with tried(hapi, workspace, NO_DELETE) as somebody:
        before = set(somebody.everything())
        done = typed(*UNDO, cwd=workspace)
        after = somebody.everything()
        again = typed(*UNDO, cwd=workspace)
        assert somebody.everything() == after

    assert (done.code, document(done)["proof"]["retired"]) == (0, 44)
    assert (again.code, document(again)["proof"]) == (0, document(done)["proof"])
    assert set(after) == before
    ended = {"retired", "off", "inactive", "completed", "failed", "rejected", "cancelled", False}
    for name in left(workspace):
        assert after[name].get("active", after[name].get("status")) in ended
    assert len(left(workspace)) == 44
