"""What the objects of both sides are called, and what their references point to."""

from __future__ import annotations

from kt_migrate.judging.source import Source
from kt_migrate.judging.target import Target
from kt_migrate.judging.values import Naming, of_source, of_target
from kt_migrate.kt2.search import Found
from kt_migrate.kt13.body import extension_value, first_text
from kt_migrate.kt13.definition import definition_identifier
from kt_migrate.kt13.links import split_version
from kt_migrate.model import Body, Resource


def naming_of(source: Source, target: Target) -> Naming:
    """Return what knows the names of references on both sides."""
    every = source.named | source.besides | source.bodies
    old = {link: (kind, body) for (kind, link), body in every.items()}
    old |= {
        number: (kind, body)
        for (kind, _link), body in every.items()
        if kind == "ActivityDefinition" and (number := definition_identifier(body))
    }
    new = target.named()

    def naming(text: str) -> str:
        if text in new:
            return _resource_name(new[text])
        kind, body = old.get(split_version(text)[0], ("", {}))
        return source_name(kind, body, _nobody) if kind else ""

    return naming


def _nobody(_text: str) -> str:
    return ""


def source_name(source_type: str, body: Body, naming: Naming) -> str:
    """Return what an object of KT 1.3 is called; empty: it has no name."""
    if source_type == "CarePlanActivity":
        nodes = body.get("activity", [])
        node = nodes[0] if nodes and isinstance(nodes[0], dict) else {}
        return _text(node, "CarePlan#ActivityDescription", naming)
    own = {
        "CareTeam": "CareTeam#Name",
        "ActivityDefinition": "ActivityDefinition#ActivityName",
    }.get(source_type)
    if own is not None:
        return _text(body, own, naming)
    names = body.get("name", [])
    return of_source(names[0], "name", naming) if names else first_text(body, "title") or ""


def _text(body: Body, extension: str, naming: Naming) -> str:
    value = extension_value(body, extension)
    return "" if value is None else of_source(value, "", naming)


def target_name(found: tuple[Found, ...] | None) -> str:
    """Return what an object of KT 2.0 is called; empty: it has no name, or is not there."""
    return _resource_name(found[0].resource) if found else ""


def _resource_name(resource: Resource) -> str:
    for element in ("name", "title", "description"):
        texts = of_target(resource.get(element), element, _nobody)
        if texts:
            return texts[0]
    return ""
