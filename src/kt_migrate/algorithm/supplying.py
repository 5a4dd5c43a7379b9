"""How a supplied value takes the place of what the source says, per kind of element.

Each makes of the values the elements that KT 1.3 would have had, so that the function judges a
supplied value as it judges a message: what it refuses there, it refuses here. A value that is
not supplied stays as the message has it. Source: design.md §5; draaiboek M.4, Q.5.
"""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.algorithm.registry import Context, Supply
from kt_migrate.conformance import fits
from kt_migrate.kt13.body import first_text
from kt_migrate.model import Body, Node

_NAME_PARTS = ("family", "given", "prefix", "use")
_ADDRESS_PARTS = {"line": "line", "city": "city", "postalCode": "zip", "country": "country"}
_LATER = ("usual", "nickname", "old", "maiden", "temp", "anonymous")
"""Uses of a name that is not the first to correct."""


def _code(
    context: Context, _nodes: list[Node], values: Mapping[str, str], arguments: tuple[str, ...]
) -> list[Node]:
    """Take a code of KT 1.3, or the one of KT 2.0 that it becomes: people write either."""
    (value,) = values.values()
    table = arguments[0]
    if context.code(table, value) is None:
        value = context.source_code(table, value) or value
    return [value]


def _reference(
    _context: Context, _nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    return [{"reference": [link]} for link in values.values()]


def _application(
    _context: Context, _nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    return [{"display": [name]} for name in values.values()]


def _url(
    _context: Context, _nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    return [{"url": [url]} for url in values.values()]


def _launch(
    _context: Context, _nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    """Give the address; the url of definitions is asked where one is made."""
    return [value for part, value in values.items() if part == "endpoint"]


def _period(
    _context: Context, nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    own: Body = next((node for node in nodes if isinstance(node, dict)), {})
    return [{**own, **{part: [value] for part, value in values.items()}}]


def _name(
    _context: Context, nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    """Correct the name that counts: the official one, else the first that is no nickname."""
    uses = [first_text(node, "use") if isinstance(node, dict) else "old" for node in nodes]
    return _put_in(nodes, _best(uses, "official", _LATER), values)


def _address(
    _context: Context, nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    """Correct the address that counts: that of the home, else the first that is not old."""
    uses = [first_text(node, "use") if isinstance(node, dict) else "old" for node in nodes]
    parts = {_ADDRESS_PARTS[part]: value for part, value in values.items()}
    return _put_in(nodes, _best(uses, "home", ("old",)), parts)


def _best(uses: list[str | None], wanted: str, never: tuple[str, ...]) -> int:
    """Return the place of the element to correct; behind the last one when none will do."""
    if wanted in uses:
        return uses.index(wanted)
    return next((place for place, use in enumerate(uses) if use not in never), len(uses))


def _put_in(nodes: list[Node], place: int, parts: Mapping[str, str]) -> list[Node]:
    given: Body = {part: [value] for part, value in parts.items()}
    if place == len(nodes):
        return [*nodes, given]
    own = nodes[place]
    corrected = {**own, **given} if isinstance(own, dict) else given
    return [*nodes[:place], corrected, *nodes[place + 1 :]]


def _telecoms(
    _context: Context, nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    """Replace the addresses of each kind that is supplied; those of other kinds stay."""
    kept = [node for node in nodes if _kind(node) not in values]
    return [*kept, *(_telecom(kind, value) for kind, value in values.items())]


def _kind(node: Node) -> str:
    """Return the kind of a telecom: its system, but `mobile` for a telephone that is one."""
    if not isinstance(node, dict):
        return ""
    system, use = first_text(node, "system") or "", first_text(node, "use")
    return "mobile" if system == "phone" and use == "mobile" else system


def _telecom(kind: str, value: str) -> Node:
    if kind == "mobile":
        return {"system": ["phone"], "value": [value], "use": ["mobile"]}
    return {"system": [kind], "value": [value]}


def _identifier(
    context: Context, nodes: list[Node], values: Mapping[str, str], arguments: tuple[str, ...]
) -> list[Node]:
    """Replace the identifier of the same system: `system|value`, or a value without a system.

    One whose system KT 2.0 cannot hold gives way as well: it is what was to be corrected.
    """
    (given,) = values.values()
    system, _, value = given.rpartition("|")
    wanted = _system(context, system, arguments)

    def stays(node: Node) -> bool:
        own = first_text(node, "system") if isinstance(node, dict) else None
        if own is None:
            return not isinstance(node, dict) or bool(system)
        known = _system(context, own, arguments)
        return known != wanted and fits(known, "uri")

    named: Body = {"system": [system]} if system else {}
    return [*filter(stays, nodes), {**named, "value": [value]}]


def _system(context: Context, system: str, arguments: tuple[str, ...]) -> str:
    """Return how KT 2.0 calls a system."""
    found = (context.code(table, system) for table in arguments[1:])
    return next((known for known in found if isinstance(known, str)), system)


def _role(
    context: Context, nodes: list[Node], values: Mapping[str, str], arguments: tuple[str, ...]
) -> list[Node]:
    """Give the role to every member that has none, or one that the table does not know."""
    (role,) = values.values()
    return [_with_role(context, node, role, arguments[0]) for node in nodes]


def _with_role(context: Context, node: Node, role: str, table: str) -> Node:
    if not isinstance(node, dict):
        return node
    own = first_text(node, "role")
    known = own and context.code(table, own) is not None
    return node if known else {**node, "role": [role]}


CODE = Supply(_code)
REFERENCE = Supply(_reference)
APPLICATION = Supply(_application)
URL = Supply(_url)
LAUNCH = Supply(_launch, ("endpoint", "definition_url"), ("endpoint",))
PERIOD = Supply(_period, ("start", "end"))
NAME = Supply(_name, _NAME_PARTS, ("family", "given"))
ADDRESS = Supply(_address, tuple(_ADDRESS_PARTS))
TELECOMS = Supply(_telecoms, ("email", "phone", "mobile", "fax"))
IDENTIFIER = Supply(_identifier)
ROLE = Supply(_role)
