"""What the history noticed of an object has its line in the plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from irregular import (
    C1,
    P1,
    S1,
    STATUS,
    Plans,
    activity,
    issues,
    patient,
    plan_with,
    planner,
    sent,
    status,
)

from kt13.two_forms import as_json, entry, extension


@pytest.fixture
def planned(tmp_path: Path) -> Iterator[Plans]:
    """Return a maker of plans: of each of these documents a file."""
    yield from planner(tmp_path)


def test_characters_that_were_taken_out_are_said_with_their_number(planned: Plans) -> None:
    """One line for the object."""
    made = as_json(sent(entry(patient("Pr@@"), P1))).replace(b"@", b"\\b")

    assert issues(planned(made), "characters-removed") == [("Patient", P1, "2")]


def test_links_that_are_alike_are_said_of_each(planned: Plans) -> None:
    """They stay two objects."""
    other = P1.replace("https", "http")
    made = as_json(sent(entry(patient(), P1), entry(patient(), other)))

    assert issues(planned(made), "links-alike") == [("Patient", other, ""), ("Patient", P1, "")]


def test_sub_activities_that_the_care_plan_lacks_are_counted(planned: Plans) -> None:
    """Of a status message that decides."""
    name = extension(f"{STATUS}#SubActivityIdentifier", valueString="deel 2")
    strange = extension(f"{STATUS}#SubActivity", extension=[name])
    plan = sent(entry(patient(), P1), entry(plan_with(activity("a-1")), C1))
    later = sent(entry(status("a-1", "InProgress", strange), S1), identifier="m-2")
    later["entry"][0]["content"]["timestamp"] = "2021-02-01T00:00:00Z"

    found = planned(as_json(plan), as_json(later))

    assert issues(found, "sub-activity-unknown") == [("CarePlanActivity", "a-1", "1")]
