"""Mutants of good resources: one thing wrong in each, as the profile's tree says what there is."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kt_migrate.conformance import newest_version
from kt_migrate.conformance.building import root_of
from kt_migrate.conformance.nodes import Kind, Node
from kt_migrate.conformance.packages import package
from kt_migrate.model import Json, Resource

Steps = tuple[str | int, ...]

CONTROL = "\b"
"""Of the forbidden characters the judge stumbles over this one and the form feed only."""
UNSEEN = ("bell", "spaces", "meta", "blank-beside", "empty-texts")
"""What the judge is known not to look at: one witness of each will do."""
ELSEWHERE = "http://nergens.example/spoiled"
_TEXTS = ("system", "url")


@dataclass(frozen=True, slots=True)
class Mutant:
    """A resource with one thing wrong.

    Attributes:
        kind: what was done.
        path: to which element, without places in lists.
        resource: the result.
    """

    kind: str
    path: str
    resource: Resource


def mutants(resource: Resource) -> Iterator[Mutant]:
    """Yield every mutant of a resource."""
    r4_type = str(resource["resourceType"])
    root = root_of(newest_version(), r4_type)
    yield Mutant("unknown-element", f"{r4_type}.spoiled", {**resource, "spoiled": "x"})
    for name, node in root.children().items():
        if node.kind is Kind.FORBIDDEN and name != "resourceType":
            value = _example(node, r4_type)
            yield Mutant("forbidden", node.path, {**resource, name: value})
    for steps, value in _places(resource, ()):
        for kind, changed in _spoiled(steps, value):
            path = ".".join([r4_type, *(s for s in steps if isinstance(s, str))])
            made = _with(resource, steps, changed)
            if made is not None:
                beside = kind == "blank" and _beside(resource, steps)
                yield Mutant("blank-beside" if beside else kind, path, made)


def _example(node: Node, r4_type: str) -> Json:
    kinds: dict[Kind, Json] = {Kind.FLAG: True, Kind.NUMBER: 1, Kind.COMPLEX: {"id": "x"}}
    value = kinds.get(node.item, "2021-01-01")
    known = package(newest_version())
    elements = known.profiles[known.types[r4_type]].elements
    listed = elements.get(node.path.rpartition(".")[2], {}).get("list")
    return [value] if listed else value


def _places(value: Json, steps: Steps) -> Iterator[tuple[Steps, Json]]:
    """Yield every element below, each once; of a list its first two."""
    if isinstance(value, dict):
        for name, child in value.items():
            yield (*steps, name), child
            yield from _places(child, (*steps, name))
    elif isinstance(value, list):
        for place, item in enumerate(value[:2]):
            yield from _places(item, (*steps, place))


_GONE: Any = object()
Change = tuple[str, Any]


def _spoiled(steps: Steps, value: Json) -> Iterator[Change]:
    """Yield (kind, new value) for one element; _GONE takes it away."""
    name = str(steps[-1])
    if name == "resourceType":
        return
    yield "dropped", _GONE
    if isinstance(value, list):
        yield "many", [*copy.deepcopy(value), *copy.deepcopy(value), *copy.deepcopy(value)]
        texts = name.startswith("_") or (bool(value) and isinstance(value[0], str))
        yield "empty-texts" if texts else "empty-list", []
        if value:
            yield "not-a-list", copy.deepcopy(value[0])
            yield from _inside(value)
    else:
        yield "a-list", [copy.deepcopy(value)]
    if isinstance(value, dict):
        yield "empty", {}
        yield "unknown-inside", {**copy.deepcopy(value), "spoiled": "x"}
        yield "unknown-extension", {**copy.deepcopy(value), "extension": [_extension()]}
    elif isinstance(value, str):
        yield from _texts(name, value)
    elif isinstance(value, bool):
        yield "type", str(value).lower()


def _extension() -> Json:
    return {"url": ELSEWHERE, "valueString": "x"}


def _inside(value: list[Json]) -> Iterator[Change]:
    """Spoil texts that stand in a list themselves."""
    if isinstance(value[0], str):
        for kind, changed in _texts("", value[0]):
            yield kind, [changed, *value[1:]]
    if isinstance(value[0], dict) and "url" in value[0]:
        yield "extension-elsewhere", [*copy.deepcopy(value), _misplaced()]


def _misplaced() -> Json:
    return {
        "url": "http://hl7.org/fhir/StructureDefinition/humanname-partner-prefix",
        "valueString": "van",
    }


def _texts(name: str, value: str) -> Iterator[Change]:
    yield "control", f"{value}{CONTROL}"
    yield "bell", f"{value}\x07"
    yield "blank", ""
    if name in ("family", "city", "name", "title", "description"):
        yield "spaces", "  "
    yield "number", 7
    if name in ("code", "status", "use", "gender", "type", "intent", "valueCode", "priority"):
        yield "code", "bedorven"
        yield "code-case", value.swapcase()
    if name in _TEXTS:
        yield "system", ELSEWHERE
        yield "space-inside", f"{value} x"
    if name == "reference":
        for r4_type in ("Patient", "Device", "Observation"):
            yield f"reference-{r4_type}", f"{r4_type}?identifier=http://a.example|1"
    if value[:4].isdecimal() and len(value) >= len("2021-01-01") and value[4] == "-":
        yield "date", f"{value[:5]}13-45{value[10:]}"
        yield "date-order", f"{value[8:10]}-{value[5:7]}-{value[:4]}"


def _beside(resource: Resource, steps: Steps) -> bool:
    """Whether an element is a primitive with extensions beside it."""
    at: Any = resource
    for step in steps[:-1]:
        at = at[step]
    return f"_{steps[-1]}" in at


def _with(resource: Resource, steps: Steps, changed: Any) -> Resource | None:  # noqa: ANN401
    """Return a copy in which the element at a place is another; None: it would be the same."""
    made = copy.deepcopy(resource)
    at: Any = made
    for step in steps[:-1]:
        at = at[step]
    if changed is _GONE:
        del at[steps[-1]]
    elif at[steps[-1]] == changed and type(at[steps[-1]]) is type(changed):
        return None
    else:
        at[steps[-1]] = changed
    return made


def sampled(resources: list[Resource], per_place: int) -> list[Mutant]:
    """Return mutants of many resources: at most so many per type, kind and path.

    The first of each come from different resources as far as there are.
    """
    found: list[Mutant] = []
    counts: dict[tuple[str, str], int] = {}
    for resource in resources:
        here: set[tuple[str, str]] = set()
        for mutant in mutants(resource):
            unseen = _unseen(mutant)
            key = (mutant.kind, unseen or mutant.path)
            most = 1 if unseen else per_place
            if key not in here and counts.get(key, 0) < most:
                here.add(key)
                counts[key] = counts.get(key, 0) + 1
                found.append(mutant)
    return found


def _unseen(mutant: Mutant) -> str:
    """Return which of UNSEEN a mutant is about; empty: none."""
    about_profile = mutant.kind in ("dropped", "empty-texts") and ".meta" in mutant.path
    return "meta" if about_profile else mutant.kind if mutant.kind in UNSEEN else ""
