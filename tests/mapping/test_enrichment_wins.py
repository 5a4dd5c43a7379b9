"""A supplied value goes before what the message says, and is judged as that is (design.md §5)."""

from __future__ import annotations

from typing import Any

import pytest

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.mapping import map_object
from kt_migrate.model import Body, Issue, Mapped, NotMigrated, Rejected, SourceObject, Used
from mapping.own import LINK, P1, issues, mapped, one, rule, thing
from ruling import Known

STANDARD = load_algorithm("standard")
BIRTH = rule("birthDate", enrichment="birthDate", **{"from": "b", "using": "date_only"})
SECRET = "1980-13-01"


def known(**values: str) -> Known:
    """Return a domain in which these are supplied for the object."""
    return Known(values={f"{LINK}#{field}": value for field, value in values.items()})


@pytest.mark.parametrize("own", [[], ["1951-01-01"], [SECRET]])
def test_it_goes_before_the_message(own: list[Any]) -> None:
    """Whether that has nothing, another value or an impossible one: the archive cannot be edited."""
    result = mapped(
        map_object(thing({"b": own}), one(BIRTH), known(birthDate="1950-01-02T00:00:00"))
    )

    assert result.writes[0].resource["birthDate"] == "1950-01-02"
    assert result.used == (Used(rule="rule-birthdate", field="birthDate"),)
    said = Issue(
        code="enriched",
        path="Patient.birthDate",
        rule="rule-birthdate",
        detail="verrijking.csv:2",
    )
    assert result.notices == ((said,) if own else ())


def test_what_the_message_would_be_refused_for_is_refused_here_with_its_line() -> None:
    """With the file and the line, and never with the value."""
    result = map_object(
        thing({"b": ["1950-01-02"]}), one(BIRTH), known(other="x", birthDate=SECRET)
    )

    assert issues(result) == [
        Issue(
            code="value-invalid",
            path="Patient.birthDate",
            rule="rule-birthdate",
            detail="verrijking.csv:3",
        )
    ]
    assert isinstance(result, Rejected)
    assert result.used == (Used(rule="rule-birthdate", field="birthDate"),)
    assert SECRET not in repr(result)


def test_an_unknown_code_that_was_supplied_is_not_repeated() -> None:
    """It may be a name, in the wrong column."""
    gender = rule("gender", enrichment="gender", **{"from": "g", "using": "code(g)"})
    found = map_object(thing({}), one(gender, codes={"g": {"M": "male"}}), known(gender="Jansen"))

    (issue,) = issues(found)
    assert (issue.code, issue.detail) == ("code-unknown", "verrijking.csv:2")


def test_only_the_rule_at_work_names_the_line() -> None:
    """What is said by the next rule is about the message."""
    active = rule("active", **{"from": "a", "using": "boolean"})
    found = map_object(thing({"a": ["?"]}), one(BIRTH, active), known(birthDate="1950-01-02"))

    assert [issue.detail for issue in issues(found)] == [""]


def test_a_rule_with_several_fields_takes_those_that_there_are() -> None:
    """And says where each of them stands."""
    name = rule(
        "name",
        enrichment=["name.family", "name.given", "name.use"],
        **{"from": "name", "using": "human_names"},
    )
    body: Body = {"name": [{"family": ["A"]}]}
    given = known(**{"name.given": "Bo", "name.use": "official"})

    result = mapped(map_object(thing(body), one(name), given))

    names: Any = result.writes[0].resource["name"]
    made = names[0]
    assert (made["use"], made["family"], made["given"]) == ("official", "A", ["Bo"])
    assert [used.field for used in result.used] == ["name.given", "name.use"]
    assert [n.detail for n in result.notices] == ["verrijking.csv:2 verrijking.csv:3"]


def test_of_an_object_for_which_nothing_was_supplied_nothing_is_said() -> None:
    """The same result as without any enrichment."""
    other = Known(values={f"{P1}#birthDate": "1950-01-02"})
    body: Body = {"b": ["1951-01-01"]}

    assert map_object(thing(body), one(BIRTH), other) == map_object(
        thing(body), one(BIRTH), Known()
    )


PERSON: Body = {
    "name": [{"use": ["official"], "family": ["A"], "given": ["B"]}],
    "gender": [{"coding": [{"code": ["M"]}]}],
    "patient": [{"reference": [P1]}],
    "relationship": [{"coding": [{"code": ["CHILD"]}]}],
    "birthDate": ["1950-01-01"],
}
ACTIVITY: Body = {
    "activity": [{"simple": [{"performer": [{"reference": [P1]}]}]}],
    "careplan": [{"patient": [{"reference": [P1]}]}],
    "current": [{"status": ["Waiting"]}],
}
DOCTOR = "http://epd.example/fhir/Practitioner/9"


def resource(source_type: str, body: Body, types: dict[str, str], **values: str) -> dict[str, Any]:
    """Return what the standard algorithm makes of an object for which these were supplied."""
    source = SourceObject(source_type=source_type, link=LINK, body=body)
    lookup = known(**values)
    lookup.types = {P1: "Patient", **types}
    lookup.applications = {"SPEL": {"endpoint": "https://spel.example"}}
    found: Mapped | NotMigrated | Rejected = map_object(source, STANDARD, lookup)
    return dict(mapped(found).writes[0].resource)


def test_the_gender_that_was_supplied_also_chooses_the_relationship() -> None:
    """Or a corrected daughter would stay a son."""
    for gender, code in (("M", "SONC"), ("female", "DAUC")):
        found = resource("RelatedPerson", PERSON, {}, gender=gender, relationship="CHILD")
        assert found["gender"] == {"M": "male"}.get(gender, gender)
        assert found["relationship"][0]["coding"][0]["code"] == code


def test_who_a_task_is_for_and_of_can_be_supplied() -> None:
    """Owner and requester by their links; the patient serves as owner when there is no performer."""
    found = resource(
        "CarePlanActivity", ACTIVITY, {DOCTOR: "Practitioner"}, owner=DOCTOR, requester=DOCTOR
    )
    assert found["owner"]["reference"].endswith(DOCTOR)
    assert found["requester"]["reference"].endswith(DOCTOR)
    assert found["for"]["reference"].endswith(P1)

    lone: Body = {**ACTIVITY, "activity": [{}], "careplan": [{}]}
    other = resource("CarePlanActivity", lone, {}, patient=P1)
    assert other["for"] == other["owner"]


def test_a_requester_that_was_supplied_and_cannot_be_one_is_left_out() -> None:
    """As one of the message would be."""
    found = resource("CarePlanActivity", ACTIVITY, {}, requester=P1)
    assert "requester" not in found


def test_a_start_or_end_that_was_supplied_goes_before_the_dates_of_the_activity() -> None:
    """What is not supplied stays."""
    dated: Body = {
        **ACTIVITY,
        "activity": [
            {
                "extension": [
                    {
                        "url": [f"http://ggz.koppeltaal.nl/fhir/Koppeltaal/CarePlan#{name}"],
                        "valueDateTime": [value],
                    }
                    for name, value in (("StartDate", "2021-01-01"), ("EndDate", "2021-02-01"))
                ]
            }
        ],
    }
    found = resource("CarePlanActivity", dated, {}, start="2020-12-01")
    assert found["executionPeriod"] == {"start": "2020-12-01", "end": "2021-02-01"}


def test_what_a_definition_lacks_can_be_supplied() -> None:
    """Its application serves for its url too, unless that is supplied as well."""
    body: Body = {"identifier": [{"value": ["d 1"]}]}
    given = {"application": "SPEL", "title": "Oefening", "status": "retired"}
    found = resource("ActivityDefinition", body, {}, **given)

    assert found["url"] == "https://spel.example/d%201"
    assert (found["title"], found["status"]) == ("Oefening", "retired")
    assert found["extension"][0]["valueReference"]["reference"].endswith("|SPEL")
    assert resource("ActivityDefinition", body, {}, **given, url="urn:x")["url"] == "urn:x"


def test_an_endpoint_can_be_supplied_for_an_application() -> None:
    """Before what kt-migrate.yaml says."""
    found = resource("Application", {"name": ["SPEL"]}, {}, endpoint="https://elders.example/x")
    assert found["address"] == "https://elders.example/x"
