"""Every number of a report is the database's: the page, the JSON and the screen say the same."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings

from kt_migrate.books import HashTotal, hash_totals
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import State
from kt_migrate.model import Outcome
from kt_migrate.plan.store import Plan
from kt_migrate.reports.failures import Failures
from kt_migrate.reports.result import _digests, run_result
from kt_migrate.reports.summary import write_report
from reports.world import (
    CODES,
    COLLISION,
    ELEMENTS,
    SAID,
    THERE,
    WORLDS,
    Page,
    Thing,
    World,
    Write,
    build,
    journal_digest,
    sha,
    totals_of,
    verdict,
)

ACCOUNT = ("read", "superseded", "objects")
FATES = ("migrated", "not_migrated", "rejected", "out_of_scope")
MIGRATED = Thing(
    "Patient", ("Create",), Outcome.MIGRATED, "", (Write("Patient", State.CREATED),), 2
)
RIGHT = World([MIGRATED], found={"Patient": HashTotal(1, int(sha("1"), 16))})

MIXED = World(
    [
        Thing("Patient", ("Create", "Update"), Outcome.MIGRATED, "", (Write("Patient", state),), 0)
        for state in (State.CREATED, State.REJECTED, State.UNCHANGED, None, State.UPDATED)
    ]
)
"""What is there stands before and after what is not."""


def fate(world: World, thing: Thing) -> str:
    """Return where an object is by now: one of whose writes is not on the server is rejected."""
    gone = world.sent and any(write.state not in THERE for write in thing.writes)
    return "rejected" if gone else thing.outcome.value


def books_of(world: World) -> dict[tuple[str, str], Counter[str]]:
    """Count the books by hand."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for thing in world.things:
        for place, event in enumerate(thing.events, 1):
            row = rows.setdefault((thing.source_type, event), Counter())
            row["read"] += 1
            row["objects" if place == len(thing.events) else "superseded"] += 1
        rows[thing.source_type, thing.events[-1]][fate(world, thing)] += 1
    return rows


def codes_of(world: World) -> Counter[str]:
    """Count the error list by hand."""
    found = Counter("value-missing" for thing in world.things if thing.outcome is Outcome.REJECTED)
    if world.sent:
        for thing in world.things:
            for write in thing.writes:
                if write.state not in THERE:
                    code = CODES.get(write.state) if write.state else None
                    found[code or "server-unavailable"] += 1
                if write.state is not None and write.notice:
                    found[COLLISION] += 1
        if world.found is not None:
            found["verify-missing"] += world.missing
    return +found


def totals_in(world: World) -> list[dict[str, object]]:
    """Return the hash totals by hand."""
    writes = world.numbered()
    planned = totals_of([(w.r4_type, sha(str(s))) for s, _n, _t, w in writes])
    journal = totals_of(
        [(w.r4_type, journal_digest(s, w)) for s, _n, _t, w in writes if w.state in THERE]
    )
    rows: list[dict[str, object]] = []
    for r4_type, (count, total) in sorted(planned.items()):
        sent = journal.get(r4_type) if world.sent else None
        there = None
        if world.found is not None:
            found = world.found.get(r4_type, HashTotal())
            there = (found.count, f"{found.sum:064x}")
        rows.append(
            {
                "type": r4_type,
                "count": count,
                "source": total,
                "journal": sent[1] if sent else "",
                "server": there[1] if there else "",
                "equal": (count, total) == sent == there,
            }
        )
    return rows


def reported(world: World) -> tuple[dict[str, Any], Page]:
    """Return the report of a run, for machines and for people."""
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root) / "acc21" / "007"
        folder.mkdir(parents=True)
        build(folder, world)
        html, machine = write_report(folder)
        return orjson.loads(machine.read_bytes()), Page(html.read_text("utf-8"))


@settings(max_examples=30, deadline=None)
@given(WORLDS)
@example(RIGHT)
@example(MIXED)
def test_every_number_of_a_report_is_the_databases(world: World) -> None:
    """Counted apart from the code that reports: books, totals, errors, elements left behind."""
    report, page = reported(world)

    names = (*ACCOUNT, *FATES)
    rows = {pair: [row[name] for name in names] for pair, row in books_of(world).items()}
    events = report["books_per_event"]
    assert {(t, e): list(r.values()) for t in events for e, r in events[t].items()} == rows
    per_type = {
        t: [sum(column) for column in zip(*(r for p, r in rows.items() if p[0] == t), strict=True)]
        for t, _event in rows
    }
    assert {t: list(row.values()) for t, row in report["books"].items()} == per_type
    assert report["census"] == world.census
    unlinked = Counter(t.source_type for t in world.things if t.reason == "object-without-link")
    assert report["without_link"] == dict(unlinked)
    assert report["hash_totals"] == totals_in(world)
    assert {row["code"]: row["count"] for row in report["errors"]} == codes_of(world)
    elements = {
        (t.source_type, str(n)): (t.loss, *ELEMENTS[n % 3]) for n, t in enumerate(world.things)
    }
    assert {
        (r["source_type"], r["path"]): (r["count"], r["status"], " ".join(r["rules"]), r["because"])
        for r in report["elements"]
    } == elements
    assert [
        (r["source_type"], r["path"], r["rule"], r["because"], r["count"]) for r in report["losses"]
    ] == [
        (r["source_type"], r["path"], " ".join(r["rules"]), r["because"], r["count"])
        for r in report["elements"]
        if r["status"] != "read"
    ]
    assert report["verified"] == (None if world.found is None else verdict(world).passed)
    assert (report["env"], report["run"], report["domain"]) == ("acc21", "007", "TEST")
    assert report["schema"] == "kt-migrate-report/1"

    books, accounts, totals, errors, left, said = (
        page.keyed.get(key, [])[1:]
        for key in ("books", "sightings", "totals", "errors", "losses", "said")
    )
    assert books == [[*pair, *map(str, row[2:])] for pair, row in sorted(rows.items())]
    assert accounts == [
        [t, *map(str, row[:3]), str(world.census.get(t, "")), str(unlinked.get(t, ""))]
        for t, row in sorted(per_type.items())
    ]
    assert [[row[0], row[1], *row[3:]] for row in totals] == [
        [str(row[name]) for name in ("type", "count", "source", "journal", "server")]
        for row in report["hash_totals"]
    ]
    assert [row[2] == "✓" for row in totals] == [row["equal"] for row in report["hash_totals"]]
    assert [(row[0], int(row[2])) for row in errors] == sorted(
        codes_of(world).items(), key=lambda item: (-item[1], item[0])
    )
    assert [(row[0], row[1], int(row[3])) for row in left] == [
        (row["source_type"], row["path"], row["count"]) for row in report["losses"]
    ]
    rejected = codes_of(world)["server-rejected"]
    row = ["server-rejected", "Task.owner", f"HTTP 422 {SAID}", str(rejected)]
    assert said == [row] * (rejected > 0)


@settings(max_examples=15, deadline=None)
@given(WORLDS)
def test_the_books_of_a_report_balance_wherever_the_load_stands(world: World) -> None:
    """What is not on the server is in the rejects, and nothing is counted twice."""
    with tempfile.TemporaryDirectory() as root:
        build(Path(root), world)
        result = run_result(Path(root))

    states = Counter(w.state for t in world.things for w in t.writes) if world.sent else Counter()
    total = len(world.numbered())
    assert result.books.unbalanced() == ()
    assert result.total == total
    assert result.states == {state: n for state, n in states.items() if state is not None}
    ended = sum(states[state] for state in (*THERE, *CODES))
    assert result.pending == total - ended


@pytest.mark.parametrize("times", [1, 40])
def test_a_report_asks_as_much_of_a_large_run_as_of_a_small_one(tmp_path: Path, times: int) -> None:
    """Plan and journal are read once, whatever is in them and however much of it failed."""
    build(tmp_path, World(MIXED.things * times))
    asked: list[str] = []
    with Plan(tmp_path / "plan.sqlite") as plan, open_journal(tmp_path) as journal:
        plan._db.set_trace_callback(asked.append)
        journal._read.set_trace_callback(asked.append)
        books = plan.books()
        lines = list(Failures(plan, journal).lines(books))
        totals = hash_totals(_digests(plan, journal))

    assert len(lines) == 2 * times
    assert totals["Patient"].count == 3 * times
    assert books.per_type()["Patient"].ended[Outcome.REJECTED] == 2 * times
    assert len(asked) == 10
