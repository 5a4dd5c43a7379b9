"""What a run that was killed leaves in doubt, and what an undoing that was killed does."""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import replace

import pytest

from kt_migrate.kt2.client import FhirClient
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.states import STEPS, UndoState
from undo.conftest import World
from undo.test_rollback import document, left


def forget(world: World, seq: int, operation: str = "create") -> None:
    """Take the outcome of a write out of the journal, as a crash just before it was recorded."""
    with sqlite3.connect(world.folder / "runs" / "local" / "001" / "journal.sqlite") as db:
        db.execute(
            "UPDATE entry SET state = 'intent', server_id = '', version = '', operation = ?"
            " WHERE seq = ?",
            (operation, seq),
        )
        db.execute("DELETE FROM event WHERE seq = ? AND state <> 'intent'", (seq,))
    db.close()


def last(world: World) -> tuple[int, str]:
    """Return the last write of the plan, which nothing refers to, and its logical id."""
    with sqlite3.connect(world.folder / "runs" / "local" / "001" / "journal.sqlite") as db:
        row = db.execute("SELECT seq, server_id FROM entry ORDER BY seq DESC LIMIT 1").fetchone()
    db.close()
    return int(row[0]), str(row[1])


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kt_migrate.undo.inventory.SECOND_LOOK_SECONDS", 0.0)


def test_a_create_whose_answer_was_lost_is_undone_too(world: World) -> None:
    """It is there, with what was planned, in its first version: it was ours."""
    seq, _id = last(world)
    forget(world, seq)

    done = world.rollback()

    assert done.code == 0
    assert document(done)["total"] == 44
    assert world.all() == {}


def test_a_create_that_never_arrived_is_no_deed(world: World) -> None:
    """There is nothing there, at a second look either."""
    seq, server_id = last(world)
    world.client.delete(f"Task/{server_id}")
    forget(world, seq)

    done = world.rollback()

    assert done.code == 0
    assert document(done)["total"] == 43
    assert world.all() == {}


def test_what_may_be_somebody_elses_is_left_and_listed(world: World) -> None:
    """In doubt and another than planned: a person must look."""
    seq, server_id = last(world)
    task = world.client.get(f"Task/{server_id}").json()
    world.put({**task, "description": "of somebody else"})
    forget(world, seq)

    done = world.rollback()

    assert done.code == 28
    assert document(done)["left_by_code"]["undo-in-doubt"] == 1
    assert f"Task/{server_id}" in world.all()
    assert "undo-in-doubt" in {row["code"] for row in left(world)}

    assert document(world.rollback())["left_by_code"]["undo-in-doubt"] == 1, "also a second time"


def test_a_first_version_of_another_content_is_not_taken_for_ours(world: World) -> None:
    """Somebody else made it under our identifier, while ours never arrived."""
    seq, server_id = last(world)
    task = world.client.get(f"Task/{server_id}").json()
    world.client.delete(f"Task/{server_id}")
    other = {
        **task,
        "description": "of somebody else",
        "meta": {"profile": task["meta"]["profile"]},
    }
    other["extension"] = [e for e in task["extension"] if "origin" not in e["url"]]
    other = {name: value for name, value in other.items() if value != []}
    made = world.client.post("Task", json={k: v for k, v in other.items() if k != "id"})
    assert made.status_code == 201, made.text
    forget(world, seq)

    done = world.rollback()

    assert done.code == 28
    assert f"Task/{made.json()['id']}" in world.all()


@pytest.mark.parametrize("arrived", [True, False])
def test_an_intent_without_outcome_is_looked_up_before_anything_is_sent(
    world: World,
    arrived: bool,  # noqa: FBT001 (pytest's)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whether the deletion arrived or not: it is sent once in all, and the books are whole."""
    folder = world.folder / "runs" / "local" / "001"
    stop_after_listing(world, monkeypatch)
    with Record(folder) as record:
        deed = next(record.deeds())
        intend(record, replace(deed, state=UndoState.INTENT, operation="delete", attempts=1))
    if arrived:
        world.client.delete(f"{deed.r4_type}/{deed.server_id}")
    before = world.faults.writes

    done = world.rollback()

    assert done.code == 0
    assert world.all() == {}
    assert document(done)["types"][deed.r4_type] == {"deleted": 18}
    assert world.faults.writes - before == (43 if arrived else 44)


def test_an_intent_is_not_sent_over_what_somebody_changed_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version of before is not there any more, nor what was sent."""
    folder = world.folder / "runs" / "local" / "001"
    stop_after_listing(world, monkeypatch)
    with Record(folder) as record:
        deed = next(record.deeds())
        intend(record, replace(deed, state=UndoState.INTENT, operation="delete", attempts=1))
    task = world.client.get(f"Task/{deed.server_id}").json()
    world.put({**task, "description": "in use"})

    done = world.rollback()

    assert done.code == 28
    assert document(done)["left_by_code"]["undo-changed-since"] == 1
    assert f"Task/{deed.server_id}" in world.all()


def test_the_record_takes_no_step_that_its_table_lacks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is undone stays so."""
    stop_after_listing(world, monkeypatch)
    assert all(
        state not in STEPS for state in UndoState if state not in ("listed", "intent", "kept")
    )
    with Record(world.folder / "runs" / "local" / "001") as record:
        deed = next(record.deeds())
        intend(record, replace(deed, state=UndoState.GONE))
        with pytest.raises(Exception, match="gone → intent"):
            intend(record, replace(deed, state=UndoState.INTENT))


def intend(record: Record, deed: Deed) -> None:
    """Put a state on disk."""

    async def work() -> None:
        try:
            await record.intend(deed)
        finally:
            await record.stop()

    asyncio.run(work())


def stop_after_listing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Begin, and stop before the first is undone: as a kill there would."""
    with monkeypatch.context() as patched:
        patched.setattr("kt_migrate.undo.record.Record.stages", lambda _record: [])
        world.rollback()
    assert len(world.all()) == 44


def test_an_intent_is_on_disk_before_its_request_leaves(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks at the record while a request is under way finds its intent."""
    folder = world.folder / "runs" / "local" / "001"
    seen: list[str] = []
    send = FhirClient.delete

    async def look(
        client: FhirClient, r4_type: str, logical_id: str, *rest: str, **more: str
    ) -> object:
        with sqlite3.connect(f"file:{folder / 'undo.sqlite'}?mode=ro", uri=True) as db:
            query = "SELECT state FROM deed WHERE server_id = ?"
            seen.append(db.execute(query, (logical_id,)).fetchone()[0])
        db.close()
        return await send(client, r4_type, logical_id, *rest, **more)

    monkeypatch.setattr(FhirClient, "delete", look)

    assert world.rollback().code == 0
    assert seen == ["intent"] * 44


def test_a_record_that_a_crash_left_without_its_list_is_listed_anew(world: World) -> None:
    """Nothing listed is not nothing done."""
    folder = world.folder / "runs" / "local" / "001"
    Record(folder).close()

    done = world.rollback()

    assert done.code == 0
    assert document(done)["undone"] == 44
    assert world.all() == {}


def test_a_record_that_a_crash_left_empty_is_listed_anew(world: World) -> None:
    """The file alone says nothing either."""
    (world.folder / "runs" / "local" / "001" / "undo.sqlite").touch()

    assert document(world.rollback())["undone"] == 44


def test_what_was_changed_and_changed_back_is_not_taken_for_ours(world: World) -> None:
    """The planned content in a later version: a run that died does not know whose that is."""
    seq, server_id = last(world)
    task = world.client.get(f"Task/{server_id}").json()
    world.put({**task, "description": "for a moment"})
    changed = world.client.get(f"Task/{server_id}").json()
    back = {**task, "meta": changed["meta"]}
    world.put(back)
    forget(world, seq)

    done = world.rollback()

    assert done.code == 28
    assert document(done)["left_by_code"]["undo-in-doubt"] == 1
    assert f"Task/{server_id}" in world.all()
