"""How to look into a canonical body.

In a `Body` every element is a list; a primitive is its text, or a dict with `value` when it has
an id or extensions of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from kt_migrate.kt13.links import split_version
from kt_migrate.model import Body, Node

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
"""Base of every Koppeltaal extension and code system. Source: kt13.md."""

_FORMS = (NS, NS + "Profile/")


def text(node: Node | None) -> str | None:
    """Return the text of a primitive, or None when it is none.

    >>> text({"value": ["x"], "id": ["1"]})
    'x'
    """
    if isinstance(node, dict):
        values = node.get("value", [])
        node = values[0] if values else None
    return node if isinstance(node, str) else None


def texts(body: Body, name: str) -> list[str]:
    """Return the texts of all primitives with this name."""
    return [found for node in body.get(name, []) if (found := text(node)) is not None]


def first_text(body: Body, name: str) -> str | None:
    """Return the first text with this name, or None."""
    found = texts(body, name)
    return found[0] if found else None


def nodes(body: Body, name: str) -> list[Body]:
    """Return all elements with children with this name."""
    return [node for node in body.get(name, []) if isinstance(node, dict)]


def first_node(body: Body, name: str) -> Body:
    """Return the first element with children with this name, or an empty one."""
    found = nodes(body, name)
    return found[0] if found else {}


def short_url(url: str) -> str:
    """Return `X#Y` for a Koppeltaal extension's URL in either form, else the URL itself.

    Source: kt13.md §6.3 X1.

    >>> short_url("http://ggz.koppeltaal.nl/fhir/Koppeltaal/Profile/CarePlan#StartDate")
    'CarePlan#StartDate'
    """
    if not url.startswith(NS):
        return url
    rest = url[len(NS) :]
    return rest.removeprefix("Profile/")


def extensions(body: Body, name: str) -> Iterator[Body]:
    """Yield the extensions with this name (`X#Y`), with or without `Profile/` in the URL."""
    wanted = tuple(form + name for form in _FORMS)
    for node in body.get("extension", []):
        if isinstance(node, dict) and first_text(node, "url") in wanted:
            yield node


def extension(body: Body, name: str) -> Body | None:
    """Return the first extension with this name, or None."""
    return next(extensions(body, name), None)


def extension_value(body: Body, name: str) -> Node | None:
    """Return the first extension's value, whatever its type (value[x] drifts, X5), or None."""
    node = extension(body, name)
    for element, values in (node or {}).items():
        if element.startswith("value") and values:
            return values[0]
    return None


def extension_text(body: Body, name: str) -> str:
    """Return the first extension's primitive value, or empty."""
    return text(extension_value(body, name)) or ""


def coding_code(node: Node | None) -> str:
    """Return the code of a code, a Coding or a CodeableConcept, or empty."""
    if isinstance(node, dict):
        codings = nodes(node, "coding")
        found = first_text(codings[0] if codings else node, "code")
        return found or text(node) or ""
    return node or ""


def reference(node: Node | None) -> str:
    """Return the link that a ResourceReference names, its version cut off, or empty."""
    if not isinstance(node, dict):
        return ""
    return split_version(first_text(node, "reference") or "")[0]
