"""How a source body is presented to FHIRPath, and how what comes out of it becomes a node again.

* Elements have their DSTU1 names; each is a list, as in the body.
* A boolean, integer or decimal of DSTU1 is one; everything else is text, dates too.
* A primitive with an id or extensions of its own is its value.
* `extension('Patient#Age')` names a Koppeltaal extension by its short URL, and `.value` below it
  is its value, of whatever type; any other extension is named by its URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from kt_migrate.algorithm.fhirpath import Expression
from kt_migrate.algorithm.known_sources import ANY, PRIMITIVES, TYPES, elements
from kt_migrate.kt13.body import first_text, short_url, text
from kt_migrate.model import Body, Node


class Presented:
    """A body as FHIRPath sees it.

    Args:
        body: the source body.
        source_type: its type; of one that KT 1.3 does not know everything is text.
    """

    def __init__(self, body: Body, source_type: str) -> None:
        self._nodes: dict[int, Body] = {}
        self._body = self._mapping(body, source_type if source_type in TYPES else ANY)

    def select(self, expression: Expression) -> list[Node]:
        """Return the nodes that an expression selects; a value that it makes is its text."""
        return [self._node(found) for found in expression.evaluate(self._body)]

    def holds(self, condition: Expression) -> bool | None:
        """Say whether a condition is true; of nothing it is not; None: it is no condition."""
        found = condition.evaluate(self._body)
        match found:
            case []:
                return False
            case [bool(answer)]:
                return answer
            case _:
                return None

    def _node(self, found: object) -> Node:
        known = self._nodes.get(id(found))
        if known is not None:
            return known
        if isinstance(found, bool):
            return "true" if found else "false"
        return str(found)

    def _mapping(self, body: Body, kind: str) -> dict[str, object]:
        known = {} if kind == ANY or kind in PRIMITIVES else elements(kind)
        made: dict[str, object] = {}
        for name, nodes in body.items():
            below = known.get(name, "Extension" if name == "extension" else ANY)
            made[name] = [self._value(node, below) for node in nodes]
        if kind == "Extension":
            made["url"] = short_url(first_text(body, "url") or "")
            made.update(_any_value(made))
        self._nodes[id(made)] = body
        return made

    def _value(self, node: Node, kind: str) -> object:
        if kind in PRIMITIVES or isinstance(node, str):
            return _typed(text(node) or "", kind)
        return self._mapping(node, kind)


def _any_value(extension: dict[str, object]) -> Iterator[tuple[str, object]]:
    values = [nodes for name, nodes in extension.items() if name.startswith("value")]
    return iter([("value", values[0])] if values else [])


def _typed(value: str, kind: str) -> object:
    try:
        match kind:
            case "boolean" if value in {"true", "false"}:
                return value == "true"
            case "integer":
                return int(value)
            case "decimal":
                return Decimal(value)
            case _:
                return value
    except (ValueError, InvalidOperation):
        return value
