"""Makes the tree of a profile's constraints out of a package's data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from kt_migrate.conformance.datatypes import test_of
from kt_migrate.conformance.invariants import INVARIANTS, TEXT_INVARIANTS, Invariant
from kt_migrate.conformance.nodes import Extensions, Kind, Members, Node, Slice, Slicing, anything
from kt_migrate.conformance.packages import R4, Codes, Facts, Package, Profile, package
from kt_migrate.conformance.slices import known_codes, matcher
from kt_migrate.model import Json

_KINDS = {"boolean": Kind.FLAG, "Resource": Kind.ANY, "xhtml": Kind.TEXT} | dict.fromkeys(
    ("integer", "decimal", "positiveInt", "unsignedInt"), Kind.NUMBER
)
_NOTHING: Facts = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an element stands.

    Attributes:
        profile: whose data tells of it.
        tail: its path in that profile.
        path: its path from the root of the resource.
        names: what an extension's context may call it.
    """

    profile: Profile
    tail: str
    path: str
    names: frozenset[str] = frozenset()


@lru_cache(maxsize=32)
def root_of(version: str, r4_type: str) -> Node:
    """Return the tree of the profile of a type, which must be known."""
    built = _Builder(package(version))
    profile = built.package.profiles[built.package.types[r4_type]]
    names = frozenset((r4_type, "Resource", "DomainResource", "Element"))
    place = _Place(profile=profile, tail="", path=r4_type, names=names)
    node = built.node(place, {**profile.elements[""], "types": [r4_type], "max": 1})
    node.children()["resourceType"] = Node(
        path=r4_type, kind=Kind.TEXT, item=Kind.TEXT, expand=lambda: Members({})
    )
    return node


class _Builder:
    """Makes nodes of one package."""

    def __init__(self, package: Package) -> None:
        self.package = package

    def node(self, place: _Place, facts: Facts) -> Node:
        """Return the node of an element with at most one type."""
        entry = (facts.get("types") or ["Element"])[0]
        code = entry if isinstance(entry, str) else entry["code"]
        profiles = [] if isinstance(entry, str) else entry.get("profiles", [])
        of_type = self.package.profiles.get(profiles[0] if profiles else R4 + code)
        inside = self._inside(place, of_type)
        own = of_type.elements.get("", _NOTHING) if of_type is not None else _NOTHING
        item = self._kind(code)
        names = place.names | {code, "Element"}
        node = Node(
            path=place.path,
            kind=item,
            item=item,
            minimum=facts.get("min", 0),
            maximum=facts.get("max", 1),
            fixed=facts.get("fixed"),
            pattern=facts.get("pattern"),
            names=names,
            expand=partial(self._members, inside, names, code),
        )
        self._refine(node, facts, code, entry)
        node.rules = (*node.rules, *_rules([*facts.get("rules", ()), *own.get("rules", ())]))
        self._finish(node, place, facts, inside)
        return node

    def _inside(self, place: _Place, of_type: Profile | None) -> _Place:
        """Return where the children of an element are told of: here, or with its type."""
        if of_type is None or place.profile.children.get(place.tail):
            return place
        return _Place(profile=of_type, tail="", path=place.path)

    def _kind(self, code: str) -> Kind:
        of_type = self.package.profiles.get(R4 + code)
        primitive = of_type is not None and of_type.primitive
        return _KINDS.get(code, Kind.TEXT if primitive else Kind.COMPLEX)

    def _refine(self, node: Node, facts: Facts, code: str, entry: Any) -> None:  # noqa: ANN401
        codes = self.package.value_sets.get(facts["set"]) if "set" in facts else None
        if node.item is Kind.TEXT:
            node.word, node.test = _text_test(facts, code, codes)
            node.coded = bool(codes) and "strength" not in facts
        elif code in ("Coding", "CodeableConcept"):
            node.codes = codes if facts.get("strength", "required") == "required" else None
        if code == "Coding":
            node.rules = (("unknown-code", partial(known_codes, self.package.code_systems)),)
        if code == "Reference" and not isinstance(entry, str):
            node.targets = frozenset(entry.get("targets", ()))

    def _finish(self, node: Node, place: _Place, facts: Facts, inside: _Place) -> None:
        if node.item is Kind.TEXT and self._marked(inside):
            node.item = node.kind = Kind.MARKED
        if facts.get("max", 1) == 0:
            node.kind = Kind.FORBIDDEN
        elif facts.get("list"):
            node.kind = Kind.LIST
        slices = place.profile.slices.get(place.tail, [])
        by = facts.get("slicing", {}).get("by", [])
        if (
            facts.get("types")
            and _code(facts["types"][0]) == "Extension"
            and node.kind is Kind.LIST
        ):
            node.extension = self._extensions(node, place, slices)
        elif slices and by and by[0][1] != "member.resolve()" and by[0][0] != "type":
            node.slicing = self._slicing(place, slices, facts["slicing"])

    def _marked(self, inside: _Place) -> bool:
        """Whether extensions must stand beside a text."""
        found = inside.profile.children.get(inside.tail, {}).get("extension")
        return found is not None and bool(inside.profile.elements[found].get("min"))

    def _members(self, inside: _Place, names: frozenset[str], code: str) -> Members:
        nodes: dict[str, Node] = {}
        needs: list[tuple[str, frozenset[str]]] = []
        for name, tail in inside.profile.children.get(inside.tail, {}).items():
            made = dict(self._named(inside, name, tail, {*names, code}))
            nodes |= made
            if made and inside.profile.elements[tail].get("min"):
                first = next(iter(made.values())).path
                needs.append((first, frozenset(made) | {f"_{full}" for full in made}))
        return Members(nodes, tuple(needs))

    def _named(
        self, inside: _Place, name: str, tail: str, above: set[str]
    ) -> list[tuple[str, Node]]:
        facts = inside.profile.elements[tail]
        if not name.endswith("[x]"):
            place = _below(inside, name, tail, above)
            return [(name, self.node(place, facts))]
        base = name.removesuffix("[x]")
        pieces = dict(inside.profile.slices.get(tail, []))
        made = []
        for entry in facts.get("types", []):
            code = _code(entry)
            full = base + code[0].upper() + code[1:]
            piece = pieces.get(full, tail)
            own = inside.profile.elements[piece]
            place = _below(inside, full, piece, above)
            one = {**own, "types": [entry if piece == tail else own["types"][0]]}
            made.append((full, self.node(place, {**one, "max": facts.get("max", 1)})))
        return made

    def _slicing(
        self, place: _Place, slices: list[tuple[str, str]], slicing: dict[str, Any]
    ) -> Slicing:
        by = [tuple(pair) for pair in slicing["by"]]
        made = []
        for name, tail in slices:
            at = _Place(profile=place.profile, tail=tail, path=place.path, names=place.names)
            facts = place.profile.elements[tail]
            node = self.node(at, {**facts, "slicing": {}})
            node.kind = node.item
            matches = matcher(by, facts, node, self.package.value_sets)
            made.append(Slice(name=name, node=node, matches=matches))
        return Slicing(
            slices=tuple(made),
            closed=slicing["rules"] == "closed",
            by_profile=by[0][0] == "profile",
        )

    def _extensions(self, node: Node, place: _Place, slices: list[tuple[str, str]]) -> Extensions:
        made: dict[str, Slice] = {}
        for name, tail in slices:
            facts = place.profile.elements[tail]
            url = facts["types"][0]["profiles"][0]
            at = _Place(profile=place.profile, tail=tail, path=place.path)
            one = self.node(at, {**facts, "list": False, "max": 1})
            one.maximum = facts.get("max", 1)
            made[url] = Slice(name=name, node=one, matches=lambda _item: True)
        return Extensions(slices=made, other=partial(self._other, node.path, place.names))

    def _other(self, path: str, names: frozenset[str], url: str) -> Node | None:
        """Return the node of an extension that the profile does not name; None: not here."""
        known = self.package.profiles.get(url)
        if known is None or known.r4_type != "Extension":
            known, facts = self.package.profiles[R4 + "Extension"], _NOTHING
        elif not _stands(known.context, names):
            return None
        else:
            facts = known.elements[""]
        place = _Place(profile=known, tail="", path=path)
        return self.node(place, {**facts, "types": ["Extension"], "max": 1, "list": False})


def _stands(context: tuple[tuple[str, str], ...], names: frozenset[str]) -> bool:
    """Whether one of an extension's contexts is this place."""
    return any(
        part.strip() in names
        for kind, expression in context
        for part in (expression.split("|") if kind == "fhirpath" else [expression])
    )


def _below(inside: _Place, name: str, tail: str, above: set[str]) -> _Place:
    plain = ".".join(step.partition(":")[0] for step in tail.split("."))
    named = frozenset({f"{inside.profile.r4_type}.{plain}", *(f"{one}.{name}" for one in above)})
    # An extension stands in its parent, and what its context names is that.
    if name in ("extension", "modifierExtension"):
        named = frozenset(above)
    return _Place(profile=inside.profile, tail=tail, path=f"{inside.path}.{name}", names=named)


def _code(entry: Any) -> str:  # noqa: ANN401  # JSON
    return entry if isinstance(entry, str) else str(entry["code"])


def _rules(keys: list[str]) -> tuple[tuple[str, Invariant], ...]:
    return tuple((key, INVARIANTS[key]) for key in dict.fromkeys(keys) if key in INVARIANTS)


def _text_test(facts: Facts, code: str, codes: Codes | None) -> tuple[str, Callable[[str], object]]:
    wanted: Json = facts.get("fixed", facts.get("pattern"))
    if wanted is not None:
        return "fixed", wanted.__eq__
    for key in facts.get("rules", ()):
        if key in TEXT_INVARIANTS:
            return key, TEXT_INVARIANTS[key]
    known = [some for some in (codes or {}).values() if some is not None]
    if codes and len(known) == len(codes) and facts.get("strength", "required") == "required":
        return "code", frozenset().union(*known).__contains__
    return "format", anything if code == "xhtml" else test_of(code)
