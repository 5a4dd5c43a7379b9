"""Two error lists side by side: the counts add up, and what cannot be compared is said."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from kt_migrate.load.journal import State
from kt_migrate.plan.sampling.asked import Asked
from kt_migrate.plan.sampling.choosing import choose
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.errors.differences import GONE, Change, Compared, compare_lists
from kt_migrate.reports.errors.held import Part
from kt_migrate.reports.errors.remarks import Remark, changing
from reports.lists import BOUND, P1, P2, P3, ROWS, Row, run_with, sent, verified
from reports.test_errors_grouped import issue


def compared(root: Path, *lists: list[Row], notices: bool = False) -> Compared:
    """Compare two made-up lists."""
    folders = [run_with(root, f"mgr2/{n:03}", rows) for n, rows in enumerate(lists, 1)]
    return compare_lists(root, folders[0], folders[1], notices=notices)


def counts(found: Compared) -> dict[str, int]:
    """Return how many lines there are of each change."""
    return {change.value: n for change in Change if (n := found.count(change))}


@settings(max_examples=40, deadline=None)
@given(ROWS, ROWS)
def test_the_counts_of_both_lists_add_up(
    tmp_path_factory: pytest.TempPathFactory, before: list[Row], after: list[Row]
) -> None:
    """Solved, moved and remaining are the old list; new, moved and remaining are the new one."""
    found = compared(tmp_path_factory.mktemp("root"), before, after)
    old, new = ({row for row in rows if is_error(issue(row))} for rows in (before, after))

    total = {change: found.count(change) for change in Change}
    assert total[Change.REMAINING] == len(old & new)
    assert total[Change.SOLVED] + total[Change.MOVED_FROM] + total[Change.REMAINING] == len(old)
    assert total[Change.NEW] + total[Change.MOVED_TO] + total[Change.REMAINING] == len(new)
    changed = {row[1] for row in old - new} & {row[1] for row in new - old} - {""}
    assert total[Change.MOVED_FROM] == sum(row[1] in changed for row in old - new)
    assert total[Change.MOVED_TO] == sum(row[1] in changed for row in new - old)
    for change, rows in ((Change.REMAINING, old & new),):
        assert {r.code: r.count for r in found.reasons[change]} == Counter(r[2] for r in rows)


@settings(max_examples=15, deadline=None)
@given(ROWS)
def test_a_list_beside_itself_remains(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row]
) -> None:
    """All of it, notices too, and nothing else."""
    found = compared(tmp_path_factory.mktemp("root"), rows, rows, notices=True)

    assert counts(found) == ({"remaining": len(set(rows))} if rows else {})
    assert (found.moves, found.left_out, found.changed) == ((), {}, ())


def test_what_moved_is_neither_solved_nor_new(tmp_path: Path) -> None:
    """One patient got another reason, one another place, one is solved, one is new."""
    found = compared(
        tmp_path,
        [
            ("Patient", P1, "value-missing", "Patient.birthDate"),
            ("Patient", P2, "value-missing", "Patient.name"),
            ("Patient", P3, "value-missing", "Patient.name"),
        ],
        [
            ("Patient", P1, "value-invalid", "Patient.birthDate"),
            ("Patient", P2, "value-missing", "Patient.birthDate"),
            ("Patient", "urn:new", "value-missing", "Patient.name"),
        ],
    )

    assert counts(found) == {"new": 1, "solved": 1, "moved_from": 2, "moved_to": 2}
    assert [(m.before, m.after, m.objects, m.example) for m in found.moves] == [
        ("value-missing", "value-invalid", 1, ("Patient", P1, "Patient.birthDate")),
        ("value-missing", "value-missing", 1, ("Patient", P2, "Patient.birthDate")),
    ]
    (solved,) = found.reasons[Change.SOLVED]
    assert solved.examples == (("Patient", P3, "Patient.name"),)


def test_of_what_is_solved_it_says_what_became_of_the_object(tmp_path: Path) -> None:
    """Out of scope, or gone with its archive, is another kind of solved."""
    rows: list[Row] = [("Patient", link, "value-missing", "") for link in (P1, P2, P3)]
    before = run_with(tmp_path, "mgr2/001", rows)
    fates = [("Patient", P1, "migrated"), ("Patient", P2, "out_of_scope")]
    other = replace(BOUND, archive="another", plan="j")
    after = run_with(tmp_path, "mgr2/002", [], fates=fates, bound=other)

    found = compare_lists(tmp_path, before, after, notices=False)

    (solved,) = found.reasons[Change.SOLVED]
    assert solved.ended == {"migrated": 1, "out_of_scope": 1, GONE: 1}
    assert found.changed == ("archive", "plan")


def test_a_plan_that_does_not_say_what_it_is_bound_to_is_not_called_the_same(
    tmp_path: Path,
) -> None:
    """Not known is not equal."""
    before = run_with(tmp_path, "mgr2/001", [], bound=None)
    after = run_with(tmp_path, "mgr2/002", [])

    assert compare_lists(tmp_path, before, after, notices=False).changed is None


FATES = [("Patient", P1, "migrated"), ("Patient", P2, "migrated")]


def test_what_only_one_run_did_is_not_compared(tmp_path: Path) -> None:
    """A plan that was not sent solves no refusal of the server."""
    was_sent = run_with(tmp_path, "mgr2/001", [], fates=FATES)
    sent(was_sent, State.REJECTED, State.CREATED)
    verified(was_sent, P2)
    planned = run_with(tmp_path, "mgr2/002", [], fates=FATES)

    forth = compare_lists(tmp_path, was_sent, planned, notices=False)
    back = compare_lists(tmp_path, planned, was_sent, notices=False)

    assert (counts(forth), counts(back)) == ({}, {})
    assert forth.left_out == {Part.WRITTEN: (1, 0), Part.VERIFIED: (1, 0)}
    assert back.left_out == {Part.WRITTEN: (0, 1), Part.VERIFIED: (0, 1)}


def test_two_runs_that_were_sent_are_compared_in_what_they_wrote(tmp_path: Path) -> None:
    """But not in what only one of them verified."""
    first = run_with(tmp_path, "mgr2/001", [], fates=FATES)
    sent(first, State.REJECTED, State.CREATED)
    verified(first, P2)
    second = run_with(tmp_path, "prd2/001", [], fates=FATES)
    sent(second, State.CREATED, State.CREATED)

    found = compare_lists(tmp_path, first, second, notices=False)

    (solved,) = found.reasons[Change.SOLVED]
    assert (solved.code, solved.ended) == ("server-rejected", {"migrated": 1})
    assert found.left_out == {Part.VERIFIED: (1, 0)}


def test_a_sample_is_no_verdict_on_the_rest(tmp_path: Path) -> None:
    """What was planned is compared, what was written is not."""
    row: Row = ("Patient", P3, "value-missing", "")
    whole = run_with(tmp_path, "mgr2/001", [row], fates=FATES)
    sent(whole, State.REJECTED, State.CREATED)
    sample = run_with(tmp_path, "mgr2/002", [], fates=FATES)
    sent(sample, State.CREATED)
    assert choose(sample, Asked(patients=1), begun=False).sample

    found = compare_lists(tmp_path, whole, sample, notices=False)

    assert counts(found) == {"solved": 1}
    assert found.left_out == {Part.WRITTEN: (1, 1)}
    assert found.sampled == (False, True)


def test_solved_lines_keep_what_was_filled_in(tmp_path: Path) -> None:
    """They are counted, and what stands there is not shown."""
    row: Row = ("Patient", P1, "value-missing", "")
    with changing(tmp_path) as remarks:
        remarks.put((P1, "value-missing", ""), Remark(text="PIETERSEN"))

    found = compared(tmp_path, [row, ("Patient", P2, "value-missing", "")], [])

    (solved,) = found.reasons[Change.SOLVED]
    assert (solved.count, solved.remarked) == (2, 1)
    assert "PIETERSEN" not in str(found.as_json())
