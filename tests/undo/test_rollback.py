"""What a rollback leaves on the server, whatever was done there since."""

from __future__ import annotations

import csv
from typing import Any
from unittest.mock import patch

import httpx
import pytest

from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.client import FhirClient
from kt_migrate.plan.runs import is_undone, newest_run
from kt_migrate.pseudonyms import pseudonym
from undo.conftest import World


def document(done: Any) -> dict[str, Any]:  # noqa: ANN401 (inside.Done, without its import)
    """Return what a rollback said of its one run."""
    (run,) = done.document["runs"]
    result: dict[str, Any] = run
    return result


def left(world: World, run: str = "001") -> list[dict[str, str]]:
    """Return the list for KT2-Support."""
    path = world.folder / "runs" / "local" / run / "rollback-over.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def test_everything_that_a_run_made_is_gone(world: World) -> None:
    """The server holds what it held before, but for history, and the proof says so."""
    assert world.all()

    done = world.rollback()

    run = document(done)
    assert done.code == 0
    assert world.all() == {}
    assert run["undone"] == run["total"] == 44
    assert run["proof"] == {
        "gone": 44,
        "with_history": 44,
        "retired": 0,
        "restored": 0,
        "wrong": 0,
        "overtaken": 0,
    }
    assert left(world) == []


def test_a_preview_writes_nothing(world: World) -> None:
    """It counts what would go, and the run is still one to go on with."""
    before, written = world.all(), world.faults.writes

    done = world("rollback", "--env", "local", "--preview", "--json")

    assert done.code == 0
    assert document(done)["deeds"]["Patient made"] == 11
    assert world.all() == before
    assert world.faults.writes == written
    assert world("trial", "--env", "local").code == 0
    folder = newest_run(world.folder, "local")
    assert folder is not None
    assert folder.name == "001"
    assert not is_undone(folder)


@pytest.mark.parametrize("name", ["", "EXAMPL", "example"])
def test_nothing_goes_without_the_domains_name_in_full(world: World, name: str) -> None:
    """A person must mean it."""
    before = world.all()

    done = world("rollback", "--env", "local", *(["--yes-rollback", name] if name else []))

    assert done.code == 2
    assert "--yes-rollback EXAMPLE" in done.err
    assert world.all() == before


def test_it_says_to_which_environment_before_it_does(world: World) -> None:
    """The address stands before the first deletion."""
    said = world("rollback", "--env", "local", "--yes-rollback", "EXAMPLE").out

    assert said.index("Verwijdert en wijzigt op local: http://127.0.0.1") < said.index(
        "teruggedraaid"
    )


def test_what_somebody_changed_since_stays_with_all_that_it_refers_to(world: World) -> None:
    """A Task in use keeps its patient, definition and owner; the others go."""
    task = world.one("Task")
    world.put({**task, "status": "cancelled" if task["status"] != "cancelled" else "failed"})

    done = world.rollback()

    kept = world.all()
    run = document(done)
    assert done.code == 28
    assert f"Task/{task['id']}" in kept
    assert task["for"]["reference"] in kept
    assert run["left"] == len(kept)
    assert run["left_by_code"]["undo-changed-since"] == 1
    assert run["left_by_code"]["undo-held"] == len(kept) - 1
    assert run["undone"] == 44 - len(kept)
    assert run["proof"]["wrong"] == 0
    assert {row["id"] for row in left(world)} == {name.partition("/")[2] for name in kept}


def test_what_another_refers_to_is_not_deleted(world: World) -> None:
    """The server refuses; that is said, and it is on the list."""
    organization = world.one("Organization")
    other = {
        **{k: v for k, v in organization.items() if k not in ("id", "partOf")},
        "meta": {"profile": organization["meta"]["profile"]},
        "identifier": [{"system": "http://example.org/own", "value": "1"}],
        "partOf": {"reference": f"Organization/{organization['id']}", "type": "Organization"},
    }
    other.pop("extension", None)
    made = world.client.post("Organization", json=other)
    assert made.status_code == 201, made.text

    done = world.rollback()

    assert done.code == 28
    assert document(done)["left_by_code"] == {"undo-referenced": 1}
    assert f"Organization/{organization['id']}" in world.all()

    world.client.delete(f"Organization/{made.json()['id']}")
    again = world.rollback()

    assert again.code == 0
    assert world.all() == {}


def test_what_somebody_took_away_is_no_trouble(world: World) -> None:
    """It is gone: that is what was asked."""
    task = world.one("Task")
    world.client.delete(f"Task/{task['id']}")

    done = world.rollback()

    assert done.code == 0
    assert document(done)["types"]["Task"] == {"deleted": 17, "gone": 1}
    assert world.all() == {}


def test_without_the_right_to_delete_everything_ends_its_life(careful: World) -> None:
    """Each type gets its status of the end, and the list for KT2-Support has all."""
    ended = {"Task": ("completed", "cancelled", "rejected", "failed")}

    done = careful.rollback()

    run = document(done)
    assert done.code == 0
    assert run["proof"]["retired"] == run["total"] == 44
    for resource in careful.all().values():
        if resource["resourceType"] in ended:
            assert resource["status"] in ended["Task"]
        elif "active" in resource:
            assert resource["active"] is False
        else:
            assert resource["status"] in ("retired", "off", "inactive")
    assert len(left(careful)) == 44
    assert {row["state"] for row in left(careful)} == {"retired"}
    assert [row["pseudonym"] for row in left(careful)] == [
        pseudonym(row["link"]) for row in left(careful)
    ]


def test_a_server_that_refuses_deletions_after_all_is_believed(world: World) -> None:
    """403 on a DELETE: the type is brought to the end of its life instead."""

    async def refuse(*_arguments: object, **_options: object) -> Refused:
        return Refused(status=403)

    with patch.object(FhirClient, "delete", refuse):
        done = world.rollback()

    assert done.code == 0
    assert document(done)["proof"]["retired"] == 44


def test_a_refusal_is_an_outcome_of_one_resource(world: World) -> None:
    """The server says no to one deletion: the others go, and it is on the list."""
    task = world.one("Task")
    send = FhirClient.delete

    async def refuse(
        client: FhirClient, r4_type: str, logical_id: str, *rest: str, **more: str
    ) -> object:
        if logical_id == task["id"]:
            return Refused(status=422)
        return await send(client, r4_type, logical_id, *rest, **more)

    with patch.object(FhirClient, "delete", refuse):
        done = world.rollback()

    assert done.code == 28
    assert document(done)["left_by_code"]["undo-refused"] == 1
    assert f"Task/{task['id']}" in world.all()


def test_what_a_run_changed_gets_its_content_of_before(world: World) -> None:
    """A second run over other enrichment changes one practitioner; undoing it brings the first."""
    before = {name: without_meta(resource) for name, resource in world.all().items()}
    correct(world)
    assert world("trial", "--env", "local").code in (0, 20)
    during = {name: without_meta(resource) for name, resource in world.all().items()}
    assert sum(during[name] != before[name] for name in before) == 1

    done = world.rollback("--run", "002")

    assert done.code == 0
    assert document(done)["proof"]["restored"] == 1
    assert {name: without_meta(r) for name, r in world.all().items()} == before

    first = world.rollback("--run", "001")

    assert first.code == 0, "what undoing the second run restored is the first run's still"
    assert world.all() == {}


def correct(world: World) -> None:
    """Make a second plan, of another e-mail address of one practitioner."""
    enrichment = next((world.folder / "enrichment").glob("*.csv"))
    text = enrichment.read_text("utf-8")
    changed = text.replace("@", "@anders.", 1)
    assert changed != text
    enrichment.write_text(changed, "utf-8")
    assert world("plan", "--env", "local").code in (0, 20)


def without_meta(resource: dict[str, Any]) -> dict[str, Any]:
    """Return what a resource says, without whose version it is."""
    return {name: value for name, value in resource.items() if name != "meta"}


def test_what_was_there_before_is_none_of_ours(fresh: World) -> None:
    """A run that only found everything there has nothing to undo."""
    assert fresh("trial", "--env", "local").code == 0
    enrichment = next((fresh.folder / "enrichment").glob("*.csv"))
    with enrichment.open("a", encoding="utf-8") as file:
        file.write("https://nobody.example/Patient/0,birthDate,1990-01-01\n")
    assert fresh("plan", "--env", "local").code in (0, 20)
    assert fresh("trial", "--env", "local").code == 0
    before = fresh.all()

    done = fresh.rollback("--run", "002")

    assert done.code == 0
    assert document(done)["total"] == 0
    assert fresh.all() == before


def test_a_run_that_is_undone_is_never_gone_on_with(world: World) -> None:
    """A trial of it is refused; without a name it makes a new plan, and that runs."""
    assert world.rollback().code == 0

    refused = world("trial", "--env", "local", "--run", "001")
    assert refused.code == 10
    assert "teruggedraaid" in refused.err
    assert world.all() == {}

    assert world("trial", "--env", "local").code == 0
    assert len(world.all()) == 44
    assert newest_run(world.folder, "local") == world.folder / "runs" / "local" / "002"


def test_cleanup_undoes_every_run_of_the_environment_the_newest_first(world: World) -> None:
    """A second run changed what the first made: both are gone, and then there is nothing to do."""
    correct(world)
    assert world("trial", "--env", "local", "--run", "002").code in (0, 20)

    done = world("cleanup", "--env", "local", "--yes-cleanup", "EXAMPLE", "--json")

    second, first = done.document["runs"]
    assert done.code == 0
    assert (second["run"], first["run"]) == ("002", "001")
    assert second["proof"]["restored"] == 1
    assert world.all() == {}
    assert "niets op te ruimen" in world("cleanup", "--env", "local").out


def test_production_is_not_cleaned_up(world: World) -> None:
    """There a run is rolled back, one at a time."""
    done = world("cleanup", "--env", "prd2", "--yes-cleanup", "EXAMPLE")

    assert done.code == 2
    assert "Productie wordt niet opgeruimd" in done.err


def test_undoing_again_sends_nothing(world: World) -> None:
    """Safe to repeat."""
    assert world.rollback().code == 0
    written = world.faults.writes

    again = world.rollback()

    assert again.code == 0
    assert document(again)["undone"] == 44
    assert world.faults.writes == written


_HANDLE = httpx.ASGITransport.handle_async_request


async def _cut(transport: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
    """Let a connection that the sandbox cuts look as it does on a real wire."""
    try:
        return await _HANDLE(transport, request)
    except AssertionError:
        raise httpx.ReadError("cut") from None


@pytest.mark.parametrize(
    "trouble",
    [
        {"error_every": 5},
        {"throttle_every": 5},
        {"drop_before_every": 5},
        {"drop_after_every": 5},
    ],
)
def test_trouble_on_the_road_leaves_nothing_behind(
    world: World, trouble: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that says nothing is looked up, and 429 is waited for."""
    monkeypatch.setattr("kt_migrate.undo.actor.retry_seconds", lambda _step: 0.001)
    monkeypatch.setattr("kt_migrate.kt2.pace.DEFAULT_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", _cut)
    for name, value in trouble.items():
        setattr(world.faults, name, value)
    world.faults.retry_after = ""

    done = world.rollback()

    assert done.code == 0
    assert document(done)["proof"]["gone"] == 44
    assert world.all() == {}


@pytest.mark.parametrize(
    "left_behind", ["", "no json", '{"proof": null}', '{"proof": {"wrong": 1}}']
)
def test_cleanup_proves_what_a_crash_left_unproven(world: World, left_behind: str) -> None:
    """Everything was undone, and the process died before it looked whether that is so."""
    assert world.rollback().code == 0
    proof = world.folder / "runs" / "local" / "001" / "rollback.json"
    whole = proof.read_bytes()
    proof.unlink()
    if left_behind:
        proof.write_text(left_behind, "utf-8")

    done = world("cleanup", "--env", "local", "--yes-cleanup", "EXAMPLE", "--json")

    assert done.code == 0
    assert proof.read_bytes() == whole
    assert "niets op te ruimen" in world("cleanup", "--env", "local").out


def test_a_sample_is_undone_too(fresh: World) -> None:
    """By its journal: of what was not drawn nothing was written."""
    assert fresh("trial", "--env", "local", "--patients", "2").code in (0, 20)
    written = len(fresh.all())
    assert 0 < written < 44

    done = fresh.rollback()

    assert done.code == 0
    assert document(done)["undone"] == document(done)["total"] == written
    assert fresh.all() == {}
