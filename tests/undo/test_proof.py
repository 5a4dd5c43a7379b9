"""What the proof sees that the undoing did not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kt_migrate.kt2.client import FhirClient, Found
from kt_migrate.model import Key, Resource
from undo.acting import acting, made_by, planned
from undo.conftest import World
from undo.test_rollback import document


def test_what_came_back_is_no_proof(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that says 204 and deletes nothing is found out: 23, and how many."""

    async def lie(*_arguments: object, **_options: object) -> object:
        from kt_migrate.kt2.answers import Deleted  # noqa: PLC0415

        return Deleted(204)

    monkeypatch.setattr(FhirClient, "delete", lie)

    done = world.rollback()

    assert done.code == 23
    assert document(done)["proof"]["gone"] == 0
    assert document(done)["proof"]["wrong"] >= 44


def test_what_an_index_still_has_is_no_proof(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gone by its id, but found by its temporary identifier: others still find it too."""
    there = world.one("Task")
    find = FhirClient.find
    undone = [False]

    async def stale(client: FhirClient, keys: Any) -> dict[Key, tuple[Found, ...]]:  # noqa: ANN401
        found = await find(client, keys)
        for key in keys:
            if undone[0] and key.value == there["identifier"][0]["value"]:
                found[key] = (Found(id=there["id"], version="1", resource=there),)
        return found

    monkeypatch.setattr(FhirClient, "find", stale)
    delete = FhirClient.delete

    async def noting(client: FhirClient, *rest: str, **more: str) -> object:
        undone[0] = True
        return await delete(client, *rest, **more)

    monkeypatch.setattr(FhirClient, "delete", noting)

    done = world.rollback()

    assert done.code == 23
    assert document(done)["proof"]["wrong"] == 1


def test_each_resource_that_one_write_came_to_is_looked_for(tmp_path: Path) -> None:
    """Made, taken away by somebody and made anew: both are deleted, and an index has the first."""
    with acting(tmp_path) as it:
        again = made_by(1, id=9, server_id="p9")
        it.own.put("Patient/p9", planned(1))
        first, second = it.undo(made_by(1), again)
        assert (first.state, second.state) == ("deleted", "deleted")
        assert it.proof().wrong == 0
        for logical_id in ("p1", "p9", "p7"):
            resource: Resource = {**planned(1), "id": logical_id}
            it.own.stale[:] = [Found(id=logical_id, version="1", resource=resource)]
            assert it.proof().wrong == (logical_id != "p7")
