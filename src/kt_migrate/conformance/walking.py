"""Walks a value along its node. Says what is wrong, never what the value is.

Each function adds what it finds to a list. As generators they would take twice the time: a
resource has a hundred elements, a domain a million resources, and hardly anything is found.
"""

from __future__ import annotations

from typing import TypeAlias

from kt_migrate.conformance.nodes import Extensions, Kind, Node, Slice, Slicing
from kt_migrate.conformance.slices import among, says
from kt_migrate.model import Json

Problem: TypeAlias = tuple[str, str]
Element: TypeAlias = dict[str, Json]

_REMEMBERED = 1_000
"""As many urls of extensions are remembered per place."""


def walk(found: list[Problem], value: Element, node: Node) -> None:
    """Look at the children of an object.

    Args:
        found: what is wrong is added here, as (path, rule).
        value: the object.
        node: what it may be.
    """
    members = node.members if node.members is not None else node.children()
    for name, child in value.items():
        member = members.get(name)
        if member is None:
            _beside(found, value, name, child, node)
        elif member.kind is Kind.TEXT:
            if type(child) is not str or not member.test(child):
                _misfit(found, child, member)
        elif member.kind is Kind.LIST:
            _list(found, child, member, value.get(f"_{name}"))
        else:
            _single(found, child, member, value.get(f"_{name}"))
    for path, names in node.needs:
        if value.keys().isdisjoint(names):
            found.append((path, "min"))


def _misfit(found: list[Problem], child: Json, member: Node) -> None:
    if isinstance(child, list):
        found.append((member.path, "cardinality"))
    else:
        found.append((member.path, member.word if isinstance(child, str) else "type"))


def _beside(found: list[Problem], value: Element, name: str, child: Json, node: Node) -> None:
    """Look at `_name`: the id and the extensions of a primitive; anything else is unknown."""
    plain = name.removeprefix("_")
    member = node.children().get(plain)
    if member is None or plain == name or member.item in (Kind.COMPLEX, Kind.ANY):
        found.append((f"{node.path}.{plain}", "unknown-element"))
    elif member.kind is Kind.FORBIDDEN:
        found.append((member.path, "max"))
    elif member.kind is Kind.LIST:
        _all_extended(found, child, member, absent=plain not in value)
    else:
        if plain not in value and member.coded:
            found.append((member.path, "code"))  # a required code is a code, not an extension
        _extended(found, child, member)


def _all_extended(found: list[Problem], child: Json, member: Node, *, absent: bool) -> None:
    if not isinstance(child, list) or not child:
        found.append((member.path, "cardinality"))
        return
    if absent and len(child) < member.minimum:
        found.append((member.path, "min"))
    for item in child:
        if item is not None:
            _extended(found, item, member)


def _extended(found: list[Problem], item: Json, member: Node) -> None:
    if isinstance(item, dict) and item:
        walk(found, item, member)
    else:
        _misfit(found, item, member)


def _single(found: list[Problem], child: Json, member: Node, beside: Json) -> None:
    if member.kind is Kind.FORBIDDEN:
        found.append((member.path, "max"))
    elif isinstance(child, list):
        found.append((member.path, "cardinality"))
    elif not (child is None and beside is not None):
        _value(found, child, member)
        if member.kind is Kind.MARKED and beside is None:
            found.append((f"{member.path}.extension", "min"))


def _list(found: list[Problem], child: Json, member: Node, beside: Json) -> None:
    if not isinstance(child, list):
        found.append((member.path, "cardinality"))
        return
    if len(child) < member.minimum or not child:
        found.append((member.path, "min"))
    elif member.maximum is not None and len(child) > member.maximum:
        found.append((member.path, "max"))
    else:
        _items(found, child, member, beside)


def _items(found: list[Problem], child: list[Json], member: Node, beside: Json) -> None:
    if member.extension is not None:
        _extensions(found, child, member, member.extension)
    elif member.slicing is not None:
        _sliced(found, child, member, member.slicing)
    elif member.item is Kind.COMPLEX:
        for item in child:
            _value(found, item, member)
    else:
        _primitives(found, child, member, beside)


def _primitives(found: list[Problem], child: list[Json], member: Node, beside: Json) -> None:
    besides = beside if isinstance(beside, list) else []
    for place, item in enumerate(child):
        own = besides[place] if place < len(besides) else None
        if item is not None or own is None:
            _value(found, item, member)
        if member.item is Kind.MARKED and own is None:
            found.append((f"{member.path}.extension", "min"))


def _value(found: list[Problem], item: Json, node: Node) -> None:
    """Look at one value."""
    kind = node.item
    if kind is Kind.COMPLEX:
        if isinstance(item, dict) and item:
            _complex(found, item, node)
        else:
            found.append((node.path, "type"))
    elif kind in (Kind.TEXT, Kind.MARKED):
        if type(item) is not str:
            found.append((node.path, "type"))
        elif not node.test(item):
            found.append((node.path, node.word))
    elif not _plainly(item, kind):
        found.append((node.path, "type"))


def _plainly(item: Json, kind: Kind) -> bool:
    if kind is Kind.FLAG:
        return isinstance(item, bool)
    if kind is Kind.NUMBER:
        return isinstance(item, (int, float)) and not isinstance(item, bool)
    return isinstance(item, dict) and bool(item)


def _complex(found: list[Problem], item: Element, node: Node) -> None:
    if node.fixed is not None and item != node.fixed:
        found.append((node.path, "fixed"))
        return
    if node.pattern is not None and not says(item, node.pattern):
        found.append((node.path, "fixed"))
    walk(found, item, node)
    if node.codes is not None and not among(node.codes, item):
        found.append((node.path, "code"))
    if node.targets:
        _target(found, item, node)
    for key, holds in node.rules:
        if not holds(item):
            found.append((node.path, key))


def _target(found: list[Problem], item: Element, node: Node) -> None:
    reference, named = item.get("reference"), item.get("type")
    if isinstance(reference, str):
        plain, condition, _query = reference.partition("?")
        steps = plain.partition("#")[0].split("/")
        r4_type = steps[-2] if len(steps) > 1 else steps[0] if condition else ""
    elif isinstance(named, str):
        r4_type = named
    else:
        if "identifier" not in item:
            found.append((node.path, "reference"))
        return
    if r4_type not in node.targets or (isinstance(named, str) and named != r4_type):
        found.append((node.path, "target"))


def _sliced(found: list[Problem], items: list[Json], node: Node, slicing: Slicing) -> None:
    counts = dict.fromkeys((one.name for one in slicing.slices), 0)
    for item in items:
        if not isinstance(item, dict) or not item:
            found.append((node.path, "type"))
            continue
        own = _slice_of(found, item, slicing)
        if own is not None:
            counts[own.name] += 1
            continue
        if slicing.closed:
            found.append((node.path, "closed-slicing"))
        _complex(found, item, node)
    for one in slicing.slices:
        _count(found, counts[one.name], one.node, one.name)


def _slice_of(found: list[Problem], item: Element, slicing: Slicing) -> Slice | None:
    """Return the slice that a value is of, after looking at the value as such."""
    for one in slicing.slices:
        if not slicing.by_profile:
            if one.matches(item):
                _complex(found, item, one.node)
                return one
            continue
        trial: list[Problem] = []
        _complex(trial, item, one.node)
        if not trial:
            return one
    return None


def _count(found: list[Problem], count: int, node: Node, name: str) -> None:
    if count < node.minimum:
        found.append((node.path, f"{name}-min"))
    if node.maximum is not None and count > node.maximum:
        found.append((node.path, f"{name}-max"))


def _extensions(found: list[Problem], items: list[Json], node: Node, allowed: Extensions) -> None:
    counts: dict[str, int] = {}
    for item in items:
        url = item.get("url") if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(url, str):
            found.append((node.path, "type"))
            continue
        counts[url] = counts.get(url, 0) + 1
        one = allowed.slices.get(url)
        known = one.node if one is not None else _other(allowed, url)
        if known is None:
            found.append((node.path, "context"))
        elif known.maximum != 0:
            _complex(found, item, known)
    for url, one in allowed.slices.items():
        if one.node.minimum or url in counts:
            _count(found, counts.get(url, 0), one.node, one.name)


def _other(allowed: Extensions, url: str) -> Node | None:
    if url not in allowed.known:
        if len(allowed.known) >= _REMEMBERED:
            allowed.known.clear()
        allowed.known[url] = allowed.other(url)
    return allowed.known[url]
