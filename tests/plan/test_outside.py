"""What is out of scope stays out, but for what something in scope needs; nothing is lost by that."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from archives import HOST
from hypothesis import given, settings
from hypothesis import strategies as st

from algorithm import oddities
from kt_migrate.algorithm.scope import OPEN_WHEN
from kt_migrate.model import Key, Resource
from kt_migrate.plan.store import Plan
from plan.small import plan_files, with_rules

DOSSIERS = 3
FILES = oddities.archive(DOSSIERS)
LOST = ("reference-dropped", "reference-missing", "definition-unresolved")
TYPES = (
    "Patient",
    "Practitioner",
    "RelatedPerson",
    "CareTeam",
    "ActivityDefinition",
    "Application",
    "CarePlanActivity",
)


def planned(folder: Path, scope: dict[str, Any], **lists: frozenset[str]) -> Plan:
    """Plan the archive of oddities with a scope, and perhaps lists of patients by group."""
    algorithm = replace(with_rules(scope=scope, sub_activities="tasks"), lists=lists)
    return plan_files(folder / "made", FILES, algorithm)


def out(plan: Plan) -> Counter[str]:
    """Count what is out of scope, by type and reason."""
    return Counter(
        f"{one.source_type} {one.reason}" for one in plan.objects() if one.outcome == "out_of_scope"
    )


Whole = tuple[dict[Key, Resource], set[tuple[str, str]], set[tuple[str, str, str]]]


@cache
def whole() -> Whole:
    """Return what is written, which objects there are, and what is lost without a scope."""
    with TemporaryDirectory() as folder, planned(Path(folder), {}) as plan:
        return looked_at(plan)


def looked_at(plan: Plan) -> Whole:
    """Return what is written, which objects there are, and which references are lost."""
    return (
        {w.key: w.resource for w in plan.writes()},
        {(o.source_type, o.link) for o in plan.objects()},
        {(i.link, i.code, i.path) for i in plan.issues() if i.code in LOST},
    )


def test_an_object_in_scope_brings_what_it_needs(tmp_path: Path) -> None:
    """Tasks alone are asked for: patients, practitioners, definitions and their Endpoint come."""
    with planned(tmp_path, {"types": ["CarePlanActivity", "MessageHeader"]}) as plan:
        written = Counter(write.key.r4_type for write in plan.writes())
        needed = Counter(i.source_type for i in plan.issues() if i.code == "scope-needed")
        stayed = out(plan)
        assert plan.books().unbalanced() == ()

    assert written == {
        "Task": 24,
        "Patient": 3,
        "Practitioner": 1,
        "ActivityDefinition": 1,
        "Endpoint": 1,
    }
    # The practitioner who is rejected was called, for nobody better was drafted yet.
    assert needed == {
        "Patient": 3,
        "Practitioner": 2,
        "ActivityDefinition": 1,
        "Application": 1,
    }
    assert stayed["Practitioner scope-types"] == 1
    assert stayed["Patient scope-types"] == 9
    assert stayed["RelatedPerson scope-types"] == 6
    assert not any("MessageHeader" in kind for kind in stayed)


def test_who_nobody_needs_may_stay_behind(tmp_path: Path) -> None:
    """Of `needed_only` types what something refers to takes part, and the rest is counted."""
    scope = {"needed_only": ["Practitioner", "ActivityDefinition", "Application"]}
    with planned(tmp_path, scope) as plan:
        written = Counter(write.key.r4_type for write in plan.writes())
        stayed = out(plan)

    assert written["Practitioner"] == 2
    assert (written["ActivityDefinition"], written["Endpoint"]) == (1, 1)
    assert stayed == {"ActivityDefinition scope-not-needed": 1}


def test_a_sub_activity_brings_its_activity(tmp_path: Path) -> None:
    """Parts of care plans come along too, each once."""
    with planned(tmp_path, {"types": ["CarePlanSubActivity"]}) as plan:
        tasks = {write.link for write in plan.writes() if write.key.r4_type == "Task"}

    assert tasks == {f"sub-{n}{more}" for n in (1, 2, 3) for more in ("", "#les")}


@pytest.mark.parametrize(
    ("patients", "members", "expected"),
    [
        ({"list": "x.csv"}, {f"{HOST}/Patient/1"}, {"1"}),
        ({"list": "x.csv"}, {"bsn-2", "nobody"}, {"2"}),
        ({"list": "x.csv"}, {"urn:bsn|bsn-3"}, {"3"}),
        ({"list": "x.csv"}, {"urn:other|bsn-3"}, set()),
        ({"organization": f"{HOST}/Organization/weg"}, set(), {"1", "2", "3"}),
        ({"organization": ["urn:x", "org-1"]}, set(), {"o"}),
        ({"last_activity_since": "2021-01-01"}, set(), {"1", "2", "3", "o"}),
        ({"last_activity_since": "2021-01-02"}, set(), set()),
        ({"last_activity_before": "2021-01-02"}, set(), {"1", "2", "3", "o"}),
        ({"last_activity_before": "2021-01-01"}, set(), set()),
        (
            {"list": "x.csv", "last_activity_since": "2021-01-02"},
            {f"{HOST}/Patient/1"},
            set(),
        ),
    ],
)
def test_a_group_has_the_patients_of_whom_all_is_so(
    tmp_path: Path, patients: dict[str, Any], members: set[str], expected: set[str]
) -> None:
    """By link or identifier, by organization, by the day of the last change; all must hold."""
    files = oddities.archive(DOSSIERS, identified=True)
    group = {"name": "weg", "patients": patients, "dossiers": "none"}
    algorithm = replace(with_rules(scope={"groups": [group]}), lists={"weg": frozenset(members)})
    with plan_files(tmp_path / "made", files, algorithm) as plan:
        gone = {
            one.link.rpartition("/")[2]
            for one in plan.objects()
            if one.reason == "scope-none/weg" and one.source_type == "Patient"
        }

    assert {name for name in gone if name in "123o"} == expected


def test_the_first_group_that_has_a_patient_counts(tmp_path: Path) -> None:
    """Whatever a later one says; who is in no group falls under the choices for everybody."""
    one, two = f"{HOST}/Patient/1", f"{HOST}/Patient/2"
    scope = {
        "dossiers": "none",
        "groups": [
            {"name": "een", "patients": {"list": "a"}, "dossiers": "all"},
            {"name": "twee", "patients": {"list": "b"}, "dossiers": "none"},
            {"name": "drie", "patients": {"list": "c"}, "closed_since": "2022-01-01"},
        ],
    }
    three = f"{HOST}/Patient/3"
    everybody = frozenset({one, two, three})
    lists = {"een": frozenset({one}), "twee": frozenset({one, two}), "drie": everybody}
    with planned(tmp_path, scope, **lists) as plan:
        patients = {w.link for w in plan.writes() if w.key.r4_type == "Patient"}

    assert patients == {one, three}


@pytest.mark.parametrize(
    ("since", "stays"), [("2021-01-01", 0), ("2021-01-02", 3), ("2030-01-01", 3)]
)
def test_of_a_type_only_what_changed_since_a_day_takes_part(
    tmp_path: Path, since: str, stays: int
) -> None:
    """By the version that the server gave; what a team needs comes along all the same."""
    with planned(tmp_path, {"history": {"RelatedPerson": since, "Practitioner": since}}) as plan:
        stayed = out(plan)
        teams = [w.resource["participant"] for w in plan.writes() if w.key.r4_type == "CareTeam"]

    assert stayed["RelatedPerson scope-history"] == stays
    assert [len(members) for members in teams if isinstance(members, list)] == [3, 3, 3]


choices = st.fixed_dictionaries(
    {
        "dossiers": st.sampled_from(["all", "open", "closed", "none"]),
        "open_when": st.sampled_from(sorted(OPEN_WHEN)),
        "closed_since": st.sampled_from([None, "2022-01-01"]),
        "history": st.dictionaries(
            st.sampled_from(["RelatedPerson", "CareTeam", "Practitioner"]),
            st.sampled_from(["2020-01-01", "2022-01-01"]),
            max_size=2,
        ),
    }
)
groups = st.builds(
    lambda choice, n: [{**choice, "name": "g", "patients": {"list": "x"}}] if n else [],
    choices,
    st.booleans(),
)
scopes = st.builds(
    lambda choice, types, needed, group: {
        **choice,
        "types": types or "all",
        "needed_only": needed,
        "groups": group,
    },
    choices,
    st.lists(st.sampled_from(TYPES), unique=True, max_size=4),
    st.lists(st.sampled_from(TYPES), unique=True, max_size=2),
    groups,
)


@pytest.mark.property
@settings(max_examples=25, deadline=None)
@given(scopes, st.sets(st.sampled_from([f"{HOST}/Patient/{n}" for n in (1, 2, 3)])))
def test_a_scope_leaves_out_and_spoils_nothing(scope: dict[str, Any], members: set[str]) -> None:
    """What is written is written as without a scope, and no reference is lost by it."""
    with TemporaryDirectory() as folder, planned(Path(folder), scope, g=frozenset(members)) as plan:
        written, objects, lost = looked_at(plan)
        assert plan.books().unbalanced() == ()

    before, all_objects, lost_before = whole()
    assert objects == all_objects
    assert lost <= lost_before
    for key, resource in written.items():
        # Who is in scope already goes before who would have to come along.
        assert without_requester(resource) == without_requester(before[key])
        assert ("requester" in resource) == ("requester" in before[key])


def without_requester(resource: Resource) -> Resource:
    """Return the rest of a task."""
    return {name: value for name, value in resource.items() if name != "requester"}
