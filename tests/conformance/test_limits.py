"""Each limit of each profile, broken over the golden resources: refused, at its path."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.resources import GOOD, LIMITS, Found, elements, good, problems
from golden import golden
from kt_migrate.conformance import known_types, newest_version
from kt_migrate.conformance.building import root_of
from kt_migrate.model import Json, Resource

PLAIN = {"boolean", "code", "date", "string", "url", "uri"}


def test_what_the_standard_algorithm_makes_is_good() -> None:
    """Every golden resource; there is one of each type, and the other types are known too."""
    assert [r for r in golden() if problems(r)] == []
    assert sorted(GOOD) == sorted(known_types() - {"Device"})
    assert known_types() == LIMITS.keys()


def test_a_type_that_kt2_does_not_have_is_refused() -> None:
    """Whatever else it is."""
    for r4_type in ("Observation", "patient", "", 5, None, ["Patient"]):
        broken: Resource = {**good("Patient"), "resourceType": r4_type}  # type: ignore[dict-item]
        assert problems(broken) == {("", "unknown-type")}
    assert problems({}) == {("", "unknown-type")}


@pytest.mark.parametrize("r4_type", sorted(GOOD))
def test_a_resource_says_which_profile_it_keeps_to(r4_type: str) -> None:
    """Its own, next to others; another's will not do."""
    own = f"http://koppeltaal.nl/fhir/StructureDefinition/KT2{r4_type}"
    wrong = {(f"{r4_type}.meta.profile", "kt2-profile")}

    assert problems(good(r4_type, meta={"profile": ["http://other.example", own]})) == set()
    for profile in ("http://other.example", own + "x"):
        assert problems(good(r4_type, meta={"profile": [profile]})) == wrong
    assert problems({k: v for k, v in good(r4_type).items() if k != "meta"}) == wrong
    scalar: Json = {"profile": own}
    assert problems(good(r4_type, meta=scalar)) == wrong | {
        (f"{r4_type}.meta.profile", "cardinality")
    }


@pytest.mark.parametrize(("r4_type", "name", "limit"), elements(min=1))
def test_what_is_required_may_not_be_missing(
    r4_type: str, name: str, limit: dict[str, Any]
) -> None:
    """Nor be empty; its extensions may stand for it, unless a code of a value set is asked."""
    lacks: Found = {(f"{r4_type}.{name}", "min")}
    without = {k: v for k, v in good(r4_type).items() if k != name}

    assert problems(without) == lacks
    if limit.get("list"):
        assert problems({**without, name: []}) == lacks
    else:
        beside: Json = {"extension": [{"url": "urn:x", "valueString": "x"}]}
        (datatype,) = limit["types"]
        wrong = "code" if limit["codes"] else "" if datatype in PLAIN else "unknown-element"
        assert problems({**without, f"_{name}": beside}) == (
            {(f"{r4_type}.{name}", wrong)} if wrong else set()
        )


@pytest.mark.parametrize(("r4_type", "name", "limit"), elements(max=0))
def test_what_kt2_has_no_place_for_is_refused(
    r4_type: str, name: str, limit: dict[str, Any]
) -> None:
    """Every element of R4 that a profile forbids, in each of its types."""
    value: Json = [{}] if limit.get("list") else "x"

    assert problems(good(r4_type, **{name: value})) == {(f"{r4_type}.{name}", "max")}


ALLOWED = [found for found in elements() if found[2]["max"] != 0]


@pytest.mark.parametrize(("r4_type", "name", "limit"), ALLOWED)
def test_a_list_is_a_list_and_a_single_value_is_none(
    r4_type: str, name: str, limit: dict[str, Any]
) -> None:
    """As FHIR has it, whatever the profile says."""
    value = good(r4_type).get(name, "x")
    turned: Json = (value[0] if isinstance(value, list) else "x") if limit.get("list") else [value]

    assert (f"{r4_type}.{name}", "cardinality") in problems(good(r4_type, **{name: turned}))


def test_more_than_the_most_is_refused() -> None:
    """KT 2.0 allows one managing organization, where R4 allows a list."""
    one: Json = {"reference": "Organization/1", "type": "Organization"}

    assert problems(good("CareTeam", managingOrganization=[one])) == set()
    assert problems(good("CareTeam", managingOrganization=[one, one])) == {
        ("CareTeam.managingOrganization", "max")
    }
    assert problems(good("CareTeam", managingOrganization=[])) == {
        ("CareTeam.managingOrganization", "min")
    }


CODED = [
    (t, n, limit)
    for t, n, limit in elements()
    if limit.get("codes") and limit["types"] == ["code"] and limit["max"] != 0
]


@pytest.mark.parametrize(("r4_type", "name", "limit"), CODED)
def test_a_code_is_one_of_its_value_set(r4_type: str, name: str, limit: dict[str, Any]) -> None:
    """Each of them, as it is spelled; nothing else, of whatever kind."""
    fixed = limit.get("fixed")
    for code in limit["codes"]:
        fine = fixed in (None, code)
        assert problems(good(r4_type, **{name: code})) == (
            set() if fine else {(f"{r4_type}.{name}", "fixed")}
        )
    detail = "code" if fixed is None else "fixed"
    for wrong in ("nope", limit["codes"][0].upper(), ""):
        assert problems(good(r4_type, **{name: wrong})) == {(f"{r4_type}.{name}", detail)}
    for wrong in (5, True, None, {"a": "b"}):
        assert problems(good(r4_type, **{name: wrong})) == {(f"{r4_type}.{name}", "type")}


@pytest.mark.parametrize(
    ("name", "spoiled"),
    [
        ("connectionType", {"system": "urn:x", "code": "hti-smart-on-fhir"}),
        ("connectionType", {"code": "hti-smart-on-fhir"}),
        ("payloadType", [{"coding": []}]),
        ("payloadType", [{"text": "any"}]),
    ],
)
def test_what_a_profile_fixes_is_exactly_that(name: str, spoiled: Json) -> None:
    """KT 2.0 compares it whole."""
    assert problems(good("Endpoint", **{name: spoiled})) == {(f"Endpoint.{name}", "fixed")}
    assert problems(good("Endpoint", connectionType="hti-smart-on-fhir")) == {
        ("Endpoint.connectionType", "type")
    }


REFERRING = [(t, n, limit) for t, n, limit in elements(types=["Reference"]) if limit["max"] != 0]


@pytest.mark.parametrize(("r4_type", "name", "limit"), REFERRING)
def test_a_reference_is_to_a_type_that_its_profile_names(
    r4_type: str, name: str, limit: dict[str, Any]
) -> None:
    """Conditional, literal, absolute or by its type and identifier; each type that may."""

    def said(reference: Json) -> Found:
        value: Json = [reference] if limit.get("list") else reference
        return problems(good(r4_type, **{name: value}))

    path = f"{r4_type}.{name}"
    for target in limit["targets"]:
        for text in (
            f"{target}/1",
            f"{target}/1#a/b#c",
            f"{target}?identifier=s|v?w/x#y",
            f"http://a.example/fhir/{target}/1",
        ):
            assert said({"reference": text}) == set()
            assert said({"reference": text, "type": target}) == set()
            assert said({"reference": text, "type": "Device"}) == {(path, "target")}
        assert said({"type": target, "identifier": {"value": "x"}}) == set()
    for text in (
        "Device/1",
        "Device?identifier=s|Patient/1",
        "http://a.example/Device/1",
        "#x",
        "1",
        "/",
    ):
        assert said({"reference": text}) == {(path, "target")}
    assert said({"type": "Device"}) == {(path, "target")}
    assert said({"display": "x"}) == {(path, "reference")}
    assert said({"identifier": {"value": "x"}}) == set()
    assert said({"reference": "Patient/1?x"}) == (
        set() if "Patient" in limit["targets"] else {(path, "target")}
    )
    assert said("Patient/1") == {(path, "type")}
    assert said({}) >= {(path, "type")}


@pytest.mark.parametrize("r4_type", sorted(GOOD))
def test_an_element_that_is_none_is_refused(r4_type: str) -> None:
    """With its extensions too, and `resourceType` only at the root."""
    for name in ("nonsense", "Active", "birthdate"):
        for spelled in (name, f"_{name}"):
            assert problems(good(r4_type, **{spelled: "x"})) == {
                (f"{r4_type}.{name}", "unknown-element")
            }


BACKBONE = [
    ("CareTeam", "participant", {"resourceType": "x"}, "resourceType", "unknown-element"),
    ("CareTeam", "participant", {"nonsense": "x"}, "nonsense", "unknown-element"),
    ("CareTeam", "participant", {"period": "x"}, "period", "type"),
    ("CareTeam", "participant", {"role": {}}, "role", "cardinality"),
    ("CareTeam", "participant", {"role": [{"text": ""}]}, "role.text", "format"),
    ("CareTeam", "participant", {"onBehalfOf": {"reference": "Patient/1"}}, "onBehalfOf", "target"),
    ("ActivityDefinition", "participant", {"role": {"text": "x"}}, "type", "min"),
    ("ActivityDefinition", "participant", {"type": "robot"}, "type", "code"),
    ("RelatedPerson", "communication", {"preferred": True}, "language", "min"),
    (
        "RelatedPerson",
        "communication",
        {"language": {"text": "x"}, "preferred": "ja"},
        "preferred",
        "type",
    ),
]


@pytest.mark.parametrize(("r4_type", "name", "item", "below", "detail"), BACKBONE)
def test_what_is_wrong_inside_an_element_is_named_by_its_path(
    r4_type: str, name: str, item: Json, below: str, detail: str
) -> None:
    """The limits of the inside are as hard as those of the outside."""
    path = f"{r4_type}.{name}"

    assert problems(good(r4_type, **{name: [item]})) == {(f"{path}.{below}", detail)}
    assert problems(good(r4_type, **{name: ["x"]})) == {(path, "type")}
    assert problems(good(r4_type, **{name: [None]})) == {(path, "type")}
    assert problems(good(r4_type, **{name: [{}]})) == {(path, "type")}


def test_a_tree_is_made_once() -> None:
    """A domain has a million resources."""
    version = newest_version()

    assert root_of(version, "Patient") is root_of(version, "Patient")
    assert root_of(version, "Patient").children() is root_of(version, "Patient").children()
