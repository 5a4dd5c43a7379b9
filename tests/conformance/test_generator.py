"""tools/make_profiles.py: what it restates, and where it stops."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from make_profiles import TYPES, make, text
from profiles_codes import Codes, MissingError
from profiles_elements import UnknownShapeError, elements_of

Definition = dict[str, Any]
BASE = "http://x.example/"
R4 = "http://hl7.org/fhir/StructureDefinition/"


def definition(r4_type: str, *elements: Definition) -> Definition:
    """Return a profile of a type with these elements below its root."""
    root = {"id": r4_type, "min": 0, "max": "*"}
    below = [{"min": 0, "max": "1", **e, "id": f"{r4_type}.{e['id']}"} for e in elements]
    return {
        "resourceType": "StructureDefinition",
        "url": f"{BASE}{r4_type}",
        "type": r4_type,
        "kind": "resource",
        "derivation": "constraint",
        "snapshot": {"element": [root, *below]},
    }


def packed(folder: Path, name: str, *definitions: Definition) -> Path:
    """Return a package of definitions, in npm form, with an example that is none of it."""
    path = folder / f"{name}.tgz"
    contents = {f"package/{n}.json": d for n, d in enumerate(definitions)}
    contents["package/package.json"] = {"name": name, "version": "1.2.3"}
    contents["package/example/x.json"] = {"resourceType": "StructureDefinition", "url": "x"}
    with tarfile.open(path, "w:gz") as out:
        for member, content in contents.items():
            data = json.dumps(content).encode()
            info = tarfile.TarInfo(member)
            info.size = len(data)
            out.addfile(info, io.BytesIO(data))
    return path


def facts(element: Definition) -> Definition:
    """Return what is restated of one element."""
    made = elements_of(definition("Patient", {"id": "x", **element}), lambda url: url[-3:])
    found: Definition = made["elements"]["x"]
    return found


CODE: Definition = {"type": [{"code": "code"}]}


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ({}, {}),
        ({"min": 1, "max": "*", "base": {"max": "*"}}, {"min": 1, "max": None, "list": True}),
        ({"max": "0", "base": {"max": "*"}}, {"max": 0, "list": True}),
        ({"max": "2", "base": {"max": "1"}}, {"max": 2}),
        (CODE, {"types": ["code"]}),
        ({"type": [{"code": "http://hl7.org/fhirpath/System.String"}]}, {"types": ["string"]}),
        (
            {"type": [{"code": "Reference", "targetProfile": ["http://y/ABC|1"]}]},
            {
                "types": [
                    {"code": "Reference", "targets": ["ABC"], "targetProfiles": ["http://y/ABC"]}
                ]
            },
        ),
        ({"fixedCode": "a"}, {"fixed": "a"}),
        ({"patternCoding": {"code": "a"}}, {"pattern": {"code": "a"}}),
        ({"binding": {"strength": "required", "valueSet": "v|1"}}, {"set": "v"}),
        (
            {"binding": {"strength": "extensible", "valueSet": "v"}},
            {"set": "v", "strength": "extensible"},
        ),
        ({"binding": {"strength": "preferred", "valueSet": "v"}}, {}),
        (
            {
                "constraint": [
                    {"key": "a", "severity": "error"},
                    {"key": "b", "severity": "warning"},
                ]
            },
            {"rules": ["a"]},
        ),
        ({"constraint": [{"key": "ele-1", "severity": "error"}]}, {}),
        (
            {"slicing": {"discriminator": [{"type": "value", "path": "url"}], "rules": "closed"}},
            {"slicing": {"by": [["value", "url"]], "rules": "closed"}},
        ),
    ],
)
def test_an_element_is_restated_as_far_as_it_is_no_default(
    element: Definition, expected: Definition
) -> None:
    """Cardinality, types, values, bindings, slicing, invariants of severity error."""
    assert facts(element) == expected


@pytest.mark.parametrize(
    "element",
    [
        {"contentReference": "#Patient.contact"},
        {"slicing": {"discriminator": [{"type": "exists", "path": "url"}], "rules": "open"}},
    ],
)
def test_what_the_check_cannot_follow_stops_it(element: Definition) -> None:
    """Named by its element: nothing is passed over."""
    with pytest.raises(UnknownShapeError, match=r"Patient\.x"):
        facts(element)


def test_what_stands_under_a_forbidden_element_is_left_out() -> None:
    """It cannot occur."""
    made = elements_of(definition("Patient", {"id": "x", "max": "0"}, {"id": "x.y"}), str)

    assert set(made["elements"]) == {"", "x"}


SYSTEM: Definition = {
    "resourceType": "CodeSystem",
    "url": "s",
    "content": "complete",
    "concept": [
        {"code": "a", "concept": [{"code": "a1"}]},
        {"code": "b", "property": [{"code": "subsumedBy", "valueCode": "a"}]},
    ],
}


def expanded(*include: Definition, exclude: tuple[Definition, ...] = ()) -> object:
    """Return the codes of a value set."""
    found = {"compose": {"include": list(include), "exclude": list(exclude)}}
    sets = {("ValueSet", "v"): found, ("CodeSystem", "s"): SYSTEM}
    known = {"codeSystems": {"r4": ["x", "y"]}, "valueSets": {"r4set": {"r4": ["x"]}}}
    return Codes(sets, known).expanded("v|1")


IS_A: Definition = {"property": "concept", "op": "is-a", "value": "a"}


def test_a_value_set_is_expanded_as_far_as_the_packages_go() -> None:
    """Whole systems, some concepts, what is below one, other sets, and what is taken out."""
    assert expanded({"system": "s"}) == {"s": ["a", "a1", "b"]}
    assert expanded({"system": "s", "concept": [{"code": "q"}]}) == {"s": ["q"]}
    assert expanded({"system": "s", "filter": [IS_A]}) == {"s": ["a", "a1", "b"]}
    below = {**IS_A, "op": "descendent-of"}
    assert expanded({"system": "s", "filter": [below]}) == {"s": ["a1", "b"]}
    assert expanded({"valueSet": ["r4set"]}) == {"r4": ["x"]}
    assert expanded({"system": "r4"}) == {"r4": ["x", "y"]}
    taken = ({"system": "s", "concept": [{"code": "a"}]},)
    assert expanded({"system": "s"}, exclude=taken) == {"s": ["a1", "b"]}


def test_a_system_that_is_not_there_leaves_its_codes_open() -> None:
    """Others of the same set stay as they are; a set that is not there is none."""
    assert expanded({"system": "snomed"}, {"system": "s"}) == {
        "s": ["a", "a1", "b"],
        "snomed": None,
    }
    assert expanded({"valueSet": ["nowhere"]}) is None
    odd = {"property": "parent", "op": "=", "value": "a"}
    assert expanded({"system": "s", "filter": [odd]}) == {"s": None}


def test_a_hierarchy_of_r4_asks_for_its_package() -> None:
    """The restated facts have none."""
    with pytest.raises(MissingError, match="--core"):
        expanded({"system": "r4", "filter": [IS_A]})


def whole(*more: Definition) -> list[Definition]:
    """Return a profile of every type that we write, of which Patient has these elements."""
    return [definition(t, *(more if t == "Patient" else ())) for t in TYPES]


def test_a_package_is_restated_with_its_name_and_digest(tmp_path: Path) -> None:
    """An element a line, the same each time; what lies in folders is no part of it."""
    package = packed(tmp_path, "koppeltaalv2.00", *whole({"id": "x", "fixedCode": "a"}))

    made, r4 = make(package, [], None, {})

    assert (made["package"], made["version"]) == ("koppeltaalv2.00", "1.2.3")
    assert list(made["made from"]) == ["koppeltaalv2.00.tgz"]
    assert made["types"]["Patient"] == f"{BASE}Patient"
    assert len(made["profiles"]) == len(TYPES)
    assert json.loads(text(made)) == made
    assert '\n"x": {"fixed":"a"}' in text(made)
    assert r4["profiles"] == {}


@pytest.mark.parametrize(
    ("definitions", "named"),
    [
        (lambda: whole()[1:], TYPES[0]),
        (lambda: whole({"id": "x", "type": [{"code": "Nowhere"}]}), f"{R4}Nowhere"),
        (
            lambda: whole({"id": "x", "binding": {"strength": "required", "valueSet": "nowhere"}}),
            "nowhere",
        ),
    ],
)
def test_what_is_in_none_of_the_packages_stops_it(
    tmp_path: Path, definitions: Callable[[], list[Definition]], named: str
) -> None:
    """By its name."""
    package = packed(tmp_path, "koppeltaalv2.00", *definitions())

    with pytest.raises(MissingError, match=named):
        make(package, [], None, {})


def test_what_was_restated_of_r4_before_will_do(tmp_path: Path) -> None:
    """Without R4's own package; with it, it is added."""
    package = packed(tmp_path, "koppeltaalv2.00", *whole({"id": "x", "type": [{"code": "Thing"}]}))
    thing = {**definition("Thing", {"id": "y"}), "url": f"{R4}Thing", "kind": "complex-type"}
    core = packed(tmp_path, "hl7.fhir.r4.core", thing)

    _made, r4 = make(package, [], core, {})
    again, same = make(package, [], None, r4)

    assert set(r4["profiles"]) == {f"{R4}Thing"}
    assert same == r4
    assert f"{R4}Thing" not in again["profiles"]
