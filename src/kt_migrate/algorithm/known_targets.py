"""What KT 2.0 can hold, as far as a rule can be wrong about it: types, elements, closed codes."""

from __future__ import annotations

from functools import lru_cache

from kt_migrate.conformance.limits import Limit, known_types, limits_of
from kt_migrate.conformance.rules import RELATIONSHIPS, TEAM_ROLES
from kt_migrate.model import Json

_TOPICS = {
    "http://terminology.hl7.org/CodeSystem/definition-topic": frozenset(
        {"treatment", "education", "assessment"}
    ),
    "http://vzvz.nl/fhir/CodeSystem/koppeltaal-definition-topic": frozenset(
        {"self-treatment", "self-assessment"}
    ),
}
_CLOSED = {
    "RelatedPerson.relationship": RELATIONSHIPS,
    "CareTeam.participant.role": TEAM_ROLES,
    "ActivityDefinition.topic": _TOPICS,
}

Systems = dict[str, frozenset[str]]


def types() -> list[str]:
    """Return the types of KT 2.0 that a rule can make."""
    return sorted(known_types())


def elements(target: str) -> dict[str, bool]:
    """Return the elements of a type; whether KT 2.0 allows each."""
    return {name: limit.maximum != 0 for name, limit in limits_of(target).items()}


@lru_cache(maxsize=256)
def codes(target: str, element: str) -> frozenset[str]:
    """Return the codes that an element of KT 2.0 may have; empty: any.

    Args:
        target: a type of `types`.
        element: its element, `participant.type` too.
    """
    limit = _limit(target, element)
    if limit is None:
        return frozenset()
    return frozenset({limit.fixed}) if isinstance(limit.fixed, str) else limit.codes


@lru_cache(maxsize=256)
def codings(target: str, element: str) -> Systems:
    """Return the codes that an element may have per code system; empty: any."""
    closed = _CLOSED.get(f"{target}.{element}")
    if closed is not None:
        return closed
    limit = _limit(target, element)
    return {} if limit is None else _fixed(limit.fixed)


def _fixed(fixed: Json) -> Systems:
    if not isinstance(fixed, dict):
        return {}
    inner = fixed.get("coding")
    if isinstance(inner, list):
        return _fixed(inner[0])
    system, code = fixed.get("system"), fixed.get("code")
    return {system: frozenset({code})} if isinstance(system, str) and isinstance(code, str) else {}


def _limit(target: str, element: str) -> Limit | None:
    found, children = None, limits_of(target)
    for name in element.split("."):
        found = children.get(name)
        if found is None:
            return None
        children = found.children
    return found
