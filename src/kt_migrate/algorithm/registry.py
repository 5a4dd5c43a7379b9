"""The functions that a rule may name, and what each may see and do.

A function gets the source elements that the rule's `from` selects, and returns the value of the
target element, or None when there is nothing. What it cannot do it says through its `Context`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from kt_migrate.algorithm.arguments import Argument, split_call
from kt_migrate.algorithm.codes import NOTHING, Otherwise, Target
from kt_migrate.algorithm.model import Policies
from kt_migrate.config import Application
from kt_migrate.kt13.names import shown_code
from kt_migrate.model import Json, Key, Node, SourceObject, Supplied


class Lookup(Protocol):
    """What a mapping may ask about the rest of the domain."""

    def type_of(self, link: str) -> str | None:
        """KT 1.3 type of what the archive holds under this link."""
        ...

    def definition(self, identifier: str) -> str | None:
        """Link of the ActivityDefinition; None: absent or ambiguous."""
        ...

    def definition_name(self, identifier: str) -> str | None:
        """Name of that definition."""
        ...

    def supplied(self, link: str) -> Mapping[str, Supplied]:
        """The values that the supplier gave for one object, by field; mostly none."""
        ...

    def application(self, name: str) -> Application | None:
        """The application's entry in kt-migrate.yaml."""
        ...


class Context(Protocol):
    """One rule at work on one object."""

    source: SourceObject
    lookup: Lookup
    policies: Policies

    def code(self, table: str, code: str) -> str | Mapping[str, str] | None:
        """Look a code up in a code table."""
        ...

    def supplied(self, field: str) -> str | None:
        """Return what was supplied for this field of the object, whichever rule takes it."""
        ...

    def source_code(self, table: str, target: str) -> str | None:
        """Return the first code of a table that becomes this one of KT 2.0, or None."""
        ...

    def otherwise(self, table: str) -> Otherwise:
        """Return what a code does that this table lacks."""
        ...

    def notice(self, code: str, detail: str = ...) -> None:
        """Report something that does not stop the object."""
        ...

    def reject(self, code: str, detail: str = ...) -> None:
        """Reject the object."""
        ...

    def key(self, link: str, allowed: tuple[str, ...]) -> Key | None:
        """Return the key of what a link names; None when its type is not allowed.

        What the archive does not hold counts as the first allowed type: it will be found absent.
        """
        ...

    def refer(
        self,
        key: Key,
        path: tuple[str | int, ...],
        remove: tuple[str | int, ...] | None,
        others: tuple[Key, ...] = (),
    ) -> dict[str, Json]:
        """Return a Reference, and note it: `path` and `remove` are relative to the target element.

        `remove` None: it is mandatory. `()`: the target element itself goes. `others` take its
        place, in this order, when what it names is not migrated.
        """
        ...

    def alternatives(self, values: list[Json]) -> None:
        """Say that the object becomes one resource for each of these values of the element."""
        ...


Function: TypeAlias = Callable[[Context, list[Node], tuple[str, ...]], Json]


Put: TypeAlias = Callable[[Context, list[Node], Mapping[str, str], tuple[str, ...]], list[Node]]


@dataclass(frozen=True, slots=True)
class Supply:
    """How supplied values take the place of source elements, for one function or more.

    Attributes:
        put: is given the elements that `from` selects, the values by part, and the rule's
            arguments; returns the elements that the function gets instead.
        parts: what a field may end with (`family` of `name.family`); empty: the function takes
            one value, whatever its field is called.
        needs: those that the element cannot do without; empty: any may do.
    """

    put: Put
    parts: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def part_of(field: str) -> str:
    """Return the part that a field of the enrichment names.

    >>> part_of("name.family"), part_of("birthDate")
    ('family', 'birthDate')
    """
    return field.rpartition(".")[2]


def _instead(
    _context: Context, _nodes: list[Node], values: Mapping[str, str], _arguments: tuple[str, ...]
) -> list[Node]:
    return list(values.values())


IN_PLACE = Supply(_instead)
"""A text in place of whatever the source says."""


@dataclass(frozen=True, slots=True)
class Registered:
    """One function.

    Attributes:
        call: the function itself.
        reads: sub-elements that it reads; empty: everything below `from`. An empty name among
            them is a primitive's own text.
        arguments: what it takes between its brackets.
        into: sub-element of the target that gets what its code tables say; empty: the target
            itself; None: nothing that is checked.
        needs: a code table that it asks by name; empty: none.
        supply: how supplied values take the place of what `from` selects.
    """

    call: Function
    reads: tuple[str, ...]
    arguments: tuple[Argument, ...]
    into: str | None = None
    needs: str = ""
    supply: Supply = IN_PLACE

    @property
    def takes(self) -> int:
        """How many arguments it cannot do without."""
        return sum(not argument.optional for argument in self.arguments)

    @property
    def about(self) -> str:
        """The first paragraph of its docstring, on one line."""
        return " ".join((self.call.__doc__ or "").partition("\n\n")[0].split())

    @property
    def takes_shown(self) -> str:
        """Its arguments, as the documentation writes them."""
        return ", ".join(argument.shown for argument in self.arguments)


__all__ = ["FUNCTIONS", "Context", "Lookup", "Registered", "function", "split_call", "translate"]

FUNCTIONS: dict[str, Registered] = {}


def function(
    *arguments: Argument,
    reads: tuple[str, ...] = (),
    into: str | None = None,
    needs: str = "",
    supply: Supply = IN_PLACE,
) -> Callable[[Function], Function]:
    """Register a function under its name, without a trailing underscore; see `Registered`."""

    def register(call: Function) -> Function:
        name = getattr(call, "__name__", "").rstrip("_")
        FUNCTIONS[name] = Registered(call, reads, arguments, into, needs, supply)
        return call

    return register


def translate(context: Context, table: str, code: str) -> Target | None:
    """Return what a code table makes of a code; None: nothing, and that has been said.

    Of a code that the table lacks the table itself says what it does. `none` is nothing, too.
    """
    target = context.code(table, code)
    if target is None:
        target = _unknown(context, context.otherwise(table), code)
    return None if target == NOTHING else target if isinstance(target, str | None) else {**target}


def _unknown(context: Context, otherwise: Otherwise, code: str) -> Target | None:
    match otherwise.action:
        case "reject":
            context.reject("code-unknown", shown_code(code))
        case "drop":
            context.notice("code-dropped", shown_code(code))
        case "keep":
            return code
        case "use":
            context.notice("code-defaulted", shown_code(code))
            return otherwise.target
    return None
