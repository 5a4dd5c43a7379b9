"""Every value of every policy, seen to matter in a generated archive: counts of what becomes of it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pytest

from algorithm import oddities
from kt_migrate.algorithm.policies import CHOICES, Policies, chosen
from kt_migrate.language import shown
from kt_migrate.model import Resource
from plan.small import plan_files, with_rules

DOSSIERS = 3

CASES: dict[tuple[str, str], dict[str, int]] = {
    ("sub_activities", "count"): {"Task": 8, "not_migrated careplan-sub-activity": 1},
    ("sub_activities", "tasks"): {"Task": 9, "not_migrated careplan-sub-activity": 0},
    ("task_owner", "first"): {"Task": 8, "owner-first": 1, "owner-ambiguous": 0},
    ("task_owner", "one-task-each"): {"Task": 9, "owner-first": 0, "owner-ambiguous": 0},
    ("task_owner", "reject"): {"Task": 7, "owner-first": 0, "owner-ambiguous": 1},
    ("owner_missing", "patient"): {"Task": 8, "rejected CarePlanActivity": 0},
    ("owner_missing", "reject"): {"Task": 7, "rejected CarePlanActivity": 1},
    ("task_requester", "plan-first"): {
        "requester 1": 8,
        "requester 2": 0,
        "requester-passed-over": 16,
    },
    ("task_requester", "activity-first"): {
        "requester 1": 7,
        "requester 2": 1,
        "requester-passed-over": 15,
    },
    ("time_zone", "Europe/Amsterdam"): {"start +01:00": 1, "start -05:00": 0, "zone-assumed": 1},
    ("time_zone", "America/New_York"): {"start +01:00": 0, "start -05:00": 1, "zone-assumed": 1},
    ("period_reversed", "drop"): {"Task": 8, "period-dropped": 1},
    ("period_reversed", "reject"): {"Task": 7, "period-dropped": 0, "value-invalid": 1},
    ("definition_identifier", "extension-else-native"): {
        "instantiates": 1,
        "definition-unresolved": 1,
    },
    ("definition_identifier", "extension-only"): {"instantiates": 0, "definition-unresolved": 2},
    ("definition_unresolved", "without"): {"Task": 8, "definition-unresolved": 1},
    ("definition_unresolved", "reject"): {"Task": 7, "definition-unresolved": 0},
    ("member_role_unknown", "without-role"): {"CareTeam": 1, "member": 3, "role-unknown": 1},
    ("member_role_unknown", "reject"): {"CareTeam": 0, "member": 0, "code-unknown": 1},
    ("related_persons_in_teams", "members"): {"CareTeam": 1, "member": 3, "value-dropped": 0},
    ("related_persons_in_teams", "left-out"): {"CareTeam": 1, "member": 2, "value-dropped": 1},
    ("gender_missing", "unknown"): {"Patient": 3, "gender unknown": 1},
    ("gender_missing", "reject"): {"Patient": 2, "gender unknown": 0},
    ("active_missing", "true"): {"Patient": 3},
    ("active_missing", "reject"): {"Patient": 2},
    ("name_incomplete", "reject"): {"Patient": 3, "name temp": 0},
    ("name_incomplete", "temp"): {"Patient": 4, "name temp": 1},
    ("relationship_missing", "reject"): {"RelatedPerson": 1},
    ("relationship_missing", "other"): {"RelatedPerson": 2},
    ("optional_reference_missing", "without"): {"Patient": 3, "reference-dropped": 1},
    ("optional_reference_missing", "reject"): {"Patient": 2, "reference-dropped": 0},
}
"""What each value comes to per dossier. A value without an entry here fails a test."""


@cache
def figures(policy: str, value: str) -> Counter[str]:
    """Plan the archive with one choice, and count what became of it."""
    found: Counter[str] = Counter()
    with (
        TemporaryDirectory() as folder,
        plan_files(
            Path(folder) / "made",
            oddities.archive(DOSSIERS),
            with_rules(**{policy: value}),
        ) as plan,
    ):
        assert plan.books().unbalanced() == ()
        found.update(issue.code for issue in plan.issues())
        for one in plan.objects():
            found[f"{one.outcome} {one.source_type}"] += 1
            found[f"{one.outcome} {one.reason}"] += 1
        for write in plan.writes():
            found[write.key.r4_type] += 1
            found.update(_said(write.resource))
    return found


def _said(resource: Resource) -> list[str]:
    """Return what policies decide on in one resource."""
    said: list[str] = []
    requester, period = resource.get("requester"), resource.get("executionPeriod")
    if isinstance(requester, dict):
        said.append("requester " + str(requester["reference"]).rpartition("/")[2])
    if isinstance(period, dict) and "T" in (start := str(period.get("start", ""))):
        said.append("start " + start[-6:])
    if resource.get("gender") == "unknown":
        said.append("gender unknown")
    members, names = resource.get("participant"), resource.get("name")
    if resource["resourceType"] == "CareTeam" and isinstance(members, list):
        said.extend("member" for _member in members)
    if isinstance(names, list) and "'temp'" in str(names[0]):
        said.append("name temp")
    if "instantiates" in str(resource.get("extension", "")):
        said.append("instantiates")
    return said


@pytest.mark.parametrize(("policy", "value"), CASES)
def test_a_value_of_a_policy_does_what_it_says(policy: str, value: str) -> None:
    """So many per dossier, of each thing that it decides on."""
    found = figures(policy, value)

    expected = CASES[policy, value]
    assert {name: found[name] for name in expected} == {
        name: DOSSIERS * count for name, count in expected.items()
    }


def test_every_value_of_every_policy_has_its_case_and_its_sentence() -> None:
    """Nothing can be chosen that nobody tried, and nothing without what it comes to."""
    assert [choice.name for choice in CHOICES] == list(Policies.model_fields)
    for choice in CHOICES:
        allowed = get_args(Policies.model_fields[choice.name].annotation)
        tried = {value for policy, value in CASES if policy == choice.name}
        if allowed:
            assert set(allowed) == set(choice.values) == tried
        else:
            assert set(choice.values) == {"*"}
            assert len(tried) > 1
        assert choice.source
        for words in choice.values.values():
            assert shown(words).endswith(".")
            assert words.endswith(".")
            assert shown(words) != words


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice.name)
def test_the_values_of_a_policy_differ_in_what_they_count(choice: object) -> None:
    """A switch that changes nothing is none."""
    name = getattr(choice, "name", "")
    found = [figures(*case) for case in CASES if case[0] == name]

    assert all(one != other for n, one in enumerate(found) for other in found[:n])


def test_what_is_chosen_is_said_with_what_it_comes_to() -> None:
    """The zone's own name stands in its sentence; the standard is the domain's."""
    said = {name: (value, words) for name, value, words in chosen(Policies())}

    assert list(said) == list(Policies.model_fields)
    value, words = said["time_zone"]
    assert value == "Europe/Amsterdam"
    assert "Europe/Amsterdam" in shown(words)
    assert "Europe/Amsterdam" in words
    assert said["member_role_unknown"][0] == "without-role"


def test_a_requester_is_the_first_who_is_migrated() -> None:
    """The related person and the practitioner who was rejected are passed over, and that is said."""
    found = figures("task_requester", "plan-first")

    assert found["requester uitval"] == 0
    assert found["requester 1"] == found["Task"]
