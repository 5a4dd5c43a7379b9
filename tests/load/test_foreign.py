"""What other suppliers bring: looked for, waited for, never created; and what they bring of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from joserfc.jwk import ECKey
from starlette.types import ASGIApp

from asking import Straight, logged_in, signed
from inside import inside, typed
from kt_migrate.books import origin_of
from kt_migrate.cli.serving import settings_of
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.errors import ExitCode
from kt_migrate.kt2.keys import key_of
from kt_migrate.kt2.search import Found
from kt_migrate.load import foreign
from kt_migrate.load.execute import open_journal
from kt_migrate.load.foreign import FIRST_PAUSE, LONGEST_PAUSE, Foreign
from kt_migrate.load.journal import State
from kt_migrate.load.schedule import Schedule
from kt_migrate.model import Key
from kt_migrate.plan.rows import Expected
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.settings import TYPES, Faults
from road.looking import run_folder

OTHERS = "\nsuppliers: {ours: Portaal, others: {EPD: [Patient, Practitioner]}}\n"
TRIAL = ("trial", "--env", "local", "--json")


@pytest.fixture
def folder(workspace: Path) -> Path:
    """Return the example domain, of which another supplier brings the people; planned."""
    path = workspace / "kt-migrate.yaml"
    path.write_text(path.read_text("utf-8") + OTHERS, "utf-8")
    assert typed("plan", cwd=workspace).code == 0
    return workspace


@contextmanager
def shared(folder: Path) -> Iterator[ASGIApp]:
    """Serve a sandbox that knows the client of the other supplier too."""
    settings, _address = settings_of(find_workspace(folder), Faults())
    other = replace(settings.clients[0], client_id="client-epd")
    with inside(folder, clients=(*settings.clients, other)) as app:
        yield app


def epd(folder: Path, app: ASGIApp) -> httpx.Client:
    """Log in as the other supplier."""
    workspace = find_workspace(folder)
    local = load_environment(workspace, "local")
    endpoint = local.base.removesuffix("/fhir/r4") + "/oauth2/token"
    form = signed(key_of(workspace, local), local.key.kid, "client-epd", endpoint)
    return logged_in(local.base, endpoint, form, Straight(app))


def person(one: Expected) -> dict[str, Any]:
    """Return a person as another supplier may bring it: whatever it knows better than we."""
    name: dict[str, Any] = {
        "use": "official",
        "text": "A. Voorbeeld",
        "family": "Voorbeeld",
        "given": ["A."],
    }
    qualifier = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
    name["_given"] = [{"extension": [{"url": qualifier, "valueCode": "IN"}]}]
    identifier = {"use": "temp", "system": one.key.system, "value": one.key.value}
    return {
        "resourceType": one.key.r4_type,
        "meta": {
            "profile": [f"http://koppeltaal.nl/fhir/StructureDefinition/KT2{one.key.r4_type}"]
        },
        "identifier": [identifier],
        "active": True,
        "name": [name],
        "gender": "unknown",
        **(
            {"birthDate": "1980-01-01"}
            if one.key.r4_type == "Patient"
            else {"telecom": [{"system": "email", "value": "a@voorbeeld.example"}]}
        ),
    }


def expected(folder: Path) -> list[Expected]:
    """Return what the plan needs of the other."""
    with Plan(run_folder(folder) / "plan.sqlite") as plan:
        return list(plan.expected())


def brought(http: httpx.Client, people: Sequence[Expected]) -> None:
    """Bring people, as the other supplier."""
    for one in people:
        answer = http.post(one.key.r4_type, json=person(one))
        assert answer.status_code == 201, answer.text


def codes(folder: Path) -> dict[str, int]:
    """Return how many writes have each code."""
    found: dict[str, int] = {}
    with open_journal(run_folder(folder)) as journal:
        for entry in journal.entries():
            found[entry.code or entry.notice] = found.get(entry.code or entry.notice, 0) + 1
    return found


def there(http: httpx.Client, r4_type: str) -> list[dict[str, Any]]:
    """Return all of one type."""
    entries = http.get(r4_type, params={"_count": 200}).json().get("entry", [])
    return [entry["resource"] for entry in entries]


def test_what_needs_another_is_left_and_all_else_is_written(folder: Path) -> None:
    """It is no failure, it is named with its supplier, and the other's are not made by us."""
    with shared(folder) as app:
        done = typed(*TRIAL, cwd=folder)
        people = there(epd(folder, app), "Patient") + there(epd(folder, app), "Practitioner")
        endpoints = there(epd(folder, app), "Endpoint")
    document = done.document

    assert done.code == ExitCode.WAITING
    assert people == []
    assert endpoints
    needed = expected(folder)
    assert document["others"]["missing"] == {"EPD": len(needed)}
    assert document["others"]["waiting"] == codes(folder)["waiting-for-other"] > 0
    assert document["figures"]["failed"] == 0
    with open_journal(run_folder(folder)) as journal:
        assert {e.state for e in journal.entries() if e.code} == {State.BLOCKED}
    lines = (run_folder(folder) / "foutenlijst.csv").read_text("utf-8-sig")
    assert f"waits for EPD: {needed[0].source_type} https://" in lines


def test_the_same_command_picks_up_what_waited(folder: Path) -> None:
    """Some of it comes, then the rest: in the end all is written, each once, and verified."""
    with shared(folder) as app:
        first = typed(*TRIAL, cwd=folder)
        needed = expected(folder)
        half = len(needed) // 2
        brought(epd(folder, app), needed[:half])
        second = typed(*TRIAL, cwd=folder)
        brought(epd(folder, app), needed[half:])
        third = typed(*TRIAL, cwd=folder)
        again = typed(*TRIAL, cwd=folder)
        verified = typed("verify", "--json", cwd=folder)
        tasks = there(epd(folder, app), "Task")

    missing = [done.document["others"]["missing"].get("EPD", 0) for done in (first, second, third)]
    assert missing == [len(needed), len(needed) - half, 0]
    assert (second.code, third.code, again.code) == (ExitCode.WAITING, 0, 0)
    assert third.document["pending"] == 0
    assert again.document["figures"]["sent"] == 0
    assert again.document["others"]["missing"] == {}
    assert verified.document["passed"], verified.err
    assert {origin_of(task) for task in tasks} == {"Device/kt-migrate-local"}


def test_what_comes_while_it_is_waited_for_goes_at_once(folder: Path) -> None:
    """And the waiting ends when nothing is missing, long before its limit."""
    needed = expected(folder)
    looks: list[int] = []
    look = Foreign.look

    async def looking(self: Foreign) -> list[int]:
        looks.append(len(self.missing))
        if len(looks) == 2:
            with ThreadPoolExecutor(1) as apart:  # and nothing else goes on meanwhile: one store
                apart.submit(brought, http, needed).result()
        return await look(self)

    with (
        shared(folder) as app,
        patch.object(Foreign, "look", looking),
        patch.object(foreign, "FIRST_PAUSE", 0.05),
    ):
        http = epd(folder, app)
        done = typed(*TRIAL, "--wait", "10m", cwd=folder)

    assert done.code == 0, done.err
    assert len(looks) == 2
    assert done.document["others"] == {"waiting": 0, "missing": {}, "twice": 0, "brought": {}}
    assert done.document["pending"] == 0


def test_when_the_time_is_over_it_says_what_is_missing_of_whom(folder: Path) -> None:
    """With an exit code of its own."""
    with shared(folder), patch.object(foreign, "FIRST_PAUSE", 0.01):
        done = typed("trial", "--env", "local", "--wait", "0.05s", cwd=folder)

    assert done.code == ExitCode.WAITING
    assert "EPD" in done.out
    assert str(len(expected(folder))) in done.out


@pytest.mark.parametrize("wait", ["0", "-1", "m", "1d", "99999h", "1 m"])
def test_what_is_no_time_is_refused(folder: Path, wait: str) -> None:
    """Before anything is sent."""
    assert typed(*TRIAL, f"--wait={wait}", cwd=folder).code == ExitCode.USAGE


def test_one_that_is_there_twice_is_not_chosen_from(folder: Path) -> None:
    """Nobody knows which one is meant: it is as if it were not there, and it is said."""
    needed = expected(folder)
    with shared(folder) as app:
        brought(epd(folder, app), [*needed, needed[0]])
        done = typed(*TRIAL, cwd=folder)

    assert done.code == ExitCode.WAITING
    assert done.document["others"]["twice"] == 1
    assert done.document["others"]["missing"] == {"EPD": 1}


@pytest.mark.parametrize("choice", ["refuse", "adopt", "update"])
def test_what_another_brought_of_ours_is_left_as_it_is(folder: Path, choice: str) -> None:
    """Whatever was chosen for what was there before; counted and named, and others refer to it."""
    with Plan(run_folder(folder) / "plan.sqlite") as plan:
        (endpoint, *_more) = [w.resource for w in plan.writes() if w.key.r4_type == "Endpoint"]
    theirs = {**endpoint, "name": "van een ander"}
    with shared(folder) as app:
        http = epd(folder, app)
        assert http.post("Endpoint", json=theirs).status_code == 201
        brought(http, expected(folder))
        done = typed(*TRIAL, "--existing", choice, cwd=folder)
        left = [one for one in there(http, "Endpoint") if one.get("name") == "van een ander"]

    assert done.code == ExitCode.CLASH
    assert done.document["others"]["brought"] == {"Device/client-epd": 1}
    assert codes(folder)["brought-by-other"] == 1
    assert done.document["pending"] == 0
    (only,) = left
    assert (only["meta"]["versionId"], origin_of(only)) == ("1", "Device/client-epd")


def test_who_is_alone_is_asked_nothing_of_others(workspace: Path) -> None:
    """Without `suppliers` what is there counts by `--existing`, as it ever did."""
    assert typed("plan", cwd=workspace).code == 0
    with Plan(run_folder(workspace) / "plan.sqlite") as plan:
        (endpoint, *_more) = [w.resource for w in plan.writes() if w.key.r4_type == "Endpoint"]
    with shared(workspace) as app:
        answer = epd(workspace, app).post("Endpoint", json={**endpoint, "name": "ander"})
        assert answer.status_code == 201
        done = typed(*TRIAL, "--existing", "update", cwd=workspace)

    assert done.document["others"]["brought"] == {}
    assert codes(workspace)["existing-updated"] == 1


OWN = "system/{}.cruds?resource-origin=Device/{}"


def with_portal(workspace: Path) -> None:
    """Give the environment a second client, for tasks."""
    config = workspace / "configs" / "local.yaml"
    key = {"file": "keys/portal.pem", "kid": "portal-1", "algorithm": "ES384"}
    claim = {"name": "portal", "client_id": "client-portal", "key": key, "writes": ["Task"]}
    lines = [x for x in config.read_text("utf-8").split("\n") if not x.startswith("credentials")]
    config.write_text("\n".join([*lines, f"credentials: {json.dumps([claim])}"]), "utf-8")
    path = workspace / "keys" / "portal.pem"
    path.write_bytes(ECKey.generate_key("P-384").as_pem(private=True))
    path.chmod(0o600)


@contextmanager
def strict(folder: Path) -> Iterator[ASGIApp]:
    """Serve a sandbox in which each client may write and remove what is its own, and read all."""
    settings, _address = settings_of(find_workspace(folder), Faults())
    clients = []
    for client in settings.clients:
        rights = [f"system/{t}.rs {OWN.format(t, client.client_id)}" for t in TYPES]
        clients.append(replace(client, scopes=" ".join(rights)))
    other = replace(settings.clients[0], client_id="client-epd")
    with inside(folder, clients=(*clients, other)) as app:
        yield app


def test_each_client_of_ours_writes_and_undoes_its_own(workspace: Path) -> None:
    """With its own login; the rest is the environment's own; a second start changes nothing."""
    with_portal(workspace)

    with strict(workspace) as app:
        done = typed(*TRIAL, cwd=workspace)
        again = typed(*TRIAL, cwd=workspace)
        http = epd(workspace, app)
        kinds = ("Task", "Patient", "CareTeam")
        origins = {kind: {origin_of(one) for one in there(http, kind)} for kind in kinds}
        undone = typed("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", cwd=workspace)
        left = [one for kind in kinds for one in there(http, kind)]

    assert (done.code, again.code, again.document["figures"]["sent"]) == (0, 0, 0), done.err
    assert origins == {
        "Task": {"Device/client-portal"},
        "Patient": {"Device/kt-migrate-local"},
        "CareTeam": {"Device/kt-migrate-local"},
    }
    assert undone.code == 0, undone.out
    assert left == []


def test_each_client_is_probed_for_what_it_writes(workspace: Path) -> None:
    """One that may not write its type is lacking, though the environment's own may."""
    with_portal(workspace)
    assert typed("plan", cwd=workspace).code == 0
    settings, _address = settings_of(find_workspace(workspace), Faults())
    own, portal = settings.clients
    weak = replace(portal, scopes=portal.scopes.replace("system/Task.cruds", "system/Task.rs"))
    with inside(workspace):
        good = typed("probe", "--env", "local", "--json", cwd=workspace)
    with inside(workspace, clients=(own, weak)):
        bad = typed("probe", "--env", "local", "--json", cwd=workspace)

    points = {one["id"]: one["verdict"] for one in good.document["points"]}
    assert points["login portal"] == points["scopes portal"] == points["device portal"] == "met"
    lacking = {one["id"]: one["verdict"] for one in bad.document["points"]}
    assert (lacking["scopes"], lacking["scopes portal"]) == ("met", "not-met")
    assert bad.code == ExitCode.LACKING


class Empty:
    """A server that has nothing, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Find nothing."""
        self.asked.append(len(keys))
        return {}


def test_it_waits_politely(folder: Path) -> None:
    """All of it in few look-ups; pauses that double up to the longest; and not past the limit."""
    pauses: list[float] = []
    clock = [0.0]

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        clock[0] += seconds

    async def work() -> None:
        with (
            Plan(run_folder(folder) / "plan.sqlite") as plan,
            open_journal(run_folder(folder)) as journal,
        ):
            waiting = Foreign(plan, journal, server, now=lambda: clock[0], sleep=sleep)
            await waiting.wait(200, lambda _numbers: None)
            assert waiting.waited.seconds_left == 0

    server = Empty()
    asyncio.run(work())

    assert pauses[0] == FIRST_PAUSE
    assert max(pauses) == LONGEST_PAUSE
    assert all(b == min(2 * a, LONGEST_PAUSE) for a, b in pairwise(pauses[:-1]))
    assert sum(pauses) == 200
    assert server.asked == [len(expected(folder))] * len(pauses)


@pytest.mark.parametrize("end", [Schedule.settled, Schedule.failed])
def test_what_waits_for_another_goes_when_it_comes_and_not_before(
    end: Callable[[Schedule, int], None],
) -> None:
    """A number that is no write is never taken, and nothing is stuck while it is open."""
    schedule = Schedule([1, 2, 3], references=[(2, 4), (3, 2)], outside=[4])

    assert (schedule.take(), schedule.take()) == (1, None)
    schedule.settled(1)
    assert (schedule.open, schedule.stuck, schedule.ring()) == (3, False, ())
    end(schedule, 4)
    if end is Schedule.settled:
        assert schedule.take() == 2
        schedule.settled(2)
        assert schedule.take() == 3
        schedule.settled(3)
    else:
        assert schedule.has_failed(4)
        assert (schedule.take(), schedule.deferred(), schedule.deferred()) == (None, 2, 3)
    assert schedule.open == 0
