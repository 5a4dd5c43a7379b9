"""Looks into an ActivityDefinition (kt13.md §4.10)."""

from __future__ import annotations

from kt_migrate.kt13.body import extension_value, first_text, nodes, spelled, text
from kt_migrate.model import Body

_IDENTIFIER = "ActivityDefinition#ActivityDefinitionIdentifier"


def definition_identifier(body: Body, *, native: bool = True) -> str:
    """Return the identifier by which activities name this definition, or empty.

    The extension (a string, or an Identifier as the documentation has it) comes first; without
    it the native identifier of Koppeltaal's system, and then any native one: data of 2015 has no
    other. Those do not count when `native` says so. Source: kt13.md §4.10; §9 row 16.
    """
    value = extension_value(body, _IDENTIFIER)
    own = first_text(value, "value") if isinstance(value, dict) else text(value)
    without = (native_identifier(body) if native else None) or {}
    return own or first_text(without, "value") or ""


def native_identifier(body: Body) -> Body | None:
    """Return the native identifier of Koppeltaal's system, else the first with a value."""
    native = [node for node in nodes(body, "identifier") if first_text(node, "value")]
    named = [n for n in native if spelled(first_text(n, "system") or "") == _IDENTIFIER.lower()]
    return next(iter(named or native), None)
