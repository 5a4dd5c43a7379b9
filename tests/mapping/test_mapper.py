"""An algorithm at work on one object: what it becomes, what is said, or why it becomes nothing."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.algorithm.registry import FUNCTIONS, Context, Registered
from kt_migrate.mapping import map_object
from kt_migrate.mapping.mapper import select
from kt_migrate.model import (
    Body,
    Issue,
    Json,
    Key,
    Loss,
    Node,
    NotMigrated,
    Reference,
    Rejected,
    Write,
)
from mapping.own import LINK, NS, algorithm, mapped, rule, rules, thing
from ruling import Known

pytestmark = pytest.mark.property

SYSTEM = "http://koppeltaal.nl/migration/identifier/"
P1, P2, P3 = (f"http://epd.example/fhir/P/{n}" for n in (1, 2, 3))
NAME = rule("name", **{"from": "label"})


def one(*found: object, **more: object) -> Algorithm:
    """Return an algorithm of one type with these rules."""
    return algorithm({"Thing": rules(*found)}, **more)  # type: ignore[arg-type]  # what a test asks for


def issues(result: object) -> list[Issue]:
    """Return why an object was rejected."""
    assert isinstance(result, Rejected)
    return list(result.issues)


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
    assert result.losses == ()


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
        rule("telecom", **{"from": "telecom", "using": "telecoms"}),
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


def test_what_no_rule_reads_comes_with_the_result() -> None:
    """So that it is counted."""
    result = mapped(map_object(thing({"label": ["x"], "other": ["y"]}), one(NAME), Known()))

    assert result.losses == (Loss(path="other"),)


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
TYPES = {
    "Patient": rules(NAME, target="Patient", identifier="PersonA"),
    "Doctor": rules(NAME, target="Practitioner", identifier="PersonB"),
    "Team": rules(NAME, target="CareTeam", identifier="Team"),
}


@pytest.mark.parametrize(
    ("known", "r4_type", "system"),
    [
        ("Patient", "Patient", "PersonA"),
        ("Doctor", "Practitioner", "PersonB"),
        (None, "Patient", "Patient"),
    ],
)
def test_a_reference_is_to_what_the_object_becomes(
    known: str | None, r4_type: str, system: str
) -> None:
    """By the rules of its type; what the archive does not hold counts as the first allowed type."""
    made = algorithm({**TYPES, "Thing": rules(SUBJECT, target="Task")})
    lookup = Known(types={P1: known} if known else {})
    key = Key(r4_type=r4_type, system=f"{SYSTEM}{system}", value=P1)

    (write,) = mapped(map_object(thing({"subject": [{"reference": [P1]}]}), made, lookup)).writes

    assert write.resource["subject"] == {"reference": key.reference, "type": r4_type}
    assert write.references == (
        Reference(target=key, path=("subject",), remove=(), rule="rule-subject"),
    )


@pytest.mark.parametrize("known", ["Team", "Nothing"])
def test_a_reference_to_what_may_not_stand_there_rejects(known: str) -> None:
    """A type that is not allowed, or that becomes nothing."""
    made = algorithm({**TYPES, "Thing": rules(SUBJECT, target="Task")})

    result = map_object(thing({"subject": [{"reference": [P1]}]}), made, Known(types={P1: known}))

    assert issues(result) == [Issue(code="value-invalid", path="Task.subject", rule="rule-subject")]


def test_an_optional_reference_says_what_goes_with_it() -> None:
    """The element that is senseless without it; places in it are relative to the element."""
    member = rule("participant", using="team_members(roles)", **{"from": "member"})
    subject = rule("subject", using="reference(optional, Patient)", **{"from": "subject"})
    made = algorithm({"Thing": rules(subject, member, target="CareTeam")})
    links: list[Node] = [{"reference": [P1]}, {"reference": [P3]}]
    body: Body = {"subject": links, "member": [{"reference": [P2]}]}

    result = mapped(map_object(thing(body), made, Known()))
    (write,) = result.writes

    assert result.notices == (
        Issue(code="first-of-several", path="CareTeam.subject", rule="rule-subject"),
    )
    assert [(r.path, r.remove, r.rule) for r in write.references] == [
        (("subject",), ("subject",), "rule-subject"),
        (("participant", 0, "member"), ("participant", 0), "rule-participant"),
    ]


OWNER = rule("owner", using="task_owner", **{"from": "performer"})
IDENTIFIER = rule("identifier", using="identifiers(Job)", **{"from": "identifier"})


def performers(*links: str) -> list[Node]:
    """Return performers."""
    return [{"reference": [link]} for link in links]


def test_a_task_each_has_a_key_an_identifier_and_an_owner_of_its_own() -> None:
    """All else is shared: the real identifiers, the other elements, the other references."""
    subject = rule("for", using="reference(mandatory, Patient)", **{"from": "subject"})
    made = algorithm(
        {"Thing": rules(IDENTIFIER, subject, OWNER, NAME, target="Task", identifier="Job")},
        owner="one-task-each",
    )
    body: Body = {
        "identifier": [{"value": ["real"]}],
        "subject": [{"reference": [P3]}],
        "performer": performers(P1, P2),
        "label": ["x"],
    }

    writes = mapped(map_object(thing(body), made, Known())).writes

    assert len(writes) == 2
    for number, (write, link) in enumerate(zip(writes, (P1, P2), strict=True), start=1):
        own = f"{LINK}#owner-{number}"
        owner = Key(r4_type="Patient", system=f"{SYSTEM}Patient", value=link)
        patient = Key(r4_type="Patient", system=f"{SYSTEM}Patient", value=P3)
        assert write.key == Key(r4_type="Task", system=f"{SYSTEM}Job", value=own)
        assert write.resource == {
            "resourceType": "Task",
            "meta": {"profile": ["http://koppeltaal.nl/fhir/StructureDefinition/KT2Task"]},
            "identifier": [
                {"use": "temp", "system": f"{SYSTEM}Job", "value": own},
                {"value": "real"},
            ],
            "for": {"reference": patient.reference, "type": "Patient"},
            "owner": {"reference": owner.reference, "type": "Patient"},
            "name": "x",
        }
        assert write.references == (
            Reference(target=patient, path=("for",), rule="rule-for"),
            Reference(target=owner, path=("owner",), rule="rule-owner"),
        )


def test_a_type_without_rules_or_identifier_is_for_the_check_to_refuse() -> None:
    """An algorithm of one's own may take every rule away: nothing falls over."""
    bare = algorithm({"Thing": rules(target="Task")})
    assert mapped(map_object(thing({}), bare, Known())).writes[0].resource == {
        "resourceType": "Task",
        "meta": {"profile": ["http://koppeltaal.nl/fhir/StructureDefinition/KT2Task"]},
    }

    each = algorithm({"Thing": rules(OWNER, target="Task")}, owner="one-task-each")
    writes = mapped(map_object(thing({"performer": performers(P1, P2)}), each, Known())).writes
    assert [len(as_list(w.resource["identifier"])) for w in writes] == [1, 1]


def as_list(value: Json) -> list[Json]:
    """Return an element that repeats."""
    assert isinstance(value, list)
    return value


def test_one_performer_makes_one_task_under_its_plain_key() -> None:
    """Whatever the policy."""
    made = algorithm(
        {"Thing": rules(IDENTIFIER, OWNER, target="Task", identifier="Job")}, owner="one-task-each"
    )

    (write,) = mapped(map_object(thing({"performer": performers(P1, P1)}), made, Known())).writes

    assert write.key.value == LINK
    assert [r.target.value for r in write.references] == [P1]


def test_an_owner_that_cannot_be_rejects_the_object_among_others_too() -> None:
    """No half of it is written."""
    made = algorithm(
        {**TYPES, "Thing": rules(IDENTIFIER, OWNER, target="Task")}, owner="one-task-each"
    )

    result = map_object(
        thing({"performer": performers(P1, P2)}), made, Known(types={P2: "Nothing"})
    )

    assert issues(result) == [Issue(code="value-invalid", path="Task.owner", rule="rule-owner")]


def test_an_owner_without_a_reference_of_its_own_stops_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A fault of a function, not of the data: no task is written with another's reference."""

    def odd(context: Context, _nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
        key = context.key(P1, ("Patient",))
        assert key is not None
        values: list[Json] = [context.refer(key, (), None), "another"]
        context.alternatives(values)
        return values[0]

    monkeypatch.setitem(FUNCTIONS, "text", Registered(odd, (), 0, 0))

    with pytest.raises(ValueError, match="shorter"):
        map_object(thing({}), one(IDENTIFIER, rule("owner")), Known())


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
