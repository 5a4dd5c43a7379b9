"""Functions for addresses. Source: kt2.md §1.0; nl-core-AddressInformation."""

from __future__ import annotations

from kt_migrate.algorithm.registry import Context, function
from kt_migrate.kt13.body import first_text, texts
from kt_migrate.model import Json, Node


@function(reads=("use", "line", "city", "zip", "country"))
def addresses(_context: Context, nodes: list[Node], _arguments: tuple[str, ...]) -> Json:
    """Rebuild addresses: DSTU1's zip is R4's postalCode."""
    made: list[Json] = []
    for node in nodes:
        if not isinstance(node, dict):
            continue
        address: dict[str, Json] = {}
        use = first_text(node, "use")
        lines = texts(node, "line")
        if lines:
            address["line"] = [*lines]
        for source, target in (("city", "city"), ("zip", "postalCode"), ("country", "country")):
            value = first_text(node, source)
            if value:
                address[target] = value
        if address and use in ("home", "work", "temp", "old"):
            address["use"] = use
        if address:
            made.append(address)
    return made or None
