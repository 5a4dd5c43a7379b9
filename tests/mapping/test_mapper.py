"""An algorithm at work on one object: what it becomes, what is said, or why it becomes nothing."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.mapping import map_object
from kt_migrate.mapping.selecting import select
from kt_migrate.model import (
    Body,
    Issue,
    Json,
    Key,
    Node,
    NotMigrated,
    Rejected,
    Write,
)
from mapping.own import (
    LINK,
    NAME,
    NS,
    P1,
    P2,
    SYSTEM,
    algorithm,
    issues,
    mapped,
    one,
    rule,
    rules,
    thing,
)
from ruling import Known

pytestmark = pytest.mark.property


def test_a_resource_is_what_its_rules_make() -> None:
    """Of its type, with its profile, under its temporary identifier; what is absent is left out."""
    made = one(
        rule("identifier", using="identifiers(Person)"),
        rule("active", **{"from": "active", "using": "boolean"}),
        rule("status", value="fixed", using="boolean", **{"from": "active"}),
        NAME,
        rule("gone", **{"from": "nothing"}),
    )

    result = mapped(map_object(thing({"active": ["false"], "label": ["Naam"]}), made, Known()))

    assert result.writes == (
        Write(
            key=Key(r4_type="Patient", system=f"{SYSTEM}Person", value=LINK),
            resource={
                "resourceType": "Patient",
                "meta": {"profile": ["http://koppeltaal.nl/fhir/StructureDefinition/KT2Patient"]},
                "identifier": [{"use": "temp", "system": f"{SYSTEM}Person", "value": LINK}],
                "active": False,
                "status": "fixed",
                "name": "Naam",
            },
            references=(),
        ),
    )
    assert result.notices == ()


def test_what_is_required_and_missing_rejects_with_its_place_and_rule() -> None:
    """Each of them, once; a rule that says why itself is not said twice; later rules still look."""
    made = one(
        rule("birthDate", required=True, **{"from": "birthDate", "using": "date_only"}),
        rule("active", required=True, **{"from": "active", "using": "boolean"}),
        rule("gender", **{"from": "gender", "using": "code(none)"}),
        rule("title", required=True),
        rule("again", **{"from": "several", "using": "code(none)"}),
    )
    body: Body = {"active": ["misschien"], "gender": ["M"]}

    assert issues(map_object(thing(body), made, Known())) == [
        Issue(code="value-missing", path="Patient.birthDate", rule="rule-birthdate"),
        Issue(code="value-invalid", path="Patient.active", rule="rule-active"),
        Issue(code="code-unknown", path="Patient.gender", rule="rule-gender", detail="M"),
        Issue(code="value-missing", path="Patient.title", rule="rule-title"),
    ]


def test_the_same_issue_is_said_once() -> None:
    """Of a rejection and of a notice; different ones in the order of their rules."""
    wrong = rule("active", **{"from": "active", "using": "boolean"})
    made = one(wrong, wrong)
    assert len(issues(map_object(thing({"active": ["x"]}), made, Known()))) == 1

    fine = one(
        rule("name", **{"from": "name", "using": "human_names"}),
        rule("telecom", **{"from": "telecom", "using": "telecoms(contact-use)"}),
    )
    name: Node = {"family": ["A"], "given": ["B"], "prefix": ["dr."]}
    body: Body = {"name": [name, name], "telecom": [{"value": ["1"]}]}
    assert mapped(map_object(thing(body), fine, Known())).notices == (
        Issue(code="value-dropped", path="Patient.name", rule="rule-name", detail="name.prefix"),
        Issue(
            code="value-dropped",
            path="Patient.telecom",
            rule="rule-telecom",
            detail="telecom.system",
        ),
    )


def test_the_enrichment_is_asked_for_the_objects_own_field() -> None:
    """And only by a rule that names one."""
    known = Known(values={f"{LINK}#birthDate": "1950-01-02", f"{LINK}#name": "niet dit"})
    made = one(
        rule("birthDate", enrichment="birthDate", **{"from": "b", "using": "date_only"}), NAME
    )

    resource = mapped(map_object(thing({}), made, known)).writes[0].resource

    assert resource["birthDate"] == "1950-01-02"
    assert "name" not in resource


def test_a_code_is_looked_up_in_the_algorithms_tables() -> None:
    """In the one that the rule names."""
    made = one(
        rule("gender", **{"from": "gender", "using": "code(b)"}),
        codes={"a": {"M": "wrong"}, "b": {"M": "male"}},
    )

    assert mapped(map_object(thing({"gender": ["M"]}), made, Known())).writes[0].resource[
        "gender"
    ] == ("male")


@pytest.mark.parametrize(
    ("source_type", "subs", "expected"),
    [
        ("Gone", "count", NotMigrated(rule="no-gone")),
        ("Gone", "tasks", NotMigrated(rule="no-gone")),
        ("CarePlanSubActivity", "count", NotMigrated(rule="no-sub")),
        ("CarePlanActivityStatus", "count", Rejected(issues=(Issue(code="activity-unknown"),))),
        ("New", "count", Rejected(issues=(Issue(code="type-unknown", detail="New"),))),
    ],
)
def test_what_has_no_home_or_no_rules_ends_before_any_rule(
    source_type: str, subs: str, expected: object
) -> None:
    """By decision, or because nobody knows what it is."""
    made = algorithm(
        {"Thing": rules(NAME), "CarePlanSubActivity": rules(NAME), "Gone": rules(NAME)},
        not_migrated={"Gone": "no-gone", "CarePlanSubActivity": "no-sub"},
        subs="tasks" if subs == "tasks" else "count",
    )

    assert map_object(thing({"label": ["x"]}, source_type), made, Known()) == expected


def test_sub_activities_become_tasks_when_the_policy_says_so() -> None:
    """Although they have a rule that says that they do not."""
    made = algorithm(
        {"CarePlanSubActivity": rules(NAME)},
        not_migrated={"CarePlanSubActivity": "no-sub"},
        subs="tasks",
    )

    result = mapped(map_object(thing({"label": ["x"]}, "CarePlanSubActivity"), made, Known()))

    assert result.writes[0].resource["name"] == "x"


def test_an_application_that_is_in_kt2_already_is_not_made_again() -> None:
    """By its entry; one with a launch address is made, as is one without an entry."""
    made = algorithm({"Application": rules(NAME, target="Endpoint"), "Thing": rules(NAME)})
    there = {
        "reference": "Endpoint/1",
        "definition_url": "https://a.example/{identifier}",
    }
    known = Known(applications={LINK: there, P1: {"endpoint": "https://a.example"}})
    body: Body = {"label": ["x"]}

    assert map_object(thing(body, "Application"), made, known) == NotMigrated(
        rule="endpoint-exists"
    )
    for link in (P1, P2):
        result = mapped(map_object(thing(body, "Application", link), made, known))
        assert result.writes[0].key == Key(r4_type="Endpoint", system=f"{SYSTEM}Person", value=link)
    assert mapped(map_object(thing(body), made, known)).writes


SUBJECT = rule(
    "subject", using="reference(mandatory, Patient, Practitioner)", **{"from": "subject"}
)


EXTENDED: Body = {
    "extension": [
        {"url": [NS + "A#B"], "valueString": ["1"]},
        {"url": [NS + "Profile/A#B"], "valueString": ["2", "3"]},
        {"url": [NS + "A#C"], "valueString": ["4"]},
        "text",
        {"url": [NS + "A#B"], "extension": [{"url": [NS + "A#D"], "valueCode": ["5"]}]},
    ],
    "name": [{"given": ["a", "b"]}, "text", {"given": ["c"], "family": ["d"]}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("extension[A#B].valueString", ["1", "2", "3"]),
        ("extension[A#B].extension[A#D].valueCode", ["5"]),
        ("extension[A#X].valueString", []),
        ("name.given", ["a", "b", "c"]),
        ("name.family", ["d"]),
        ("name.given.more", []),
        ("nothing", []),
        ("nothing.more", []),
    ],
)
def test_a_path_selects_every_node_that_it_names(path: str, found: list[Node]) -> None:
    """In document order; an extension in both forms of its URL."""
    assert select(EXTENDED, path) == found


_TEXT = st.sampled_from(["", "x", "M", "2021-01-01", "true", P1])


_BODY = st.recursive(
    _TEXT,
    lambda below: st.dictionaries(
        st.sampled_from(["label", "active", "subject", "url", "value"]), st.lists(below, max_size=2)
    ),
    max_leaves=8,
)


@given(
    st.dictionaries(
        st.sampled_from(["label", "active", "subject", "other"]), st.lists(_BODY, max_size=2)
    )
)
def test_the_same_object_always_becomes_the_same_and_stays_as_it_is(body: Body) -> None:
    """Pure: whatever stands in it, and however often."""
    made = one(NAME, rule("active", **{"from": "active", "using": "boolean"}), SUBJECT)
    before: Json = copy.deepcopy(body)  # type: ignore[assignment]  # a body is JSON

    first = map_object(thing(body), made, Known())

    assert first == map_object(thing(body), made, Known())
    assert body == before
