"""The account of the elements for people: a table, the unread first, in words."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

from inside import inside, typed
from kt_migrate.plan.rows import ElementRow
from kt_migrate.reports.elements import COLUMNS, how_many, losses, unread, write_elements


def row(path: str, status: str, *rules: str, because: str = "", count: int = 1) -> ElementRow:
    """Return an element of a patient."""
    return ElementRow(
        source_type="Patient", path=path, status=status, rules=rules, because=because, count=count
    )


ROWS = [
    row("a", "read", "r1", "r2", count=9),
    row("b", "ignored", "no-b", because="=1+1", count=7),
    row("c", "unread", count=3),
    row("d", "unread", count=5),
    row("e", "read"),
]


def test_the_unread_are_told_the_most_frequent_first() -> None:
    """And how many there are of each."""
    assert [found.path for found in unread(ROWS)] == ["d", "c"]
    assert how_many(ROWS) == {"read": 2, "ignored": 1, "unread": 2}
    assert how_many([]) == {"read": 0, "ignored": 0, "unread": 0}
    assert [found["path"] for found in losses(ROWS) if isinstance(found, dict)] == ["b", "c", "d"]


def test_the_table_opens_in_a_spreadsheet_and_runs_nothing(tmp_path: Path) -> None:
    """Every element in a row, for its owner only."""
    path = write_elements(tmp_path, ROWS)
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8-sig")), delimiter=";"))

    assert tuple(rows[0]) == COLUMNS
    assert rows[1] == ["Patient", "a", "9", "read", "r1 r2", ""]
    assert rows[2] == ["Patient", "b", "7", "ignored", "no-b", "'=1+1"]
    assert len(rows) == len(ROWS) + 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_plan_and_report_show_the_same_account(tried: Path) -> None:
    """On screen how many, in the document and in rapport.json all of it, and as a file."""
    with inside(tried):
        plan = typed("plan", "--json", cwd=tried)
        assert typed("report", cwd=tried).code == 0
    folder = tried / "runs" / "local" / "001"
    shown = json.loads(plan.out)["elements"]
    report = json.loads((folder / "rapport.json").read_text("utf-8"))
    lines = (folder / "elements.csv").read_text("utf-8-sig").splitlines()

    assert report["elements"] == shown
    assert len(lines) == len(shown) + 1
    counts = {s: sum(e["status"] == s for e in shown) for s in ("read", "ignored", "unread")}
    assert f"{counts['read']} gelezen, {counts['ignored']} bewust genegeerd" in " ".join(
        plan.err.split()
    )
