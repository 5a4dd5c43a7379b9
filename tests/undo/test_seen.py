"""A run that was undone is seen to be so, wherever a person looks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kt_migrate.errors import JournalError
from kt_migrate.undo.looking import Undoing, is_listed, undoing_of, undone_writes
from undo.conftest import World

PATIENT = "https://epd.voorbeeld.example/fhir/Koppeltaal/Patient/0"
SAID = "Deze run is teruggedraaid: 44 resources terug, 0 gelaten, 0 nog te doen."


def flat(text: str) -> str:
    """Return what a screen of 80 columns says, on one line."""
    return " ".join(text.split())


def test_status_trace_verify_and_the_report_say_that_a_run_was_undone(world: World) -> None:
    """And none of them says so before."""
    before = [world(*line.split()).out for line in ("status", f"trace --env local {PATIENT}")]
    assert not any("eruggedraaid" in text for text in before)

    assert world.rollback().code == 0

    assert SAID in flat(world("status").out)
    (stand,) = world("status", "--json").document["runs"]
    assert stand["undoing"] == {"undone": 44, "left": 0, "pending": 0}
    traced = world("trace", "--env", "local", PATIENT)
    assert "Teruggedraaid deleted DELETE HTTP 204" in traced.out
    (one,) = world("trace", "--env", "local", PATIENT, "--json").document["objects"]
    assert [w["state"] for w in one["writes"][0]["undone"]] == ["deleted"]
    verified = world("verify", "--env", "local")
    assert verified.code == 23
    assert SAID in flat(verified.out)
    assert world("report", "--env", "local").code == 0
    folder = world.folder / "runs" / "local" / "001"
    assert SAID in (folder / "rapport.html").read_text("utf-8")
    report = json.loads((folder / "rapport.json").read_text("utf-8"))
    assert report["undoing"] == {"undone": 44, "left": 0, "pending": 0}


def test_an_approval_does_not_outlive_what_it_approved(world: World) -> None:
    """What was verified before is not, once it is undone."""
    assert world("verify", "--env", "local").code == 0
    folder = world.folder / "runs" / "local" / "001"
    assert (folder / "verify.json").is_file()

    assert world.rollback().code == 0

    assert not (folder / "verify.json").exists()
    assert world("report", "--env", "local").code == 0
    assert json.loads((folder / "rapport.json").read_text("utf-8"))["verified"] is None


def test_who_looks_makes_nothing(tmp_path: Path) -> None:
    """Not even the record; one that is damaged is no undoing that was not begun."""
    assert undoing_of(tmp_path) is None
    assert undone_writes(tmp_path, 1) == ()
    assert not is_listed(tmp_path)
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "undo.sqlite").touch()
    assert undoing_of(tmp_path) == Undoing()
    assert not is_listed(tmp_path)

    (tmp_path / "undo.sqlite").write_bytes(b"no database" * 100)
    for look in (undoing_of, is_listed):
        with pytest.raises(JournalError, match="cannot be opened"):
            look(tmp_path)
