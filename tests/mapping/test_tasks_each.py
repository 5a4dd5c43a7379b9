"""A task for each performer, and references of every kind."""

from __future__ import annotations

import pytest

from kt_migrate.algorithm.registry import FUNCTIONS, Context, Registered
from kt_migrate.mapping import map_object
from kt_migrate.model import (
    Body,
    Issue,
    Json,
    Key,
    Node,
    Reference,
)
from mapping.own import (
    LINK,
    NAME,
    P1,
    P2,
    P3,
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

    monkeypatch.setitem(FUNCTIONS, "text", Registered(odd, (), ()))

    with pytest.raises(ValueError, match="shorter"):
        map_object(thing({}), one(IDENTIFIER, rule("owner")), Known())
