"""What a comparison says, and that it looks each thing up once."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from kt_migrate.books import RESOURCE_ORIGIN, canonical, digest, hash_totals
from kt_migrate.model import Json, Key, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.plan.writing import PlanContent, write_plan
from kt_migrate.verify import compare as room
from kt_migrate.verify.compare import VerifyResult, compare
from kt_migrate.verify.read_back import CONDITIONAL, FOUND, ReadBack
from kt_migrate.verify.record import read_verified, write_verified
from kt_migrate.verify.written import NOTHING, Written

SYSTEM = "http://koppeltaal.nl/migration/identifier/"
FAMILY = "Invented-Family"


def link(r4_type: str, number: int) -> str:
    """Return an invented KT 1.3 link."""
    return f"https://epd.example/{r4_type}/{number}"


def patient(number: int, **more: Json) -> Resource:
    """Return a planned patient."""
    return {
        "resourceType": "Patient",
        "identifier": [
            {"use": "temp", "system": SYSTEM + "Patient", "value": link("Patient", number)}
        ],
        "name": [{"family": FAMILY}],
        **more,
    }


def task(number: int) -> Resource:
    """Return a planned task of the patient with the same number."""
    key = Key(r4_type="Patient", system=SYSTEM + "Patient", value=link("Patient", number))
    return {
        "resourceType": "Task",
        "identifier": [{"system": SYSTEM + "Task", "value": link("Task", number)}],
        "for": {"reference": key.reference},
    }


def stored(resource: Resource, logical_id: str, version: str = "1", device: str = "me") -> Resource:
    """Return a resource as a server has it."""
    origin: Json = {
        "url": RESOURCE_ORIGIN,
        "valueReference": {"reference": f"Device/{device}"},
    }
    made: Resource = {
        **resource,
        "id": logical_id,
        "meta": {"versionId": version},
        "extension": [origin],
    }
    if resource["resourceType"] == "Task":
        made["for"] = {"reference": f"Patient/{logical_id.replace('t', 'p')}"}
    return made


def planned(folder: Path, resources: Sequence[Resource]) -> Plan:
    """Return a plan of these resources."""
    rows = []
    for seq, resource in enumerate(resources, 1):
        (identifier,) = orjson.loads(orjson.dumps(resource["identifier"]))
        r4_type = str(resource["resourceType"])
        key = (identifier["system"], identifier["value"])
        form = canonical(resource)
        rows.append((seq, r4_type, *key, 0, r4_type, key[1], digest(form), orjson.dumps(resource)))
    totals = hash_totals((row[1], row[7]) for row in rows)
    write_plan(
        folder / "plan.sqlite",
        PlanContent(
            meta=[("domain", "TEST")],
            writes=rows,
            references=[],
            issues=[],
            losses=[],
            documents=[],
            hash_totals=[(t, total.count, total.hex) for t, total in totals.items()],
        ),
    )
    return Plan(folder / "plan.sqlite")


def compared(
    folder: Path,
    plan: Sequence[Resource],
    server: Sequence[Resource],
    written: Written = NOTHING,
) -> VerifyResult:
    """Compare a plan with what a server has."""
    there = ReadBack(folder)
    there.keep([r for r in server if r["resourceType"] == "Patient"], SYSTEM + "Patient")
    there.keep([r for r in server if r["resourceType"] == "Task"], SYSTEM + "Task")
    try:
        with planned(folder, plan) as made:
            return compare(made, there, written, "me")
    finally:
        there.close()


class Journals:
    """What journals would say: ids → versions of this run, ids of earlier ones."""

    def __init__(self, versions: dict[str, str], earlier: set[str]) -> None:
        self._versions, self._earlier = versions, earlier

    def version_of(self, r4_type: str, logical_id: str) -> str | None:
        """Return a version."""
        return self._versions.get(f"{r4_type}/{logical_id}")

    def earlier(self, r4_type: str, logical_id: str) -> bool:
        """Return whether an earlier run wrote it."""
        return f"{r4_type}/{logical_id}" in self._earlier


def test_equal_is_equal_and_references_are_followed(tmp_path: Path) -> None:
    """Ids, versions, origins and the form of references are the server's own."""
    result = compared(
        tmp_path, [patient(1), task(1)], [stored(patient(1), "p1"), stored(task(1), "t1", "7")]
    )

    assert result.passed
    assert (result.differences, result.different) == ((), 0)
    assert [(t.r4_type, t.found.count) for t in result.types] == [("Patient", 1), ("Task", 1)]


def test_an_empty_comparison_fails(tmp_path: Path) -> None:
    """No check, no pass."""
    assert not compared(tmp_path, [], [stored(patient(1), "p1")]).passed


def test_what_is_missing_fails(tmp_path: Path) -> None:
    """All of it, or one."""
    (tmp_path / "all").mkdir()
    all_gone = compared(tmp_path / "all", [patient(1), patient(2)], [])
    one_gone = compared(tmp_path, [patient(1), patient(2)], [stored(patient(1), "p1")])

    assert (all_gone.passed, all_gone.counts) == (False, {"verify-missing": 2})
    assert (one_gone.passed, one_gone.counts) == (False, {"verify-missing": 1})
    assert one_gone.differences[0].link == link("Patient", 2)


@pytest.mark.parametrize("listed", [10_000, 0])
def test_a_double_is_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    """Also when so much differs that it is not listed any more."""
    monkeypatch.setattr(room, "LISTED", listed)

    result = compared(tmp_path, [patient(1)], [stored(patient(1), "p1"), stored(patient(1), "p2")])

    assert (result.passed, result.duplicates, result.different) == (False, True, 1)
    assert result.types[0].found.count == 2


def test_another_content_is_a_path_without_values(tmp_path: Path) -> None:
    """The place that differs; nothing of what stands there, in no artefact."""
    other = stored(patient(1), "p1") | {"name": [{"family": "Other-Family"}], "active": True}

    result = compared(tmp_path, [patient(1)], [other])
    path = write_verified(tmp_path, result)

    assert [(d.code, d.paths) for d in result.differences] == [
        ("verify-different", ("Patient.active", "Patient.name.family"))
    ]
    assert not result.passed
    assert "Family" not in path.read_text("utf-8") + repr(result)


@pytest.mark.parametrize(
    ("known", "version", "code"),
    [
        ("1", "1", "verify-different"),
        ("2", "10", "verify-changed"),
        ("10", "9", "verify-different"),
        ("a", "b", "verify-changed"),
        ("", "3", "verify-different"),
    ],
)
def test_what_changed_after_us_stands_apart(
    tmp_path: Path, known: str, version: str, code: str
) -> None:
    """The server's version is newer than the journal's; versions are numbers when they can be."""
    other = stored(patient(1, active=True), "p1", version)
    written = Journals({"Patient/p1": known} if known else {}, set())

    result = compared(tmp_path, [patient(1)], [other], written)

    assert (result.passed, result.counts) == (False, {code: 1})


def test_a_new_version_of_equal_content_passes(tmp_path: Path) -> None:
    """It is what was planned."""
    written = Journals({"Patient/p1": "1"}, set())

    assert compared(tmp_path, [patient(1)], [stored(patient(1), "p1", "2")], written).passed


def test_unplanned_resources_are_told_apart(tmp_path: Path) -> None:
    """Of an earlier run, of another client, of nobody; none of them makes it fail."""
    server = [
        stored(patient(1), "p1"),
        stored(patient(2), "p2"),
        stored(patient(3), "p3", device="them"),
        stored(patient(4), "p4"),
        stored(patient(5), "p5", device="them"),
        stored({"resourceType": "Patient"}, "p6"),
    ]

    result = compared(tmp_path, [patient(1)], server, Journals({}, {"Patient/p2", "Patient/p5"}))
    write_verified(tmp_path, result)
    verified = read_verified(tmp_path)

    assert result.passed
    assert result.unplanned.as_json() == {"earlier_run": 2, "other_origin": 1, "unknown": 1}
    assert verified is not None
    assert [(i.code, i.link) for i in verified.issues] == [("verify-unplanned", link("Patient", 4))]


def test_the_newest_version_counts_and_is_counted_once(tmp_path: Path) -> None:
    """A resource that was changed while it was read comes twice."""
    there = ReadBack(tmp_path)
    system = SYSTEM + "Patient"
    new = [there.keep([stored(patient(n, active=n == 2), "p1", str(n))], system) for n in (1, 2)]
    key = Key(r4_type="Patient", system=system, value=link("Patient", 2))

    assert new == [1, 0]
    assert [one.version for one in there.found(key)] == ["2"]
    assert there.found(Key(r4_type="Patient", system=system, value=link("Patient", 1))) == ()
    assert there.keep([stored(patient(2), "p1", "2")], "http://other.example") == 1
    there.close()


@pytest.mark.parametrize("sql", [FOUND, CONDITIONAL])
def test_every_look_up_goes_straight_to_its_row(tmp_path: Path, sql: str) -> None:
    """By SQLite's own plan: no table is walked through, nothing is sorted."""
    there = ReadBack(tmp_path)
    marks = ["x"] * sql.count("?")
    steps = [row[3] for row in there._db.execute(f"EXPLAIN QUERY PLAN {sql}", marks)]
    there.close()

    assert steps
    assert [step for step in steps if "SCAN" in step or "TEMP" in step] == []


def test_twice_as_much_takes_twice_the_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in steps of SQLite, reading, comparing and the unplanned: no clock is needed."""
    steps = {size: _steps(tmp_path / str(size), monkeypatch, size) for size in (500, 2_000)}

    assert steps[2_000] < 4.4 * steps[500]


def _steps(folder: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> int:
    folder.mkdir()
    steps = [0]

    def step() -> int:
        steps[0] += 1
        return 0

    opened = ReadBack.__init__

    def open_counted(self: ReadBack, path: Path) -> None:
        opened(self, path)
        db: sqlite3.Connection = self._db
        db.set_progress_handler(step, 10)

    numbers = range(size)
    with monkeypatch.context() as patch:
        patch.setattr(ReadBack, "__init__", open_counted)
        result = compared(
            folder,
            [patient(n) for n in numbers] + [task(n) for n in numbers],
            [stored(patient(n), f"p{n}") for n in range(size + size // 10)]
            + [stored(task(n), f"t{n}") for n in numbers],
        )
    assert result.passed
    assert result.unplanned.unknown == size // 10
    return steps[0]
