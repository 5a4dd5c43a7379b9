"""Both accounts are shown to the operator: by `plan`, in `--json`, and in the report."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from kt_migrate.plan.store import Plan
from support import command

pytestmark = pytest.mark.integration


def test_the_screen_and_json_show_the_census(workspace: Path) -> None:
    """Beside the objects of the books, type by type."""
    done = command("plan", "--json", cwd=workspace)

    with Plan(workspace / "runs" / "local" / "001" / "plan.sqlite") as plan:
        for source_type, count in plan.census().items():
            linked = count + plan.without_link().get(source_type, 0)
            assert plan.books().per_type()[source_type].objects == linked
    assert '"census"' in done.stdout
    assert "telling" in done.stderr
    assert max(map(len, done.stderr.splitlines())) <= 80 or str(workspace) in done.stderr


def test_both_accounts_are_shown_per_type_and_event_and_balance(workspace: Path) -> None:
    """In `--json`, on the screen (below a type of several events), and in the report."""
    done = command("plan", "--json", cwd=workspace)
    command("report", cwd=workspace)
    run = workspace / "runs" / "local" / "001"
    page = (run / "rapport.html").read_text("utf-8")
    report = orjson.loads((run / "rapport.json").read_bytes())
    per_event = orjson.loads(done.stdout)["books_per_event"]

    assert per_event == report["books_per_event"]
    for source_type, events in per_event.items():
        for event, row in events.items():
            fates = ("migrated", "not_migrated", "rejected", "out_of_scope")
            assert row["read"] == row["superseded"] + row["objects"]
            assert row["objects"] == sum(row[name] for name in fates)
            if len(events) > 1 and event:
                assert done.stderr.count(f"\n  {event} ") >= 2
            assert source_type in page
            assert event in page
