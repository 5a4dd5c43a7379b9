"""Whose dossier it is that a rejected object belongs to: the plan says so, for a sample needs it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from archives import HOST, activity, careplan, patient, status

from plan.small import plan_files, queue


def _whose(plan: Path) -> set[tuple[str, str, str]]:
    with closing(sqlite3.connect(plan)) as db:
        rows = db.execute("SELECT source_type, link, patient FROM dossier")
        return {(t, link.removeprefix(HOST), p.removeprefix(HOST)) for t, link, p in rows}


def test_what_is_rejected_is_of_the_patient_that_it_names(tmp_path: Path) -> None:
    """By the mapping, by a reference to nobody, with what follows it; what names nobody is not."""
    one, two = f"{HOST}/Patient/1", f"{HOST}/Patient/2"
    with plan_files(
        tmp_path,
        queue(
            {one: patient(birthDate="gisteren")},
            {two: patient()},
            {f"{HOST}/CarePlan/1": careplan(activity("a"), of="1")},
            {f"{HOST}/CarePlan/2": careplan(activity("b", "Vreemd"), activity("c"), of="2")},
            {f"{HOST}/Other/1": status("a", "InProgress")},
            {f"{HOST}/Other/9": status("nergens", "InProgress")},
        ),
    ) as plan:
        rejected = {o.link for o in plan.objects() if o.outcome.value == "rejected"}

        assert rejected == {one, "a", "b", f"{HOST}/Other/1", f"{HOST}/Other/9"}
        assert _whose(plan.path) == {
            ("Patient", "/Patient/1", "/Patient/1"),
            ("CarePlanActivity", "a", "/Patient/1"),
            ("CarePlanActivityStatus", "/Other/1", "/Patient/1"),
            ("CarePlanActivity", "b", "/Patient/2"),
        }
