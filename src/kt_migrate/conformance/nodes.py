"""The constraints of a profile as a tree, in the form in which they are asked: see `walking`.

A node is one element at one place. Its children are made when they are first asked for, since a
datatype may hold itself (an identifier has an assigner, which has an identifier).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import TypeAlias

from kt_migrate.conformance.invariants import Element, Invariant
from kt_migrate.conformance.packages import Codes
from kt_migrate.model import Json

Needs: TypeAlias = tuple[tuple[str, frozenset[str]], ...]


class Kind(IntEnum):
    """How the value of an element is looked at."""

    TEXT = auto()
    """A primitive whose value is a text, without duties beside it."""
    COMPLEX = auto()
    """An object with children."""
    LIST = auto()
    """A list of values; `Node.item` says of what kind each is."""
    FLAG = auto()
    """true or false."""
    NUMBER = auto()
    """A number."""
    MARKED = auto()
    """A text that must have extensions beside it."""
    ANY = auto()
    """A resource of its own: only its being an object is looked at."""
    FORBIDDEN = auto()
    """An element that the profile does not allow."""


def anything(_text: str) -> bool:
    """Let any text pass."""
    return True


@dataclass(slots=True, kw_only=True)
class Node:
    """What is allowed at one place.

    Attributes:
        path: FHIR path from the root, without slices: what an issue names.
        kind: how its value is looked at; a list's items have `item`.
        item: the kind of one value.
        minimum: least number of values.
        maximum: most; None: no bound.
        test: says of a text whether it may stand here.
        word: what is wrong when it may not: `format`, `code` or `fixed`.
        coded: whether a text is bound to a value set, whatever else it is.
        fixed: the only value; None: any.
        pattern: what the value must at least say; None: nothing.
        codes: of a required binding of a Coding or CodeableConcept; None: any.
        targets: R4 types that a reference may lead to; empty: any.
        rules: invariants by key, asked of every value.
        names: what an extension's context may call this place.
        slicing: how its values are told apart; None: they are all alike.
        extension: whether its values are extensions: what they may hold goes by their url.
        expand: makes the children; is asked once.
        members: its children by their name in JSON; None: not made yet.
        needs: what must be there: a path, and the names of which one will do.
    """

    path: str
    kind: Kind
    item: Kind
    minimum: int = 0
    maximum: int | None = 1
    test: Callable[[str], object] = anything
    word: str = "format"
    coded: bool = False
    fixed: Json = None
    pattern: Json = None
    codes: Codes | None = None
    targets: frozenset[str] = frozenset()
    rules: tuple[tuple[str, Invariant], ...] = ()
    names: frozenset[str] = frozenset()
    slicing: Slicing | None = None
    extension: Extensions | None = None
    expand: Callable[[], Members]
    members: dict[str, Node] | None = None
    needs: Needs = ()

    def children(self) -> dict[str, Node]:
        """Return the children by their name in JSON."""
        if self.members is None:
            made = self.expand()
            self.members, self.needs = made.nodes, made.needs
        return self.members


@dataclass(frozen=True, slots=True)
class Members:
    """The children of a node: see `Node.members` and `Node.needs`."""

    nodes: dict[str, Node]
    needs: Needs = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """One kind of value in a list.

    Attributes:
        name: as the profile calls it.
        node: what is allowed of such a value; `minimum` and `maximum` count them.
        matches: whether a value is such a one, by its discriminator.
    """

    name: str
    node: Node
    matches: Callable[[Element], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slicing:
    """How the values of a list are told apart.

    Attributes:
        slices: the first that matches counts.
        closed: whether a value that none matches is refused.
        by_profile: a slice matches what passes it: see `walking`.
    """

    slices: tuple[Slice, ...]
    closed: bool
    by_profile: bool


@dataclass(slots=True, kw_only=True)
class Extensions:
    """What the extensions at one place may be.

    Attributes:
        slices: those that the profile itself names, by url.
        other: makes the node of any other url; None: it may not stand here.
        known: what `other` made, by url; bounded by `walking`.
    """

    slices: dict[str, Slice]
    other: Callable[[str], Node | None]
    known: dict[str, Node | None] = field(default_factory=dict)
