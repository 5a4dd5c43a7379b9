"""Supplied values take the place of what the source says, in the form that the source would have."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from kt_migrate.algorithm import fields
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.registry import FUNCTIONS, part_of, split_call
from kt_migrate.model import Body, Node
from ruling import Ruling

STANDARD = load_algorithm("standard")
ROLES = {
    "role": {"Requester": "x", "Member": "y"},
    "gender": {"M": "male", "F": "female"},
    "systems": {"s": "urn:s"},
}


def put(using: str, nodes: list[Node], **values: str) -> list[Node]:
    """Return what a function is given instead of these nodes."""
    name, arguments = split_call(using)
    ruling = Ruling(tables=ROLES)
    return FUNCTIONS[name].supply.put(ruling, nodes, values, arguments)


MAIL: Body = {"system": ["email"], "value": ["e"]}
PHONE: Body = {"system": ["phone"], "value": ["1"]}
MOBILE: Body = {"system": ["phone"], "value": ["2"], "use": ["mobile"]}
OLD: Body = {"use": ["old"], "family": ["Oud"]}
NICK: Body = {"use": ["usual"], "given": ["Jo"]}
REAL: Body = {"use": ["official"], "family": ["A"], "given": ["B"]}
BARE: Body = {"family": ["C"]}


@pytest.mark.parametrize(
    ("using", "nodes", "values", "expected"),
    [
        ("text", ["message"], {"title": "own"}, ["own"]),
        ("text", [], {"title": "own"}, ["own"]),
        ("date_only", ["1980-13-01", "x"], {"birthDate": "1980-12-01"}, ["1980-12-01"]),
        ("boolean(active)", ["true"], {"active": "false"}, ["false"]),
        ("code(gender)", [{"code": ["X"]}], {"gender": "F"}, ["F"]),
        ("code(gender)", [], {"gender": "female"}, ["F"]),
        ("code(gender)", [], {"gender": "vrouw"}, ["vrouw"]),
        ("reference(optional, Patient)", [], {"patient": "l"}, [{"reference": ["l"]}]),
        ("task_owner", [{"reference": ["a"]}], {"owner": "l"}, [{"reference": ["l"]}]),
        ("endpoint_extension", [{"display": ["A"]}], {"application": "B"}, [{"display": ["B"]}]),
        ("definition_url", ["id"], {"url": "u"}, [{"url": ["u"]}]),
        ("period", [{"start": ["1"], "end": ["2"]}], {"end": "3"}, [{"start": ["1"], "end": ["3"]}]),
        ("period", [], {"start": "1"}, [{"start": ["1"]}]),
        ("telecoms", [MAIL, PHONE, MOBILE], {"email": "f"}, [PHONE, MOBILE, {**MAIL, "value": ["f"]}]),
        ("telecoms", [PHONE, MOBILE], {"mobile": "3"}, [PHONE, {**MOBILE, "value": ["3"]}]),
        ("telecoms", [PHONE, MOBILE], {"phone": "3"}, [MOBILE, {**PHONE, "value": ["3"]}]),
        ("telecoms", ["x"], {"fax": "4"}, ["x", {"system": ["fax"], "value": ["4"]}]),
        ("human_names", [OLD, NICK, REAL], {"given": "D"}, [OLD, NICK, {**REAL, "given": ["D"]}]),
        ("human_names", [NICK, BARE], {"given": "D"}, [NICK, {**BARE, "given": ["D"]}]),
        ("human_names", [OLD, NICK], {"family": "D"}, [OLD, NICK, {"family": ["D"]}]),
        ("human_names", ["x"], {"family": "D"}, ["x", {"family": ["D"]}]),
        ("addresses", [{"use": ["old"]}, {"city": ["A"]}], {"postalCode": "1"}, [{"use": ["old"]}, {"city": ["A"], "zip": ["1"]}]),
        ("addresses", [{"city": ["A"]}, {"use": ["home"]}], {"city": "B"}, [{"city": ["A"]}, {"use": ["home"], "city": ["B"]}]),
        ("identifiers(P)", [{"system": ["s"], "value": ["1"]}, {"value": ["2"]}, "3"], {"identifier": "s|4"}, [{"value": ["2"]}, "3", {"system": ["s"], "value": ["4"]}]),
        ("identifiers(P, systems)", [{"system": ["s"], "value": ["1"]}, {"system": ["not a uri"], "value": ["2"]}], {"identifier": "urn:s|4"}, [{"system": ["urn:s"], "value": ["4"]}]),
        ("identifiers(P)", [{"system": ["s"], "value": ["1"]}, {"value": ["2"]}], {"identifier": "4"}, [{"system": ["s"], "value": ["1"]}, {"value": ["4"]}]),
        ("team_members(role)", [{"reference": ["a"], "role": ["Member"]}, {"reference": ["b"], "role": ["?"]}, {"reference": ["c"]}, "x"], {"role": "Requester"}, [{"reference": ["a"], "role": ["Member"]}, {"reference": ["b"], "role": ["Requester"]}, {"reference": ["c"], "role": ["Requester"]}, "x"]),
    ],
)  # fmt: skip
def test_a_value_stands_where_the_source_would_have_it(
    using: str, nodes: list[Node], values: Mapping[str, str], expected: list[Node]
) -> None:
    """What is not supplied stays as the message has it."""
    assert put(using, nodes, **values) == expected


@pytest.mark.parametrize("source_type", STANDARD.types)
def test_every_field_of_the_standard_algorithm_can_be_put(source_type: str) -> None:
    """What its function takes is what its fields name; one that takes one value has one field."""
    for rule in STANDARD.types[source_type].rules:
        name, _arguments = split_call(rule.using)
        parts = FUNCTIONS[name].supply.parts
        named = [part_of(field) for field in rule.fields]
        assert set(named) <= set(parts) if parts else len(named) <= 1, rule.id


@pytest.mark.parametrize("source_type", STANDARD.types)
def test_what_is_required_can_be_supplied(source_type: str) -> None:
    """But for what the tool makes itself: the temporary identifier, and what is fixed."""
    for rule in STANDARD.types[source_type].rules:
        name, _arguments = split_call(rule.using)
        own = name in {"identifiers", "fixed_coding", "fixed_concepts", "parent_task"}
        assert rule.fields or own or not rule.required, rule.id


def test_the_fields_of_a_type_are_those_of_its_rules_and_those_that_decide_about_it() -> None:
    """Of a patient also the group."""
    patient = fields.fields_of(STANDARD, "Patient")
    assert {"birthDate", "name.family", "email", "exclude", "group"} <= patient
    assert {"relationship", "owner"} & patient == set()
    assert "group" not in fields.fields_of(STANDARD, "Practitioner")
    assert fields.fields_of(STANDARD, "UserMessage") == {"exclude"}
    assert {"owner", "birthDate", "group"} <= fields.all_fields(STANDARD)
