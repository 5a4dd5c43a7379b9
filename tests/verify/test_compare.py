"""What a comparison says, and that it looks each thing up once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from kt_migrate.books import HashTotal, canonical, digest, hash_totals
from kt_migrate.model import Json, Resource
from kt_migrate.verify import compare as room
from kt_migrate.verify.compare import TypeResult, Unplanned, VerifyResult
from kt_migrate.verify.read_back import ReadBack
from kt_migrate.verify.record import write_verified
from kt_migrate.verify.written import NOTHING
from verify.world import Journals, compared, link, patient, stored, task, value

ONE = TypeResult(r4_type="Patient", planned=HashTotal(1, 7), found=HashTotal(1, 7))
OTHER = TypeResult(r4_type="Task", planned=HashTotal(1, 7), found=HashTotal(1, 8))


@pytest.mark.parametrize(
    ("types", "counts", "passed", "different"),
    [
        ((ONE,), {}, True, 0),
        ((), {}, False, 0),
        ((ONE,), {"verify-changed": 1}, False, 1),
        ((ONE, OTHER), {}, False, 0),
        ((ONE, OTHER), {"verify-missing": 2, "verify-different": 3}, False, 5),
    ],
)
def test_a_pass_is_something_looked_at_no_difference_and_equal_totals(
    types: tuple[TypeResult, ...], counts: dict[str, int], *, passed: bool, different: int
) -> None:
    """Each of the three by itself keeps it from passing: no check, no pass."""
    result = VerifyResult(types=types, differences=(), counts=counts)

    assert (result.passed, result.different) == (passed, different)
    assert result.unplanned == Unplanned()


@pytest.mark.parametrize(
    ("counts", "duplicates"),
    [({}, False), ({"verify-missing": 1}, False), ({"verify-duplicate": 1}, True)],
)
def test_only_a_double_is_a_duplicate(counts: dict[str, int], *, duplicates: bool) -> None:
    """It has an exit code of its own."""
    assert VerifyResult(types=(ONE,), differences=(), counts=counts).duplicates is duplicates


@pytest.mark.parametrize(("count", "total"), [(2, 7), (1, 8)])
def test_totals_are_equal_in_count_and_sum(count: int, total: int) -> None:
    """One of the two is not enough."""
    there = TypeResult(r4_type="Task", planned=HashTotal(1, 7), found=HashTotal(count, total))

    assert not there.equal


def test_equal_is_equal_and_references_are_followed(tmp_path: Path) -> None:
    """Ids, versions, origins and the form of references are the server's own."""
    plan = [task(1), patient(1), patient(2)]
    server = [
        stored(patient(1), "p1"),
        stored(patient(2), "p2"),
        stored(task(1), "t1", "7"),
    ]

    result = compared(tmp_path, plan, server)

    totals = hash_totals((str(r["resourceType"]), digest(canonical(r))) for r in plan)
    assert result.passed
    assert (result.differences, result.different, result.counts) == ((), 0, {})
    assert [t.r4_type for t in result.types] == ["Patient", "Task"]
    assert {t.r4_type: t.planned for t in result.types} == totals
    assert {t.r4_type: t.found for t in result.types} == totals


def test_an_empty_comparison_fails(tmp_path: Path) -> None:
    """No check, no pass."""
    assert not compared(tmp_path, [], [stored(patient(1), "p1")]).passed


def test_what_is_missing_fails(tmp_path: Path) -> None:
    """All of it, or one: it is named by the object that it comes from."""
    (tmp_path / "all").mkdir()
    all_gone = compared(tmp_path / "all", [patient(1), patient(2)], [])
    one_gone = compared(tmp_path, [patient(1), task(1)], [stored(patient(1), "p1")])

    assert (all_gone.passed, all_gone.counts) == (False, {"verify-missing": 2})
    assert (one_gone.passed, one_gone.counts) == (False, {"verify-missing": 1})
    (difference,) = one_gone.differences
    assert (difference.r4_type, difference.source_type) == ("Task", "CarePlanActivity")
    assert (difference.link, difference.paths) == (link("Task", 1), ())
    assert [t.found.count for t in one_gone.types] == [1, 0]


@pytest.mark.parametrize("listed", [10_000, 0])
def test_a_double_is_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    """Also when so much differs that it is not listed any more, and though it is as planned."""
    monkeypatch.setattr(room, "LISTED", listed)

    result = compared(tmp_path, [patient(1)], [stored(patient(1), "p1"), stored(patient(1), "p2")])

    assert (result.passed, result.duplicates, result.different) == (False, True, 1)
    assert result.types[0].found == HashTotal(2, 2 * result.types[0].planned.sum % (1 << 256))
    assert [d.paths for d in result.differences] == [()] * min(listed, 1)


@pytest.mark.parametrize("listed", [0, 2, 3, 4])
def test_so_many_are_listed_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    """Differences and unplanned ones, each up to the limit; codes are in order."""
    monkeypatch.setattr(room, "LISTED", listed)
    plan = [patient(n) for n in range(3)]
    server = [stored(patient(0, active=True), "p0")] + [
        stored(patient(n), f"p{n}") for n in (11, 12, 13)
    ]

    result = compared(tmp_path, plan, server)

    assert list(result.counts.items()) == [("verify-different", 1), ("verify-missing", 2)]
    assert [d.link for d in result.differences] == [link("Patient", n) for n in range(3)][:listed]
    assert result.unplanned.unknown == 3
    found = [(d.code, d.r4_type, d.source_type, d.link) for d in result.unplanned.listed]
    values = [value("Patient", n) for n in (11, 12, 13)]
    assert found == [("verify-unplanned", "Patient", "", v) for v in values][:listed]


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
    ("mine", "theirs", "paths"),
    [
        ({"a": 1}, {}, ("Patient.a",)),
        ({}, {"a": 1}, ("Patient.a",)),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, ("Patient.a.c",)),
        ({"a": {"b": 1}}, {"a": [1]}, ("Patient.a",)),
        ({"a": [1, 2]}, {"a": [1]}, ("Patient.a",)),
        ({"a": [1]}, {"a": {"b": 1}}, ("Patient.a",)),
        ({"a": [1, 2]}, {"a": [2, 1]}, ("Patient.a",)),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": [{"b": 3}, {"b": 4}]}, ("Patient.a.b",)),
        ({"z": 1, "a": 1}, {"z": 2, "a": 2}, ("Patient.a", "Patient.z")),
    ],
)
def test_each_place_that_differs_is_named_once(
    tmp_path: Path, mine: dict[str, Json], theirs: dict[str, Json], paths: tuple[str, ...]
) -> None:
    """Whichever side lacks it, in order of the alphabet."""
    result = compared(tmp_path, [patient(1, **mine)], [stored(patient(1, **theirs), "p1")])

    assert [d.paths for d in result.differences] == [paths]


def test_a_reference_to_another_is_a_difference(tmp_path: Path) -> None:
    """To one that was read, to one that was not, and as another type."""
    for number, there in enumerate(["Patient/p2", "Patient/p9", "Device/p1"]):
        (tmp_path / str(number)).mkdir()
        server = [stored(patient(n), f"p{n}") for n in (1, 2)]
        server.append(stored(task(1), "t1") | {"for": {"reference": there}})

        result = compared(tmp_path / str(number), [patient(1), patient(2), task(1)], server)

        assert [(d.r4_type, d.paths) for d in result.differences] == [
            ("Task", ("Task.for.reference",))
        ]


@pytest.mark.parametrize(
    ("known", "version", "code"),
    [
        ("1", "1", "verify-different"),
        ("2", "10", "verify-changed"),
        ("10", "9", "verify-different"),
        ("a", "b", "verify-changed"),
        ("a", "a", "verify-different"),
        ("1", "b", "verify-changed"),
        ("b", "1", "verify-changed"),
        ("", "3", "verify-different"),
        ("3", "", "verify-different"),
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


UNPLANNED: list[Resource] = [
    stored(patient(1), "p1"),
    stored(patient(2), "p2"),
    stored(patient(3), "p3", device="them"),
    stored(patient(4), "p4"),
    stored(patient(5), "p5", device="them"),
    stored({"resourceType": "Patient"}, "p6"),
    patient(7) | {"id": "p7"},
]


@pytest.mark.parametrize(
    ("device", "counts", "links"),
    [
        ("me", {"earlier_run": 2, "other_origin": 1, "unknown": 2}, (4, 7)),
        ("", {"earlier_run": 2, "other_origin": 0, "unknown": 3}, (3, 4, 7)),
    ],
)
def test_unplanned_resources_are_told_apart(
    tmp_path: Path, device: str, counts: dict[str, int], links: tuple[int, ...]
) -> None:
    """Of an earlier run, of another client, of nobody; none of them makes it fail."""
    written = Journals({}, {"Patient/p2", "Patient/p5"})

    result = compared(tmp_path, [patient(1)], UNPLANNED, written, device)

    assert result.passed
    assert list(result.unplanned.as_json().items()) == list(counts.items())
    assert [d.link for d in result.unplanned.listed] == [value("Patient", n) for n in links]


def test_without_journals_nothing_is_known() -> None:
    """No version, and nothing of an earlier run."""
    assert NOTHING.version_of("Patient", "p1") is None
    assert NOTHING.earlier("Patient", "p1") is False


def test_twice_as_much_takes_twice_the_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in steps of SQLite, reading, comparing and the unplanned: no clock is needed."""
    steps = {size: _steps(tmp_path / str(size), monkeypatch, size) for size in (200, 800)}

    assert steps[800] < 4.4 * steps[200]


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
