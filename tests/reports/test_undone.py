"""What the report and the life of an object say of a run that was undone."""

from __future__ import annotations

import json
from pathlib import Path

from inside import inside, typed
from kt_migrate.language import set_language
from kt_migrate.reports.trace import trace
from kt_migrate.reports.undone import undoing_text
from kt_migrate.undo.looking import Undoing

PATIENT = "https://epd.voorbeeld.example/fhir/Koppeltaal/Patient/0"


def test_the_report_and_the_life_of_an_object_say_that_a_run_was_undone(tried: Path) -> None:
    """On the page and in JSON; and not before."""
    folder = tried / "runs" / "local" / "001"
    with inside(tried):
        typed("report", "--env", "local", cwd=tried)
        assert "eruggedraaid" not in (folder / "rapport.html").read_text("utf-8")
        assert json.loads((folder / "rapport.json").read_text("utf-8"))["undoing"] is None
        assert all(not w.undone for one in trace(folder, PATIENT)[1] for w in one.writes)

        undo = ("rollback", "--env", "local", "--yes-rollback", "EXAMPLE")
        assert typed(*undo, cwd=tried).code == 0
        typed("report", "--env", "local", cwd=tried)

    said = "Deze run is teruggedraaid: 44 resources terug, 0 gelaten, 0 nog te doen."
    assert said in (folder / "rapport.html").read_text("utf-8")
    report = json.loads((folder / "rapport.json").read_text("utf-8"))
    assert report["undoing"] == {"undone": 44, "left": 0, "pending": 0}
    writes = [w for one in trace(folder, PATIENT)[1] for w in one.writes]
    assert [[u.state for u in w.undone] for w in writes] == [["deleted"]]


def test_it_is_said_in_english_too() -> None:
    """With what is left and what is still to do."""
    set_language("en")
    try:
        said = undoing_text(Undoing(undone=1, left=2, pending=3))
    finally:
        set_language("nl")

    assert said == "This run was undone: 1 resources undone, 2 left, 3 still to do."
