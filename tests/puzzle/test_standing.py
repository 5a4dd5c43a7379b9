"""What of a domain is there, by whom, what is missing, and who waits for whom."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest

from inside import beside, inside, typed
from kt_migrate.errors import CouldNotLookError, ExitCode
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.devices import CLIENT_SYSTEM
from kt_migrate.kt2.search import Found, Page, parse_page
from kt_migrate.model import PROFILE_BASE, Json, Key, Resource
from kt_migrate.plan.announced import Announced, Owned, digest_of
from kt_migrate.puzzle.look import SYSTEMS, limited, look
from kt_migrate.puzzle.seen import Seen
from kt_migrate.puzzle.standing import LINKS_SHOWN, Piece, Standing, Twice, Waits
from kt_migrate.sandbox.settings import ALL_SCOPES, Faults

SYSTEM = "http://koppeltaal.nl/migration/identifier/"
ORIGIN = "http://koppeltaal.nl/fhir/StructureDefinition/resource-origin"


def system_of(r4_type: str) -> str:
    """Return the system of temporary identifiers: a task's are of its activity."""
    return SYSTEM + {"Task": "CarePlanActivity"}.get(r4_type, r4_type)


def resource(r4_type: str, value: str, device: str, **more: Json) -> Resource:
    """Return a resource as a server has it."""
    return {
        "resourceType": r4_type,
        "id": f"{r4_type}-{abs(hash((value, device)))}",
        "meta": {"versionId": "1", "lastUpdated": "2026-11-26T10:00:00.000+00:00"},
        "extension": [{"url": ORIGIN, "valueReference": {"reference": f"Device/{device}"}}],
        "identifier": [{"use": "temp", "system": system_of(r4_type), "value": value}],
        **more,
    }


def key(r4_type: str, value: str) -> Key:
    """Return a temporary identifier."""
    return Key(r4_type=r4_type, system=system_of(r4_type), value=value)


class Shelf:
    """A server that has these resources, and maybe says that it has more."""

    def __init__(self, resources: list[Resource], *, more: int = 0) -> None:
        self.resources = resources
        self.more = more

    def _of(self, address: str) -> list[Resource]:
        r4_type, _, query = address.partition("?")
        system = parse_qs(query)["identifier"][0].removesuffix("|")
        every = [one for one in self.resources if one["resourceType"] == r4_type]
        return [one for one in every if system in json.dumps(one["identifier"])]

    async def search(self, address: str) -> Page | Refused:
        """GET a page."""
        found = self._of(address)
        if "_summary=count" in address:
            return Page(resources=(), next="", total=len(found) + self.more * bool(found))
        bundle: Resource = {"entry": [{"resource": one} for one in found]}
        return parse_page(bundle, address.partition("?")[0])

    async def find(self, keys: object) -> dict[Key, tuple[Found, ...]]:
        """Look nothing up."""
        del keys
        return {}

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """Tell the name of one Device, and forbid the others."""
        del openly
        if address == "Device/named":
            device = {"resourceType": "Device", "id": "named", "deviceName": [{"name": "Spelers"}]}
            return httpx.Response(200, content=json.dumps(device))
        if address == "Device/of-the-server":
            known = {"system": CLIENT_SYSTEM, "value": "client-EPD"}
            device = {"resourceType": "Device", "id": "of-the-server", "identifier": [known]}
            return httpx.Response(200, content=json.dumps(device))
        return httpx.Response(403)


def owned(supplier: str, keys: list[Key], needs: dict[str, list[Key]] | None = None) -> Owned:
    """Return a supplier's list."""

    def digests(found: list[Key]) -> dict[str, list[str]]:
        by: dict[str, list[str]] = {}
        for one in found:
            by.setdefault(one.r4_type, []).append(digest_of("D", one))
        return by

    return Owned.model_validate(
        {
            "schema": "kt-migrate-owned/1",
            "environment": "local",
            "domain": "D",
            "supplier": supplier,
            "clients": [f"client-{supplier}"],
            "owned": digests(keys),
            "needs": {on: digests(found) for on, found in (needs or {}).items()},
        }
    )


def looked(folder: Path, shelf: Shelf, *lists: Owned) -> Standing:
    """Look at a shelf, without a plan of our own."""
    announced = Announced("D", tuple(lists))
    return asyncio.run(look(shelf, folder, {"ours": "Wij"}, None, announced))


def test_what_is_there_is_counted_by_who_brought_it(tmp_path: Path) -> None:
    """By the supplier's own name, else its Device's, else its id; and whoever gave a list."""
    shelf = Shelf(
        [
            resource("Patient", "1", "client-EPD"),
            resource("Patient", "2", "ours"),
            resource("Patient", "3", "named"),
            resource("Task", "4", "secret"),
            resource("Task", "5", "of-the-server"),
            resource("Task", "6", "client-EPD", identifier=[{"system": "http://x", "value": "6"}]),
        ]
    )

    standing = looked(tmp_path, shelf, owned("EPD", []))

    there = {(p.supplier, p.r4_type): p.there for p in standing.pieces}
    assert there == {
        ("EPD", "Patient"): 1,
        ("Wij", "Patient"): 1,
        ("Spelers", "Patient"): 1,
        ("Device/secret", "Task"): 1,
        ("EPD", "Task"): 1,
    }
    assert standing.complete


def test_what_a_list_promises_and_is_not_there_is_missing(tmp_path: Path) -> None:
    """What another brought is there, but not by whom it was promised; unsaid is nobody else."""
    shelf = Shelf(
        [
            resource("Patient", "1", "client-EPD"),
            resource("Patient", "2", "ours"),
            resource("Patient", "3", "ours"),
            resource("Patient", "4", "", extension=[]),
        ]
    )
    promised = [key("Patient", str(n)) for n in range(1, 7)]

    standing = looked(tmp_path, shelf, owned("EPD", promised))
    nothing = looked(tmp_path, shelf, owned("Spel", [key("Task", "1")]))

    assert (
        Piece(supplier="Spel", r4_type="Task", there=0, promised=1, missing=1, by_others=0)
        in nothing.pieces
    )
    assert not nothing.complete, "also when nothing of it is there"
    of = {piece.supplier: piece for piece in standing.pieces}
    assert of["EPD"] == Piece(
        supplier="EPD", r4_type="Patient", there=1, promised=6, missing=2, by_others=2
    )
    assert (of["Wij"].there, of["Wij"].promised, of[""].there) == (2, None, 1)
    assert standing.waits == ()
    assert not standing.complete


def test_who_waits_for_whom_is_said_by_the_lists(tmp_path: Path) -> None:
    """Only for what is not there."""
    shelf = Shelf([resource("Patient", "1", "client-EPD")])
    needs = {"EPD": [key("Patient", "1"), key("Patient", "2")]}

    standing = looked(tmp_path, shelf, owned("Portaal", [], needs))

    assert standing.waits == (Waits(supplier="Portaal", on="EPD", r4_type="Patient", missing=1),)
    assert not standing.complete
    there = looked(tmp_path, shelf, owned("Portaal", [], {"EPD": [key("Patient", "1")]}))
    assert there.waits == ()
    assert there.complete


def test_what_something_there_names_by_identifier_only_is_missing_when_it_is(
    tmp_path: Path,
) -> None:
    """A logical reference, which the service takes though nothing is there (server.md §1)."""
    subject: dict[str, Json] = {
        "type": "Patient",
        "identifier": {"system": SYSTEM + "Patient", "value": "9"},
    }
    other: Json = {"type": "Patient", "identifier": [{"system": SYSTEM + "Patient", "value": "8"}]}
    by_id: Json = {
        "reference": "Patient/x",
        "type": "Patient",
        "identifier": {"system": SYSTEM + "Patient", "value": "7"},
    }
    bsn: Json = {"system": "http://fhir.nl/fhir/NamingSystem/bsn", "value": "9"}
    there: Json = {"type": "Patient", "identifier": {"system": SYSTEM + "Patient", "value": "1"}}
    shelf = Shelf(
        [
            resource("CareTeam", "7", "ours", subject=subject),
            resource("CareTeam", "8", "ours", subject=there),
            resource("CareTeam", "9", "ours", subject=by_id),
            resource("CareTeam", "10", "ours", subject={"type": "Patient", "identifier": bsn}),
            resource("CareTeam", "11", "ours", member=[{"who": other}]),
            resource("Patient", "1", "ours"),
        ]
    )

    assert looked(tmp_path, shelf).waits == (
        Waits(supplier="", on="", r4_type="Patient", missing=2),
    )


def test_one_that_is_there_twice_is_not_complete(tmp_path: Path) -> None:
    """Whoever refers to it waits: nobody knows which is meant. One with two identifiers is one."""
    both: Json = [{"system": SYSTEM + "Patient", "value": value} for value in "34"]
    shelf = Shelf(
        [
            resource("Patient", "1", "ours"),
            resource("Patient", "1", "client-EPD"),
            resource("Patient", "2", "ours"),
            resource("Patient", "3", "ours", identifier=both),
        ]
    )

    standing = looked(tmp_path, shelf, owned("EPD", []))

    assert [piece.there for piece in standing.pieces] == [1, 3]
    assert standing.twice == (Twice(r4_type="Patient", count=1),)
    assert not standing.complete
    assert standing.as_json()["twice"] == [{"r4_type": "Patient", "count": 1}]
    assert looked(tmp_path, Shelf(shelf.resources[1:])).complete


def test_a_token_that_shows_a_part_is_said_to() -> None:
    """Of each type that it limits to some Devices, or does not show at all."""
    every = " ".join(f"system/{r4_type}.rs" for r4_type, _system in SYSTEMS)

    assert limited("") == ()
    assert limited("system/*.cruds") == ()
    assert limited(every) == ()
    assert limited(every.replace("Task.rs", "Task.rs?resource-origin=Device/1")) == ("Task",)
    assert limited(every.replace("system/Patient.rs ", "")) == ("Patient",)


def test_less_than_the_server_counts_is_no_look(tmp_path: Path) -> None:
    """What cannot be shown to be all says nothing of what is missing."""
    with pytest.raises(CouldNotLookError):
        looked(tmp_path, Shelf([resource("Patient", "1", "ours")], more=1))


def test_nothing_of_what_a_resource_says_is_kept(tmp_path: Path) -> None:
    """The file has no name, and holds digests, ids and origins."""
    seen = Seen(tmp_path, "D")
    shelf = Shelf([resource("Patient", "https://epd/Patient/1", "ours", birthDate="1999-09-09")])
    asyncio.run(seen.read(shelf, "Patient", SYSTEM + "Patient"))
    dump = "\n".join(seen._db.iterdump())
    seen.close()

    assert "1999" not in dump
    assert "https://epd" not in dump
    assert digest_of("D", key("Patient", "https://epd/Patient/1")) in dump
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def among(tried: Path) -> Path:
    """Return a working folder whose patients another supplier brings; ours are on the server."""
    path = tried / "kt-migrate.yaml"
    said = "\nsuppliers: {ours: Portaal, others: {EPD: [Patient]}}\n"
    path.write_text(path.read_text("utf-8") + said, "utf-8")
    return tried


def test_the_command_says_what_our_own_plan_lacks(among: Path) -> None:
    """By name: links are in our own archive. A plan of everything is complete; one patient gone is not."""
    with inside(among) as app:
        assert typed("plan", cwd=among).code == 0
        before = typed("domain", "status", "--env", "local", "--json", cwd=among)
        http = beside(among, app)
        task = http.get("Task", params={"_count": 1}).json()["entry"][0]["resource"]
        version = {"If-Match": f'W/"{task["meta"]["versionId"]}"'}
        assert http.delete(f"Task/{task['id']}", headers=version).status_code < 300
        after = typed("domain", "status", "--env", "local", "--json", cwd=among)
        shown = typed("--lang", "en", "domain", "status", "--env", "local", cwd=among)

    missing = {p["r4_type"]: p["missing"] for p in before.document["pieces"]}
    # Patients that we could not make ourselves are expected of who can.
    (waits,) = before.document["waits"]
    assert after.document["waits"] == [waits]
    assert (waits["supplier"], waits["on"], waits["r4_type"]) == ("Portaal", "EPD", "Patient")
    named = Counter(link["supplier"] for link in before.document["links"])
    assert named["EPD"] == waits["missing"] > 0
    assert named["Portaal"] == sum(missing.values()) < LINKS_SHOWN
    gone = {p["r4_type"]: p["missing"] for p in after.document["pieces"]}
    assert gone["Task"] == missing["Task"] + 1
    assert len(after.document["links"]) == len(before.document["links"]) + 1
    assert after.code == ExitCode.WAITING
    assert all(len(line) <= 80 for line in shown.out.split("\n") if "http" not in line)
    assert "Who waits for whom" in shown.out


def test_the_command_says_what_its_token_hides_and_what_is_there_twice(workspace: Path) -> None:
    """In words and for machines; and a wrong option by its own name."""
    limit = "Patient.cruds?resource-origin=Device/kt-migrate-local"
    scopes = ALL_SCOPES.replace("Patient.cruds", limit)
    organization = {
        "resourceType": "Organization",
        "meta": {"profile": [f"{PROFILE_BASE}Organization"]},
        "identifier": [{"use": "temp", "system": SYSTEM + "Organization", "value": "1"}],
        "active": True,
        "name": "Zorg",
    }
    with inside(workspace, scopes=scopes) as app:
        alone = typed("domain", "status", "--json", cwd=workspace)
        http = beside(workspace, app)
        for _again in range(2):
            assert http.post("Organization", json=organization).status_code == 201
        done = typed("domain", "status", "--json", cwd=workspace)
        wrong = typed("domain", "status", "--watch", "soon", cwd=workspace)
        assert typed("plan", cwd=workspace).code == 0
        much = typed("domain", "status", "--json", cwd=workspace)

    assert (alone.code, alone.document["limited"], alone.document["complete"]) == (
        ExitCode.OK,
        ["Patient"],
        True,
    )
    assert "toont Patient van maar een deel" in " ".join(alone.err.split())
    assert (done.code, done.document["twice"]) == (
        ExitCode.WAITING,
        [{"r4_type": "Organization", "count": 1}],
    )
    assert "Niet compleet: er ontbreekt niets" in " ".join(done.err.split())
    missing = sum(piece["missing"] for piece in much.document["pieces"])
    assert len(much.document["links"]) == LINKS_SHOWN < missing
    assert wrong.code == ExitCode.USAGE
    assert "--watch" in wrong.err


def test_a_server_that_counts_wrong_is_no_verdict(among: Path) -> None:
    """Could not look is not *complete*, and not *missing*."""
    with inside(among, Faults(count_off=5)):
        assert typed("domain", "status", "--env", "local", cwd=among).code == (
            ExitCode.COULD_NOT_LOOK
        )


def test_it_writes_nothing(among: Path) -> None:
    """Not on the server, and not in the working folder."""
    with inside(among) as app:
        before = {p: p.stat().st_mtime_ns for p in among.rglob("*") if ".sandbox" not in p.parts}
        http = beside(among, app)
        versions = http.get("Task", params={"_count": 200}).text
        typed("domain", "status", "--env", "local", cwd=among)
        assert http.get("Task", params={"_count": 200}).text == versions
    after = {p: p.stat().st_mtime_ns for p in among.rglob("*") if ".sandbox" not in p.parts}
    assert {p for p in before if before[p] != after.get(p)} <= {p for p in before if p.is_dir()}
    assert before.keys() == after.keys()
