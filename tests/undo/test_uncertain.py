"""What looks like the run's and cannot be shown to be: it is left, and said."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from kt_migrate.books import canonical, digest
from kt_migrate.undo.record import Record
from kt_migrate.undo.states import UndoState
from undo.conftest import World
from undo.test_doubts import forget, intend, last, stop_after_listing
from undo.test_rollback import document


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kt_migrate.undo.inventory.SECOND_LOOK_SECONDS", 0.0)


def again(task: dict[str, Any]) -> dict[str, Any]:
    """Return a resource as somebody else would make it anew."""
    made = {n: v for n, v in task.items() if n not in ("id", "meta")}
    made["meta"] = {"profile": task["meta"]["profile"]}
    kept = [e for e in task.get("extension", []) if "origin" not in e["url"]]
    made.pop("extension", None)
    return {**made, **({"extension": kept} if kept else {})}


def post(world: World, resource: dict[str, Any]) -> str:
    """Make a resource beside kt-migrate; return its logical id."""
    answer = world.client.post(resource["resourceType"], json=resource)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def set_in_journal(world: World, seq: int, **values: str) -> None:
    """Let the journal say something else of a write."""
    path = world.folder / "runs" / "local" / "001" / "journal.sqlite"
    places = ", ".join(f"{name} = ?" for name in values)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(f"UPDATE entry SET {places} WHERE seq = ?", (*values.values(), seq))


def test_two_under_one_identifier_are_both_left(world: World) -> None:
    """The outcome was lost, and there is more than one: a person must look."""
    seq, server_id = last(world)
    other = post(world, again(world.client.get(f"Task/{server_id}").json()))
    forget(world, seq)

    done = world.rollback()

    assert done.code == 28
    assert {f"Task/{server_id}", f"Task/{other}"} <= set(world.all())
    assert document(done)["left_by_code"]["undo-in-doubt"] == 1


def test_an_update_in_doubt_of_another_resource_is_not_ours(world: World) -> None:
    """What it was sent against is gone; what is there now somebody else made."""
    seq, server_id = last(world)
    task = world.client.get(f"Task/{server_id}").json()
    world.client.delete(f"Task/{server_id}")
    other = post(world, again(task))
    forget(world, seq, "update")
    set_in_journal(world, seq, server_id=server_id, version="1")

    done = world.rollback()

    assert done.code == 28
    assert f"Task/{other}" in world.all()
    assert document(done)["left_by_code"]["undo-in-doubt"] == 1


@pytest.mark.parametrize("changed", ["", "of somebody else"])
def test_without_a_version_the_content_says_whether_it_is_still_ours(
    world: World, changed: str
) -> None:
    """A server that told no version: only what is as planned goes."""
    seq, server_id = last(world)
    path = world.folder / "runs" / "local" / "001" / "journal.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE entry SET version = '' WHERE seq = ?", (seq,))
        db.execute("UPDATE event SET version = '' WHERE seq = ?", (seq,))
    if changed:
        world.put({**world.client.get(f"Task/{server_id}").json(), "description": changed})

    done = world.rollback()

    assert done.code == (28 if changed else 0)
    assert (f"Task/{server_id}" in world.all()) == bool(changed)


@pytest.mark.parametrize("whose", ["ours", "another's", "nobody's"])
def test_an_end_of_life_in_doubt_is_looked_up(
    careful: World, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    """What was sent is there: done. Another content: somebody's. The version of before: again."""
    folder = careful.folder / "runs" / "local" / "001"
    stop_after_listing(careful, monkeypatch)
    with Record(folder) as record:
        deed = next(d for d in record.deeds() if d.r4_type == "CareTeam")
        team = careful.client.get(f"CareTeam/{deed.server_id}").json()
        ended = {**team, "status": "inactive"}
        sent = digest(canonical(ended))
        intend(record, replace(deed, state=UndoState.INTENT, operation="update", sent=sent))
    if whose != "nobody's":
        careful.put(ended if whose == "ours" else {**team, "name": "of somebody else"})

    done = careful.rollback()

    left = document(done)["left_by_code"]
    now = careful.client.get(f"CareTeam/{deed.server_id}").json()
    if whose == "another's":
        assert (done.code, left["undo-changed-since"]) == (28, 1)
        assert now["name"] == "of somebody else"
    else:
        assert (done.code, left, now["status"]) == (0, {}, "inactive")
        assert now["meta"]["versionId"] == "2", "changed once in all"
