"""What a dossier is like: when it last changed, by whom; and of whom the archive has no patient."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from archives import HOST, Sent, activity, careplan, patient, status

from kt_migrate.model import Body
from kt_migrate.plan.dossiers import _identifiers, day_of
from plan.small import plan_files, with_rules

QUEUE, OTHER = "2022-05-06T10:00:00:000.1", "2021-03-04T23:59:59:999.9"


@pytest.mark.parametrize(
    ("form", "version", "timestamp", "day"),
    [
        ("queue", QUEUE, "2023-01-01T00:00:00Z", "2022-05-06"),
        ("search", QUEUE, "2023-01-01T00:00:00Z", "2022-05-06"),
        ("sender", QUEUE, "2023-01-01T00:00:00Z", "2023-01-01"),
        ("sender", QUEUE, "", "2022-05-06"),
        ("queue", "7", "2023-01-01T00:00:00+01:00", "2023-01-01"),
        ("queue", "", "gisteren", ""),
        ("queue", "2022-05-06", "2023-01-01", ""),
    ],
)
def test_the_day_is_the_versions_or_the_messages(
    form: str, version: str, timestamp: str, day: str
) -> None:
    """A sender's version is the one that it was based on; what is no moment is no day."""
    db = sqlite3.connect(":memory:")
    db.executescript(
        "CREATE TABLE object (source_type, link, sighting);"
        "CREATE TABLE sighting (id, copy, version); CREATE TABLE copy (id, form, timestamp);"
        "INSERT INTO object VALUES ('T', 'x', 1)"
    )
    db.execute("INSERT INTO sighting VALUES (1, 2, ?)", (version,))
    db.execute("INSERT INTO copy VALUES (2, ?, ?)", (form, timestamp))

    assert day_of(db, "T", "x") == day
    assert day_of(db, "T", "y") == day_of(db, "U", "x") == ""


PATIENT, PLAN, STATUS = f"{HOST}/Patient/1", f"{HOST}/CarePlan/1", f"{HOST}/Status/1"


def message(number: int, link: str, content: dict[str, Any], version: str) -> bytes:
    """Return the queue copy of a message with one object, by the version that it got."""
    return Sent(f"m-{number}", {link: content}, assigned={link: version}, iid=number).queue()


@pytest.mark.parametrize("last", [PATIENT, PLAN, STATUS])
def test_a_dossier_changed_when_its_patient_an_activity_or_a_status_did(
    tmp_path: Path, last: str
) -> None:
    """Whichever came last; and not after that."""
    contents = {
        PATIENT: patient(),
        PLAN: careplan(activity("a-1")),
        STATUS: status("a-1", "Completed"),
    }
    files = [
        message(n, link, content, QUEUE if link == last else OTHER.replace("999.9", f"99{n}.9"))
        for n, (link, content) in enumerate(contents.items(), start=1)
    ]
    if last == PLAN:  # a later care plan decides; its status is then of no account
        files[2] = message(3, STATUS, contents[STATUS], OTHER)
    for place, (day, out) in enumerate((("2022-05-06", False), ("2022-05-07", True))):
        group = {"name": "oud", "patients": {"last_activity_before": day}, "dossiers": "none"}
        rules = with_rules(scope={"groups": [group]})
        with plan_files(tmp_path / str(place), files, rules) as plan:
            reasons = {o.link: o.reason for o in plan.objects() if o.outcome == "out_of_scope"}
        assert (PATIENT in reasons, "a-1" in reasons) == (out, out)


@pytest.mark.parametrize(
    ("scope", "out"),
    [
        ({"dossiers": "open"}, False),
        ({"dossiers": "open", "open_when": "open-activity"}, True),
        ({"dossiers": "closed"}, True),
        ({"dossiers": "none"}, True),
        ({"groups": [{"name": "g", "patients": {"list": "x"}, "dossiers": "none"}]}, True),
        (
            {
                "dossiers": "none",
                "groups": [{"name": "g", "patients": {"list": "x"}, "dossiers": "all"}],
            },
            False,
        ),
    ],
)
def test_of_a_patient_who_is_not_in_the_archive_there_is_a_dossier_too(
    tmp_path: Path,
    scope: dict[str, Any],
    out: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    """Without activities, and in a group by its link; its related person goes with it."""
    related = {
        **patient(),
        "resourceType": "RelatedPerson",
        "patient": {"reference": f"{HOST}/Patient/weg"},
        "relationship": {"coding": [{"code": "BRO"}]},
    }
    link = f"{HOST}/RelatedPerson/1"
    rules = replace(with_rules(scope=scope), lists={"g": frozenset({f"{HOST}/Patient/weg"})})
    with plan_files(tmp_path / "made", [message(1, link, related, QUEUE)], rules) as plan:
        (fate,) = [o.outcome for o in plan.objects() if o.link == link]

    assert fate == ("out_of_scope" if out else "rejected")  # its patient is nowhere


def test_an_identifier_is_known_alone_and_behind_its_system() -> None:
    """Behind a bar too where it has no system; one without a value is none."""
    body: Body = {
        "identifier": [
            {"system": ["urn:x"], "value": ["7"]},
            {"value": ["8"]},
            {"system": ["urn:x"]},
        ]
    }

    assert list(_identifiers(body)) == ["7", "urn:x|7", "8", "|8"]
