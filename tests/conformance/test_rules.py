"""What profiles say in slices and invariants: each one kept, and each one broken."""

from __future__ import annotations

import pytest

from conformance.resources import GOOD, good, problems, value_set
from kt_migrate.conformance import check, newest_version
from kt_migrate.conformance.service import team_roles
from kt_migrate.model import Json

QUALIFIER = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-qualifier"
ORIGIN = "http://koppeltaal.nl/fhir/StructureDefinition/resource-origin"
ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
COD472 = "urn:oid:2.16.840.1.113883.2.4.3.11.22.472"
PEOPLE = ("Patient", "Practitioner", "RelatedPerson")


def qualifier(*codes: str, url: str = QUALIFIER) -> Json:
    """Return the extensions of one given."""
    return {"extension": [{"url": url, "valueCode": code} for code in codes]}


def name(**changes: Json) -> dict[str, Json]:
    """Return an official name with these changes; None leaves out."""
    made: dict[str, Json] = {
        "use": "official",
        "family": "Berg",
        "given": ["Jan", "P."],
        "_given": [qualifier("BR"), qualifier("IN")],
        **changes,
    }
    return {k: v for k, v in made.items() if v is not None}


USUAL_HAS_NO: dict[str, Json] = {"family": "Berg", "prefix": ["van"], "suffix": ["x"]}
NAMES: list[tuple[str, list[Json], dict[str, str]]] = [
    ("whole", [name()], {}),
    ("a calling name", [name(given=["Jan"], _given=[qualifier("CL")])], {}),
    (
        "a family by its extension",
        [name(family=None, _family={"extension": [{"url": "urn:x", "valueString": "x"}]})],
        {},
    ),
    ("no family", [name(family=None)], {"family": "min"}),
    ("no given", [name(given=None, _given=None)], {"given": "min"}),
    ("given without qualifiers", [name(_given=None)], {"given.extension": "min"}),
    ("one qualifier short", [name(_given=[qualifier("BR")])], {"given.extension": "min"}),
    ("a qualifier too many", [name(given=["Jan"])], {}),
    (
        "an unknown qualifier",
        [name(_given=[qualifier("BR"), qualifier("XX")])],
        {"given.extension.valueCode": "code"},
    ),
    (
        "two qualifiers for one",
        [name(_given=[qualifier("BR"), qualifier("BR", "IN")])],
        {},
    ),
    (
        "another extension",
        [name(_given=[qualifier("BR"), qualifier("IN", url="urn:x")])],
        {"given.extension": "givenOrInitial-min"},
    ),
    ("two official", [name(), name()], {}),
    ("three official", [name(), name(), name()], {"": "nameInformation-max"}),
    ("a nickname", [name(), {"use": "nickname", "family": "x"}], {}),
    ("usual", [name(), {"use": "usual", "given": ["Jan"]}], {}),
    ("usual without given", [name(), {"use": "usual"}], {"given": "min"}),
]
for _element, _value in USUAL_HAS_NO.items():
    _usual: dict[str, Json] = {"use": "usual", "given": ["Jan"], _element: _value}
    NAMES.append((f"usual with {_element}", [name(), _usual], {_element: "max"}))


@pytest.mark.parametrize("r4_type", PEOPLE)
@pytest.mark.parametrize(("case", "names", "wrong"), NAMES)
def test_a_name_keeps_to_its_slice(
    r4_type: str, case: str, names: list[Json], wrong: dict[str, str]
) -> None:
    """Official: family, given, a qualifier for each; usual: given alone."""
    path = f"{r4_type}.name"

    found = problems(good(r4_type, name=names))

    if r4_type == "RelatedPerson" and case in ("no family", "no given"):
        wrong = {}  # its profile does not ask for them
    assert found == {(f"{path}.{k}" if k else path, v) for k, v in wrong.items()}, case


@pytest.mark.parametrize("r4_type", PEOPLE)
def test_a_name_says_its_use(r4_type: str) -> None:
    """Invariants kt2pnu-1 and kt2pnu-2; KT2_RelatedPerson has none."""
    wrong = {
        "Patient": {("Patient.name", "kt2pnu-2")},
        "Practitioner": {("Practitioner.name", "kt2pnu-1")},
    }.get(r4_type, set())

    assert problems(good(r4_type, name=[name(), {"family": "Berg"}])) == wrong


def test_given_is_a_list_of_at_least_one() -> None:
    """Of a patient, that is; no text will do."""
    path = "Patient.name.given"

    assert problems(good("Patient", name=[name(given="Jan")])) == {(path, "cardinality")}
    assert problems(good("Patient", name=[name(given=[])])) == {(path, "min")}


@pytest.mark.parametrize(
    ("telecom", "fine"),
    [
        ({"system": "email"}, True),
        ({"system": "email", "use": "home"}, True),
        ({"system": "email", "use": "work"}, True),
        ({"system": "email", "use": "temp"}, False),
        ({"system": "email", "use": "old"}, False),
        ({"system": "phone", "use": "work"}, False),
    ],
)
def test_a_practitioner_has_an_email_address(telecom: dict[str, Json], *, fine: bool) -> None:
    """Anywhere among the telecoms; nobody else needs one."""
    phone: Json = {"system": "phone", "value": "1"}
    value: Json = [phone, {**telecom, "value": "x"}]
    wrong = set() if fine else {("Practitioner.telecom", "emailAddresses-min")}

    assert problems(good("Practitioner", telecom=value)) == wrong
    assert problems(good("Patient", telecom=[phone])) == set()
    assert problems(good("RelatedPerson", telecom=[phone])) == set()


def concept(*codings: tuple[str, str]) -> Json:
    """Return a CodeableConcept of (system, code) pairs."""
    return {"coding": [{"system": system, "code": code} for system, code in codings]}


def test_every_relationship_of_the_value_set_is_good() -> None:
    """Alone, and one next to another; the two with a fixed display need it."""
    displays = {"23": "Contactpersoon", "24": "Wettelijke vertegenwoordiger"}
    relations = value_set("2.3.1.1--20200901000000")
    assert relations[NULL_FLAVOR] == ["OTH"]
    assert len(relations[ROLE_CODE] or ()) == 34
    known = [*relations.items(), *value_set("2.3.1.2--20200901000000").items()]
    for system, codes in known:
        for code in codes or ():
            coding: dict[str, Json] = {"system": system, "code": code}
            if system == COD472 and code in displays:
                coding["display"] = displays[code]
            good_one: Json = [{"coding": [coding]}, concept((ROLE_CODE, "BRO"))]
            assert problems(good("RelatedPerson", relationship=good_one)) == set()


@pytest.mark.parametrize(
    "relationship",
    [
        concept((ROLE_CODE, "FRND")),
        concept(("urn:x", "BRO")),
        concept((NULL_FLAVOR, "BRO")),
        concept((ROLE_CODE, "BRO"), (ROLE_CODE, "FRND")),
        {"text": "broer"},
        {"coding": [{"code": "BRO"}]},
    ],
)
def test_a_relationship_outside_the_closed_list_is_refused(relationship: Json) -> None:
    """Also next to a good one; without a code at all too."""
    both: Json = [concept((ROLE_CODE, "BRO")), relationship]

    found = problems(good("RelatedPerson", relationship=both))
    assert found - {("RelatedPerson.relationship.coding", "unknown-code")} == {
        ("RelatedPerson.relationship", "closed-slicing")
    }


@pytest.mark.parametrize(
    ("code", "display", "fine"),
    [
        ("23", "Contactpersoon", True),
        ("24", "Wettelijke vertegenwoordiger", True),
        ("23", "Wettelijke vertegenwoordiger", False),
        ("24", "wettelijke vertegenwoordiger", False),
        ("24", None, False),
        ("20", "Vriend", True),
        ("20", None, True),
    ],
)
def test_a_contact_person_and_a_legal_one_are_called_so(
    code: str, display: str | None, *, fine: bool
) -> None:
    """Invariant kt2-role-display-validation, of this list's codes alone."""
    coding: dict[str, Json] = {"system": COD472, "code": code}
    if display is not None:
        coding["display"] = display
    wrong = set() if fine else {("RelatedPerson.relationship", "kt2-role-display-validation")}

    assert problems(good("RelatedPerson", relationship=[{"coding": [coding]}])) == wrong
    elsewhere: Json = {"system": "urn:x", "code": "23", "display": "x"}
    assert problems(good("RelatedPerson", relationship=[{"coding": [elsewhere]}])) == {
        ("RelatedPerson.relationship", "closed-slicing")
    }


def participant(reference: str = "Practitioner/1", *roles: tuple[str, str]) -> Json:
    """Return a member of a team."""
    made: dict[str, Json] = {"member": {"reference": reference}}
    return {**made, "role": [concept(*roles)]} if roles else made


@pytest.mark.parametrize(
    ("reference", "fine"),
    [
        ("Practitioner/1", True),
        ("RelatedPerson/1", True),
        ("Practitioner?identifier=a/b|c/d", True),
        ("Patient/1", False),
        ("CareTeam/1", False),
        ("Organization?identifier=a|b", False),
    ],
)
def test_a_team_has_practitioners_and_related_persons(reference: str, *, fine: bool) -> None:
    """KT 2.0's own narrowing of R4."""
    wrong = set() if fine else {("CareTeam.participant.member", "target")}

    assert problems(good("CareTeam", participant=[participant(), participant(reference)])) == wrong
    assert problems(good("CareTeam", participant=[{"role": [{"text": "x"}]}])) == set()


def test_a_role_in_a_team_is_one_that_applications_know() -> None:
    """Roles decide on access: each of the list and no other, also among good ones."""
    roles = team_roles(newest_version())[1]
    known = [(system, code) for system, codes in roles.items() for code in sorted(codes or ())]
    assert len(known) == 15
    wrong = ("CareTeam.participant.role", "role-code")

    assert problems(good("CareTeam", participant=[participant("Practitioner/1", *known)])) == set()
    for odd in (("urn:x", known[0][1]), (known[0][0], "RESP"), (known[0][0], "1")):
        one: Json = [participant("Practitioner/1", known[0], odd)]
        assert wrong in problems(good("CareTeam", participant=one))
        second: Json = {
            "member": {"reference": "Practitioner/1"},
            "role": [concept(known[0]), concept(odd)],
        }
        assert wrong in problems(good("CareTeam", participant=[participant(), second]))


ENDPOINT = "http://koppeltaal.nl/fhir/StructureDefinition/KT2EndpointExtension"
INSTANTIATES = "http://vzvz.nl/fhir/StructureDefinition/instantiates"


@pytest.mark.parametrize(
    ("r4_type", "url", "target"),
    [("ActivityDefinition", ENDPOINT, "Endpoint"), ("Task", INSTANTIATES, "ActivityDefinition")],
)
def test_an_extension_refers_to_its_own_type(r4_type: str, url: str, target: str) -> None:
    """Conditional or literal; each of them; by its url alone is it known."""

    def said(*references: str, url: str = url) -> set[tuple[str, str]]:
        made: Json = [{"url": url, "valueReference": {"reference": r}} for r in references]
        return problems(good(r4_type, extension=made))

    path = f"{r4_type}.extension.valueReference"
    fine = f"{target}/1"
    assert said(fine) == said(f"{target}?identifier=a|b") == said(fine, fine) == set()
    for wrong in ("Patient/1", target, f"{target}s/1", f"x{target}/1"):
        assert said(wrong) == said(fine, wrong) == {(path, "target")}
    display: Json = [{"url": url, "valueReference": {"display": "x"}}]
    assert problems(good(r4_type, extension=display)) == {(path, "reference")}
    text: Json = [{"url": url, "valueString": fine}]
    assert (f"{r4_type}.extension.valueString", "unknown-element") in problems(
        good(r4_type, extension=text)
    )
    assert (f"{r4_type}.extension", "ext-1") in problems(good(r4_type, extension=[{"url": url}]))
    assert said("Patient/1", url="urn:x") == (
        {(f"{r4_type}.extension", "endpoint-min")} if r4_type == "ActivityDefinition" else set()
    )


def test_what_the_server_gives_may_not_be_sent() -> None:
    """An id and a resource-origin; both are fine in what comes back, the origin once."""
    origin: Json = {"url": ORIGIN, "valueReference": {"reference": "Device/1"}}
    other: Json = {"url": "urn:x", "valueString": "x"}
    wrong = {("Patient.extension", "resource-origin")}

    assert [i.detail for i in check(good("Patient", id="1"))] == ["server-owned"]
    assert problems(good("Patient", id="1")) == {("Patient.id", "server-owned")}
    assert problems(good("Patient", extension=[other])) == set()
    assert problems(good("Patient", extension=[other, origin])) == wrong
    back = good("Patient", id="1", extension=[origin, other])
    assert problems(back, incoming=False) == set()
    assert problems(good("Patient", extension=[origin, origin]), incoming=False) == {
        ("Patient.extension", "resource-origin-max")
    }


def test_a_rule_meets_anything_without_falling_over() -> None:
    """What is no list or no element is named by its limit, never by an exception."""
    odd: list[Json] = [
        None,
        5,
        "x",
        [],
        {},
        [5],
        [[]],
        [{}],
        [{"coding": [{"code": {}, "system": []}]}],
    ]
    for r4_type, elements in {
        "Patient": ("name", "extension", "meta", "gender"),
        "Practitioner": ("telecom", "name"),
        "RelatedPerson": ("relationship",),
        "CareTeam": ("participant", "status"),
        "ActivityDefinition": ("extension", "status"),
        "Task": ("extension", "for", "status"),
    }.items():
        for element in elements:
            for value in odd:
                found = problems(good(r4_type, **{element: value}))
                assert found, (r4_type, element, value)


SECRET = "Geheim 0612345678"


def spoiled(value: Json) -> Json:
    """Return the same with the secret in every text, and in the name of every element that is none."""
    if isinstance(value, dict):
        return {name: spoiled(child) for name, child in value.items() if name != "resourceType"}
    if isinstance(value, list):
        return [spoiled(item) for item in value]
    return SECRET if isinstance(value, str) else value


@pytest.mark.parametrize("r4_type", sorted(GOOD))
def test_no_rule_says_what_a_value_was(r4_type: str) -> None:
    """Whatever is wrong: not in the path, nor in the rule."""
    whole = spoiled(good(r4_type))
    assert isinstance(whole, dict)
    each = [good(r4_type, **{name: child}) for name, child in whole.items()]

    for resource in [{**whole, "resourceType": r4_type}, *each]:
        for path, rule in problems(resource):
            assert "Geheim" not in path + rule
            assert "0612345678" not in path + rule
    assert problems({**whole, "resourceType": r4_type})


USAGE = "http://terminology.hl7.org/CodeSystem/usage-context-type"
EXPANSION = "http://vzvz.nl/fhir/CodeSystem/koppeltaal-expansion"
VZVZ_USAGE = "http://vzvz.nl/fhir/CodeSystem/koppeltaal-usage-context-type"


@pytest.mark.parametrize(
    ("element", "value", "path"),
    [
        ("topic", [concept((ROLE_CODE, "nope"))], "topic.coding"),
        ("code", concept((ROLE_CODE, "nope")), "code.coding"),
        ("code", {"coding": [{"system": ROLE_CODE, "display": "x"}]}, "code.coding"),
        (
            "extension",
            [{"url": "urn:x", "valueCoding": {"system": ROLE_CODE, "code": "nope"}}],
            "extension.valueCoding",
        ),
    ],
)
def test_a_code_exists_wherever_it_stands(element: str, value: Json, path: str) -> None:
    """In an extension too; a code of a system that the packages lack may be anything."""
    r4_type = "ActivityDefinition"
    more: Json = good(r4_type)["extension"] if element == "extension" else []
    given: Json = [*more, *value] if isinstance(more, list) and isinstance(value, list) else value

    assert problems(good(r4_type, **{element: given})) == {(f"{r4_type}.{path}", "unknown-code")}
    elsewhere: Json = concept(("http://snomed.info/sct", "nope"))
    assert problems(good(r4_type, code=elsewhere)) == set()


@pytest.mark.parametrize(
    ("code", "value", "wrong"),
    [
        ((VZVZ_USAGE, "koppeltaal-expansion"), (EXPANSION, "026-RolvdNaaste"), set()),
        ((USAGE, "age"), ("urn:x", "x"), set()),
        ((USAGE, "nope"), ("urn:x", "x"), {("code", "code"), ("code", "unknown-code")}),
        (("urn:x", "age"), ("urn:x", "x"), {("code", "code")}),
        (
            (VZVZ_USAGE, "koppeltaal-expansion"),
            (EXPANSION, "nope"),
            {("valueCodeableConcept", "code"), ("valueCodeableConcept.coding", "unknown-code")},
        ),
        (
            (VZVZ_USAGE, "koppeltaal-expansion"),
            ("urn:x", "x"),
            {("valueCodeableConcept", "code")},
        ),
    ],
)
def test_the_codes_of_a_context_are_of_their_value_sets(
    code: tuple[str, str], value: tuple[str, str], wrong: set[tuple[str, str]]
) -> None:
    """What a definition is for: its kind, and of KT 2.0's own kind the value too."""
    context: Json = {
        "code": {"system": code[0], "code": code[1]},
        "valueCodeableConcept": concept(value),
    }

    found = problems(good("ActivityDefinition", useContext=[context]))

    assert found == {(f"ActivityDefinition.useContext.{path}", rule) for path, rule in wrong}


@pytest.mark.parametrize(
    ("url", "good_place"),
    [
        ("http://hl7.org/fhir/StructureDefinition/humanname-own-name", "_family"),
        (QUALIFIER, "_family"),
        ("http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-streetName", ""),
        (INSTANTIATES, ""),
    ],
)
def test_a_known_extension_stands_where_it_may(url: str, good_place: str) -> None:
    """At its element, beside a primitive; elsewhere it is refused."""
    value: dict[str, Json] = {"valueCode": "BR"} if url == QUALIFIER else {"valueString": "x"}
    if url == INSTANTIATES:
        value = {"valueReference": {"reference": "ActivityDefinition/1"}}
    extension: Json = [{"url": url, **value}]
    beside: Json = [name(_family={"extension": extension})]

    assert problems(good("Patient", extension=extension)) == {("Patient.extension", "context")}
    assert problems(good("Patient", name=beside)) == (
        set() if good_place else {("Patient.name.family.extension", "context")}
    )
