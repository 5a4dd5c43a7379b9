"""How to look into a canonical body.

In a `Body` every element is a list; a primitive is its text, or a dict with `value` when it has
an id or extensions of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from kt_migrate.kt13.links import split_version
from kt_migrate.kt13.names import type_name
from kt_migrate.kt13.remembering import remembered
from kt_migrate.model import Body, Node

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
"""Base of every Koppeltaal extension and code system. Source: kt13.md."""

_PROFILE = NS + "Profile/"
_OWN = "ggz.koppeltaal.nl/fhir/koppeltaal"
_HL7 = ("hl7.org/fhir/", "www.hl7.org/fhir/", "terminology.hl7.org/")
_type_name = remembered(4096)(type_name)


def text(node: Node | None) -> str | None:
    """Return the text of a primitive, or None when it is none.

    >>> text({"value": ["x"], "id": ["1"]})
    'x'
    """
    if isinstance(node, dict):
        values = node.get("value")
        node = values[0] if values else None
    return node if isinstance(node, str) else None


def texts(body: Body, name: str) -> list[str]:
    """Return the texts of all primitives with this name."""
    return [found for node in body.get(name, ()) if (found := text(node)) is not None]


def first_text(body: Body, name: str) -> str | None:
    """Return the first text with this name, or None."""
    for node in body.get(name, ()):
        found = node if isinstance(node, str) else text(node)
        if found is not None:
            return found
    return None


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
    wanted, other = NS + name, _PROFILE + name
    for node in body.get("extension", ()):
        if isinstance(node, dict):
            url = first_text(node, "url")
            if url in (wanted, other):
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


def coding_code(node: Node | None, *value_sets: str) -> str:
    """Return the code of a code, a Coding or a CodeableConcept, or empty.

    Of several codings the system decides, not the place (see `coding`).

    Args:
        node: the code, Coding or CodeableConcept.
        value_sets: last part of each system that is meant: `CarePlanParticipantRole`.
    """
    if not isinstance(node, dict):
        return node or ""
    found = coding(node, *value_sets)
    return first_text(found, "code") or text(node) or ""


def coding(node: Body, *value_sets: str) -> Body:
    """Return the Coding that counts: the node itself, or the best of a CodeableConcept's.

    Koppeltaal's own system of a value set comes first, then HL7's, then any system of Koppeltaal,
    any of HL7, any that ends with a value set's name, and only then the first that there is.
    A coding without a code counts when no other does. Source: design.md §5; kt13.md X10.
    """
    if "coding" not in node:
        return node
    found = nodes(node, "coding")
    coded = [one for one in found if first_text(one, "code")]
    if not coded:
        return found[0] if found else node
    if len(coded) == 1:
        return coded[0]
    wanted = tuple(map(spelled, value_sets))
    return min(coded, key=lambda one: _rank(first_text(one, "system") or "", wanted))


def spelled(system: str) -> str:
    """Return the last part of a system's URI, without what its spellings differ in.

    >>> spelled("http://hl7.org/fhir/vs/administrative-gender/")
    'administrativegender'
    """
    last = system.rstrip("/").rpartition("/")[2]
    return last.replace("-", "").removesuffix(".html").lower()


def _rank(system: str, wanted: tuple[str, ...]) -> int:
    plain = system.lower().removeprefix("https://").removeprefix("http://")
    own = plain.startswith(_OWN)
    meant = spelled(system).endswith(wanted)
    if meant and (own or plain.startswith(_HL7)):
        return 0 if own else 1
    if own:
        return 2
    if plain.startswith(_HL7):
        return 3
    return 4 if meant else 5


def reference(node: Node | None) -> str:
    """Return the link that a ResourceReference names, its version cut off, or empty."""
    if not isinstance(node, dict):
        return ""
    return split_version(first_text(node, "reference") or "")[0]


def source_type(resource_type: str, body: Body) -> str:
    """Type an `Other` by its first usage code, by the coding of the right system (kt13.md §4.9)."""
    if resource_type != "Other":
        return _type_name(resource_type) if resource_type else ""
    codes = (coding_code(node, "OtherResourceUsage") for node in body.get("code", ()))
    code = next(filter(None, codes), "")
    return _type_name(code) if code else "Other"
