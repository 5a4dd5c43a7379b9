"""A small algorithm of our own, and objects for it."""

from __future__ import annotations

import itertools
from typing import Literal

from kt_migrate.algorithm.model import Algorithm, Ignored, Policies, Rule, ScopeRules, TypeRules
from kt_migrate.model import Body, Issue, Mapped, Rejected, SourceObject

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
LINK = "http://epd.example/fhir/Thing/1"
_digests = itertools.count()


def rule(name: str, **more: object) -> Rule:
    """Return a rule for the element of this name, from where `more` says."""
    return Rule.model_validate({"id": f"rule-{name.lower()}", "to": name, "because": "x", **more})


def ignored(name: str, path: str) -> Ignored:
    """Return an element that is left behind on purpose."""
    return Ignored(id=name, path=path, because="x")


def rules(
    *found: Rule,
    target: str = "Patient",
    identifier: str = "Person",
    leaves: tuple[Ignored, ...] = (),
) -> TypeRules:
    """Return the rules of a type."""
    return TypeRules(target=target, identifier=identifier, rules=found, ignored=leaves)


def algorithm(
    types: dict[str, TypeRules],
    *,
    owner: Literal["first", "one-task-each", "reject"] = "first",
    subs: Literal["count", "tasks"] = "count",
    not_migrated: dict[str, str] | None = None,
    codes: dict[str, dict[str, str]] | None = None,
) -> Algorithm:
    """Return an algorithm that nobody has seen before."""
    return Algorithm(
        name="own 1",
        digest=f"own-{next(_digests)}",
        policies=Policies(task_owner=owner, sub_activities=subs),
        scope=ScopeRules(),
        codes=codes or {},
        not_migrated=not_migrated or {},
        types=types,
    )


def thing(body: Body, source_type: str = "Thing", link: str = LINK) -> SourceObject:
    """Return the last state of an object."""
    return SourceObject(source_type=source_type, link=link, body=body)


def mapped(result: object) -> Mapped:
    """Return what an object became."""
    assert isinstance(result, Mapped)
    return result


SYSTEM = "http://koppeltaal.nl/migration/identifier/"


P1, P2, P3 = (f"http://epd.example/fhir/P/{n}" for n in (1, 2, 3))


NAME = rule("name", **{"from": "label"})


def one(*found: object, **more: object) -> Algorithm:
    """Return an algorithm of one type with these rules."""
    return algorithm({"Thing": rules(*found)}, **more)  # type: ignore[arg-type]  # what a test asks for


def issues(result: object) -> list[Issue]:
    """Return why an object was rejected."""
    assert isinstance(result, Rejected)
    return list(result.issues)
