"""Before anything is written: what of the plan is on the server, whose, and equal or not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from kt_migrate.errors import CouldNotLookError
from kt_migrate.plan.findings import Findings, read_findings
from kt_migrate.verify.probe import probe
from kt_migrate.verify.record import forget_verified, write_verified
from verify.world import Journals, Server, compared, patient, planned, stored, task

PLAN = [*(patient(n) for n in range(1, 9)), task(1)]


def test_what_is_there_is_counted_by_whose_it_is_and_whether_it_is_equal(tmp_path: Path) -> None:
    """Of this folder, of our client from elsewhere, of another, of nobody; double; not there."""
    silent = stored(patient(5), "p5")
    del silent["extension"]
    server = Server(
        [
            stored(patient(1), "p1", device="them"),
            stored(patient(2, active=True), "p2", device="them"),
            stored(patient(3), "p3"),
            stored(patient(4), "p4", device="them"),
            silent,
            stored(patient(6), "p6"),
            stored(patient(6), "p6b"),
            stored(patient(99), "p99"),
            stored(task(1), "t1"),
        ]
    )
    journals = Journals({"Patient/p1": "1"}, {"Patient/p2"})
    with planned(tmp_path, PLAN) as plan:
        result = asyncio.run(probe(plan, server, tmp_path, written=journals, own_device="me"))

    assert result.as_json() == {
        "Patient": {
            "planned": 8,
            "absent": 2,
            "double": 1,
            "there": [
                {"origin": "Device/them", "equal": True, "count": 1},
                {"origin": "own-client", "equal": True, "count": 1},
                {"origin": "this-folder", "equal": False, "count": 1},
                {"origin": "this-folder", "equal": True, "count": 1},
                {"origin": "unstated", "equal": True, "count": 1},
            ],
        },
        "Task": {
            "planned": 1,
            "absent": 0,
            "double": 0,
            "there": [{"origin": "own-client", "equal": True, "count": 1}],
        },
    }
    assert [path.name for path in tmp_path.iterdir()] == ["plan.sqlite"]


def test_a_probe_that_cannot_look_says_nothing(tmp_path: Path) -> None:
    """A count that lies is no picture."""
    server = Server([stored(patient(1), "p1")], lie=3)
    with planned(tmp_path, PLAN) as plan, pytest.raises(CouldNotLookError):
        asyncio.run(probe(plan, server, tmp_path, written=Journals({}, set()), own_device="me"))


def test_what_was_left_by_choice_stands_apart(tmp_path: Path) -> None:
    """It differs, and does not pass; changed since by somebody is another matter."""
    other = stored(patient(1, active=True), "p1", "4")
    left = Journals({"Patient/p1": "4"}, set(), frozenset({"Patient/p1"}))
    result = compared(tmp_path, [patient(1)], [other], left)
    assert (result.passed, result.counts) == (False, {"verify-adopted": 1})

    later = Journals({"Patient/p1": "3"}, set(), frozenset({"Patient/p1"}))
    (tmp_path / "later").mkdir()
    result = compared(tmp_path / "later", [patient(1)], [other], later)
    assert result.counts == {"verify-changed": 1}


def test_every_finding_is_kept_for_a_repair_until_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that are not listed; forgetting the verdict forgets none of them."""
    monkeypatch.setattr("kt_migrate.verify.compare.LISTED", 1)
    server = [
        stored(patient(1), "p1"),
        stored(patient(2, active=True), "p2"),
        stored(patient(3), "p3"),
        stored(patient(3), "p3b"),
        stored(patient(5, active=True), "p5", "7"),
    ]
    plan = [patient(n) for n in range(1, 6)]
    result = compared(tmp_path, plan, server, Journals({"Patient/p5": "6"}, set()))
    write_verified(tmp_path, result)
    forget_verified(tmp_path)
    found = Findings(missing=(4,), different=(2, 5), duplicate=(3,))
    assert read_findings(tmp_path) == found

    (tmp_path / "again").mkdir()
    all_well = compared(tmp_path / "again", [patient(1)], server[:1])
    write_verified(tmp_path, all_well)
    assert read_findings(tmp_path) == Findings()
