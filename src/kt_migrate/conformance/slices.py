"""By what the values of a list are told apart, and which codes a Coding may have."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kt_migrate.conformance.invariants import Element, dicts
from kt_migrate.conformance.nodes import Node
from kt_migrate.conformance.packages import Codes, Facts
from kt_migrate.model import Json

_NONE: frozenset[str] = frozenset()
Matches = Callable[[Element], bool]


def says(value: Json, pattern: Json) -> bool:
    """Whether a value says at least what a pattern says; the order of lists does not matter."""
    if isinstance(pattern, dict):
        return isinstance(value, dict) and all(
            says(value.get(name), part) for name, part in pattern.items()
        )
    if isinstance(pattern, list):
        return isinstance(value, list) and all(
            any(says(item, part) for item in value) for part in pattern
        )
    return value == pattern and type(value) is type(pattern)


def codings_of(value: Json) -> list[Element]:
    """Return the codings of a CodeableConcept, or a Coding as the only one."""
    if not isinstance(value, dict):
        return []
    return dicts(value["coding"]) if "coding" in value else [value] if "code" in value else []


def among(codes: Codes, value: Json) -> bool:
    """Whether a Coding, or one of a CodeableConcept's, is of a value set."""
    for coding in codings_of(value):
        some = codes.get(str(coding.get("system")), _NONE)
        if "code" in coding and (some is None or str(coding["code"]) in some):
            return True
    return False


def all_among(codes: Codes, value: Json) -> bool:
    """Whether a value has codings, and each is of a value set (as HAPI's `memberOf` has it)."""
    found = codings_of(value)
    return bool(found) and all(among(codes, coding) for coding in found)


def known_codes(systems: Codes, coding: Element) -> bool:
    """Whether a Coding has a code that exists, as far as its system is one that we have whole."""
    codes = systems.get(str(coding.get("system")))
    return codes is None or str(coding.get("code")) in codes


def matcher(
    by: list[tuple[str, ...]], facts: Facts, node: Node, sets: Mapping[str, Codes | None]
) -> Matches:
    """Return what says whether a value is of a slice.

    Args:
        by: the discriminators, as (kind, path).
        facts: what the profile says of the slice.
        node: the slice's node.
        sets: codes of the value sets.
    """
    (kind, path), *_one = by
    if kind == "profile":
        return lambda _value: True
    if path == "$this":
        return _by_itself(facts, sets)
    child = node.children()[path]
    wanted = child.pattern if child.pattern is not None else child.fixed
    return lambda value: says(value.get(path), wanted)


def _by_itself(facts: Facts, sets: Mapping[str, Codes | None]) -> Matches:
    pattern = facts.get("pattern", facts.get("fixed"))
    if pattern is not None:
        return lambda value: says(value, pattern)
    codes = sets.get(facts.get("set", ""))
    if codes is None:
        return lambda _value: False
    return lambda value: all_among(codes, value)
