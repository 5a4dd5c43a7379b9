"""One object beside itself: how its elements compare, and what of it no rule brings over."""

from __future__ import annotations

import pytest

from kt_migrate.judging.fields import Both, Compared, Line, Relation, compared, walked
from kt_migrate.model import Body, Json, Resource
from kt_migrate.plan.rows import SuppliedRow
from support import standard

LINK = "https://epd.example/Patient/1"
ORIGIN = "http://koppeltaal.nl/fhir/StructureDefinition/resource-origin"


def beside(body: Body, resource: Resource, *given: SuppliedRow, kind: str = "Patient") -> Compared:
    """Lay an object beside itself, by the standard algorithm."""
    both = Both(
        source_type=kind, body=body, resource=resource, naming=lambda _text: "", supplied=given
    )
    return compared(both, standard())


def line(found: Compared, label: str) -> Line:
    """Return one element."""
    (one,) = [line for line in found.lines if line.label == label]
    return one


@pytest.mark.parametrize(
    ("old", "new", "relation"),
    [
        (("a", "b"), ("b", "a"), Relation.SAME),
        (("a",), ("b",), Relation.CHANGED),
        (("a", "b"), ("a",), Relation.CHANGED),
        (("a",), ("a", "b"), Relation.CHANGED),
        (("a",), (), Relation.OLD_ONLY),
        ((), ("a",), Relation.NEW_ONLY),
    ],
)
def test_only_what_has_the_same_values_is_called_the_same(
    old: tuple[str, ...], new: tuple[str, ...], relation: Relation
) -> None:
    """Not what has some of them in common."""
    assert Line(label="x", old=old, new=new, rule="").relation is relation


def test_an_element_that_only_one_side_has_is_shown() -> None:
    """And one that neither has is not."""
    found = beside({"birthDate": ["1951-02-11"]}, {"resourceType": "Patient", "gender": "male"})

    assert line(found, "Geboortedatum").relation is Relation.OLD_ONLY
    assert line(found, "Geslacht").relation is Relation.NEW_ONLY
    assert "Adres" not in {one.label for one in found.lines}


def test_what_no_rule_writes_is_shown_and_what_every_resource_has_is_not() -> None:
    """Its id and meta are no news; who sent it is not either."""
    origin: Json = {"url": ORIGIN, "valueReference": {"reference": "Device/1"}}
    resource: Resource = {
        "resourceType": "Patient",
        "id": "7",
        "meta": {"versionId": "1"},
        "photo": [{"title": "x"}],
        "extension": [origin],
    }
    found = beside({}, resource)

    assert {one.label: one.new for one in found.lines} == {"Foto": ("x",)}
    assert line(found, "Foto").rule == "geen regel van ons schrijft dit"


def test_what_enrichment_gave_is_named_when_it_was_used() -> None:
    """By file and line; a row that was passed over, or that is of another rule, is not."""

    def row(number: int, status: str, rule: str) -> SuppliedRow:
        return SuppliedRow(
            file="personen.csv",
            line=number,
            source_type="Patient",
            link=LINK,
            field="birthDate",
            rule=rule,
            status=status,
            reason="",
            hint="",
        )

    rows = (
        row(2, "used", "patient-birth-date"),
        row(3, "unused", "patient-birth-date"),
        row(4, "used", "patient-gender"),
    )
    found = beside({}, {"resourceType": "Patient", "birthDate": "1951-02-11"}, *rows)

    assert "personen.csv:2" in line(found, "Geboortedatum").rule
    assert "personen.csv:3" not in line(found, "Geboortedatum").rule
    assert "personen.csv:4" not in line(found, "Geboortedatum").rule


def test_what_no_rule_reads_is_listed_and_what_one_reads_is_not() -> None:
    """On purpose, or because nobody thought of it; what says nothing to a person is technical."""
    body: Body = {
        "birthDate": ["1951-02-11"],
        "multipleBirthBoolean": ["true"],
        "favourite": [{"system": ["urn:x"], "value": ["soep"]}],
        "text": [{"status": ["generated"]}],
    }
    left = {one.label: one for one in beside(body, {}).left}
    texts = {one.values for one in left.values()}

    assert ("soep",) in texts
    assert ("11-02-1951",) not in texts
    assert ("generated",) not in texts
    assert {one.technical for one in left.values() if one.values == ("urn:x",)} == {True}
    assert {one.technical for one in left.values() if one.values == ("soep",)} == {False}
    why = {one.values: one.why for one in left.values()}
    assert why[("soep",)] == "geen regel van ons leest het"


def test_what_says_nothing_to_who_knows_the_client_is_technical() -> None:
    """An intention that is always the same; a status is not."""
    task: Resource = {"resourceType": "Task", "intent": "order", "status": "completed"}
    lines = beside({}, task, kind="CarePlanActivity").lines

    assert {one.rules[0]: one.technical for one in lines} == {
        "task-intent": True,
        "task-status": False,
    }


def test_a_path_is_that_of_the_algorithm() -> None:
    """Extensions by their name; the id and url of an element are no value of it."""
    body: Body = {
        "id": ["1"],
        "extension": [{"url": ["http://x#Age"], "valueInteger": ["12"]}],
        "name": [{"family": ["Voorbeeld"], "id": ["a"]}],
    }

    assert [text for _path, text in walked(body)] == ["12", "Voorbeeld"]
