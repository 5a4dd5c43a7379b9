"""What a run folder says of a run, for the gates: facts with digests."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inside import inside, typed
from kt_migrate.books import Books
from kt_migrate.gates.evidence import Undone
from kt_migrate.plan.binding import read_binding
from kt_migrate.plan.rows import IssueRow
from kt_migrate.reports.result import RunResult
from kt_migrate.reports.run_facts import binding_of, census_equal, facts_of, issues_digest

RUN = Path("runs/local/001")


def test_a_run_that_was_tried_and_verified(tried: Path) -> None:
    """Each fact, and which file it comes from."""
    folder = tried / RUN
    before = facts_of(folder)
    assert (before.sent, before.pending, before.verified, before.verify) == (True, 0, None, "")
    with inside(tried):
        assert typed("verify", cwd=tried).code == 0
    found = facts_of(folder)

    assert (found.env, found.run, found.name) == ("local", "001", "local/001")
    assert found.plan == read_binding(folder).plan
    assert found.plan == hashlib.sha256((folder / "plan.sqlite").read_bytes()).hexdigest()
    assert found.verify == hashlib.sha256((folder / "verify.json").read_bytes()).hexdigest()
    assert (found.verified, found.written_since, found.audited) == (True, False, None)
    assert (found.findings, found.duplicates, found.unbalanced) == (0, 0, 0)
    assert found.census_equal
    assert found.success == "no-criteria"
    assert found.lines >= found.rejected > 0
    assert not found.sample
    assert found.undone is None
    assert binding_of(folder).binding == found.binding


def test_what_was_written_after_the_verification_is_seen(tried: Path) -> None:
    """By the journal's last step."""
    with inside(tried):
        typed("verify", cwd=tried)
    long_ago = time.time() - 9_999
    os.utime(tried / RUN / "verify.json", (long_ago, long_ago))
    assert facts_of(tried / RUN).written_since


def test_a_sample_is_no_whole_plan(workspace: Path) -> None:
    """Its file says so, however well it went."""
    with inside(workspace):
        typed("trial", "--env", "local", "--patients", "3", cwd=workspace)
    assert facts_of(workspace / RUN).sample


def test_a_run_that_was_undone_and_proven(tried: Path) -> None:
    """Without rollback.json nothing is proven; with something wrong neither."""
    with inside(tried):
        typed("rollback", "--env", "local", "--yes-rollback", "EXAMPLE", cwd=tried)
    result = tried / RUN / "rollback.json"
    content = result.read_bytes()
    sha256 = hashlib.sha256(content).hexdigest()
    assert facts_of(tried / RUN).undone == Undone(wholly=True, proven=True, digest=sha256)
    result.write_bytes(content.replace(b'"wrong": 0', b'"wrong": 1'))
    undone = facts_of(tried / RUN).undone
    assert undone is not None
    assert not undone.proven
    result.unlink()
    assert facts_of(tried / RUN).undone == Undone(wholly=True, proven=False)


def test_a_plan_that_was_never_sent(workspace: Path) -> None:
    """Nothing but what was planned."""
    assert typed("plan", cwd=workspace).code == 0
    found = facts_of(workspace / RUN)
    assert (found.sent, found.verified, found.written_since) == (False, None, False)
    assert found.pending == 44


def issue(link: str, detail: str = "") -> IssueRow:
    """Return a line of an error list."""
    return IssueRow(
        source_type="Patient", event="", link=link, code="x", path="", rule="", detail=detail
    )


@pytest.mark.property
@given(links=st.lists(st.text(max_size=5), max_size=6), seed=st.randoms())
def test_the_order_of_an_error_list_does_not_matter(links: list[str], seed: object) -> None:
    """But every line does, and how often it is there."""
    rows = [issue(link) for link in links]
    mixed = list(rows)
    seed.shuffle(mixed)  # type: ignore[attr-defined]
    assert issues_digest(rows) == issues_digest(mixed)
    assert issues_digest([*rows, issue("one more")]) != issues_digest(rows)
    assert issues_digest([*rows, *rows]) != issues_digest(rows) or not rows
    assert issues_digest([issue("a", "x")]) != issues_digest([issue("a", "y")])


@pytest.mark.parametrize(
    ("census", "without", "equal"),
    [
        ({"Patient": 3}, {}, True),
        ({"Patient": 2}, {"Patient": 1}, True),
        ({"Patient": 2}, {}, False),
        ({"Patient": 4}, {}, False),
        ({"Patient": 3}, {"Patient": 1}, False),
        ({"Patient": 2, "": 1}, {}, True),
        ({"Patient": 2, "": 0}, {}, False),
        ({"Patient": 3, "Task": 1}, {}, False),
        ({}, {}, False),
    ],
)
def test_the_census_is_held_against_the_objects(
    census: dict[str, int],
    without: dict[str, int],
    equal: bool,  # noqa: FBT001 (a table)
) -> None:
    """Per type; what has no link it cannot count, what it cannot type may be of any."""
    books = Books()
    books.know("Patient", "", 3)
    books.know("MessageHeader", "", 9)
    result = RunResult(
        books=books,
        census=census,
        without_link=without,
        planned={},
        journal=None,
        states={},
        total=0,
        issues=(),
    )
    assert census_equal(result) is equal
