"""What others do in the very moment of undoing, and what they go on using."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

from kt_migrate.kt2.client import FhirClient
from kt_migrate.plan.store import Plan
from road.beside import Somebody, other_than_planned, without_references
from undo.conftest import World
from undo.test_rollback import document, left


def test_what_a_run_changed_gets_its_content_back_though_somebody_uses_what_refers_to_it(
    fresh: World,
) -> None:
    """It stays there, so nothing hangs; only what the run made is held by what refers to it."""
    somebody = Somebody(fresh.client)
    assert fresh("plan", "--env", "local").code in (0, 20)
    with Plan(fresh.folder / "runs" / "local" / "001" / "plan.sqlite") as plan:
        planned = without_references(plan, ("Practitioner",))
    places = [somebody.make(other_than_planned(one)) for one in planned]
    before = somebody.everything()
    assert fresh("trial", "--env", "local", "--existing", "update").code in (0, 20)
    now = somebody.everything()
    task = next(
        name
        for name, one in now.items()
        if name.startswith("Task/") and one["owner"]["reference"] in places
    )
    practitioner = now[task]["owner"]["reference"]
    assert now[practitioner] != before[practitioner]
    somebody.change(task, description="in use")

    done = fresh.rollback()

    assert done.code == 28
    after = somebody.everything()
    assert {name: after[name] for name in places} == before
    assert after[task]["description"] == "in use"


def overtaken(world: World, place: str) -> list[dict[str, str]]:
    """Undo while somebody changes a resource just before its deletion; return the list."""
    send, somebody = FhirClient.delete, Somebody(world.client)

    async def late(
        client: FhirClient, r4_type: str, logical_id: str, *rest: str, **more: str
    ) -> object:
        if f"{r4_type}/{logical_id}" == place:
            with ThreadPoolExecutor(1) as apart:  # and nothing else goes on meanwhile: one store
                apart.submit(somebody.change, place, description="just now").result()
        return await send(client, r4_type, logical_id, *rest, **more)

    with patch.object(FhirClient, "delete", late):
        done = world.rollback()
    assert done.code == 28
    assert document(done)["proof"]["overtaken"] == 1
    assert document(done)["undone"] == 44
    return left(world)


def test_a_change_that_was_deleted_with_ours_is_found_and_listed(world: World) -> None:
    """A server that does not heed If-Match on a DELETE: its history tells."""
    task = world.one("Task")

    (row,) = overtaken(world, f"Task/{task['id']}")

    assert (row["id"], row["state"], row["code"]) == (task["id"], "deleted", "undo-overtaken")
    assert world.client.get(f"Task/{task['id']}/_history/2").json()["description"] == "just now"


def test_it_is_found_again_by_each_start(world: World) -> None:
    """Also by one that had nothing more to undo."""
    task = world.one("Task")
    overtaken(world, f"Task/{task['id']}")

    again = world.rollback()

    assert (again.code, document(again)["proof"]["overtaken"]) == (28, 1)
    assert [row["code"] for row in left(world)] == ["undo-overtaken"]
