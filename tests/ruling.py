"""A rule's function asked one thing, in a domain that stands in the test; and what it said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from kt_migrate.algorithm.codes import REJECT, Otherwise
from kt_migrate.algorithm.load import ROOMS
from kt_migrate.algorithm.model import Policies
from kt_migrate.algorithm.registry import FUNCTIONS, Lookup, split_call
from kt_migrate.config import Application
from kt_migrate.model import MIGRATION_SYSTEM, Body, Json, Key, Node, SourceObject, Supplied

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
LINK = "http://epd.example/fhir/Thing/1"
Path = tuple[str | int, ...]
Tables: TypeAlias = Mapping[str, Mapping[str, str | Mapping[str, str]]]
assert ROOMS  # importing them registers the functions


@dataclass
class Known:
    """What may be asked about a domain."""

    types: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    applications: dict[str, dict[str, str]] = field(default_factory=dict)

    def type_of(self, link: str) -> str | None:
        """Return the type of a link."""
        return self.types.get(link)

    def definition(self, identifier: str) -> str | None:
        """Return the link of a definition."""
        return self.definitions.get(identifier)

    def definition_name(self, identifier: str) -> str | None:
        """Return the name of a definition."""
        return self.names.get(identifier)

    def supplied(self, link: str) -> Mapping[str, Supplied]:
        """Return the supplied values of an object."""
        names = {key.rpartition("#")[2]: value for key, value in self.values.items() if link in key}
        return {
            name: Supplied(value=value, file="verrijking.csv", line=line)
            for line, (name, value) in enumerate(names.items(), start=2)
        }

    def application(self, name: str) -> Application | None:
        """Return an application's entry."""
        found = self.applications.get(name)
        return None if found is None else Application.model_validate(found)


@dataclass(kw_only=True)
class Ruling:
    """One rule at work (a `Context`), and all that it says.

    Attributes:
        tables: code tables.
        unknown: what a code does that one of them lacks; else it rejects.
        types: R4 type per link that the archive holds; any other link is not in it.
        given: the enrichment's values, by field.
        notices: (code, detail) of each.
        rejects: (code, detail) of each.
        references: (conditional reference, path, remove) of each.
        others: per reference, what else it may name.
        choices: what `alternatives` got.
    """

    source: SourceObject = field(
        default_factory=lambda: SourceObject(source_type="Thing", link=LINK, body={})
    )
    lookup: Lookup = field(default_factory=Known)
    policies: Policies = field(default_factory=Policies)
    tables: Tables = field(default_factory=dict)
    unknown: Mapping[str, Otherwise] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)
    notices: list[tuple[str, str]] = field(default_factory=list)
    rejects: list[tuple[str, str]] = field(default_factory=list)
    references: list[tuple[str, Path, Path | None]] = field(default_factory=list)
    others: list[tuple[str, ...]] = field(default_factory=list)
    choices: list[Json] | None = None

    def code(self, table: str, code: str) -> str | Mapping[str, str] | None:
        """Look a code up."""
        return self.tables.get(table, {}).get(code)

    def otherwise(self, table: str) -> Otherwise:
        """Say what an unknown code does."""
        return self.unknown.get(table, REJECT)

    def notice(self, code: str, detail: str = "") -> None:
        """Write down."""
        self.notices.append((code, detail))

    def reject(self, code: str, detail: str = "") -> None:
        """Write down."""
        self.rejects.append((code, detail))

    def supplied(self, field: str) -> str | None:
        """Return what was supplied."""
        return self.given.get(field)

    def source_code(self, table: str, target: str) -> str | None:
        """Look a code up, the other way."""
        codes = self.tables.get(table, {})
        return next((code for code, becomes in codes.items() if becomes == target), None)

    def key(self, link: str, allowed: tuple[str, ...]) -> Key | None:
        """Return the key, if its type is allowed."""
        r4_type = self.types.get(link, allowed[0])
        if r4_type not in allowed:
            return None
        return Key(r4_type=r4_type, system=MIGRATION_SYSTEM + r4_type, value=link)

    def refer(
        self, key: Key, path: Path, remove: Path | None, others: tuple[Key, ...] = ()
    ) -> dict[str, Json]:
        """Write down, and return a Reference."""
        self.references.append((key.reference, path, remove))
        self.others.append(tuple(other.reference for other in others))
        return {"reference": key.reference, "type": key.r4_type}

    def alternatives(self, values: list[Json]) -> None:
        """Write down."""
        self.choices = values

    @property
    def silent(self) -> bool:
        """Tell whether nothing was reported."""
        return not self.notices and not self.rejects


def asked(using: str, nodes: list[Node], ruling: Ruling | None = None) -> tuple[Json, Ruling]:
    """Call a function as a rule does, by `name(arguments)`."""
    name, arguments = split_call(using)
    ruling = ruling or Ruling()
    return FUNCTIONS[name].call(ruling, nodes, arguments), ruling


def of(body: Body, **more: object) -> Ruling:
    """Return a rule at work on an object with this body."""
    source = SourceObject(source_type="Thing", link=LINK, body=body)
    return Ruling(source=source, **more)  # type: ignore[arg-type]  # what a test asks for


def link_to(r4_type: str, link: str) -> dict[str, Json]:
    """Return the conditional reference to what has this link."""
    return {
        "reference": f"{r4_type}?identifier=http://koppeltaal.nl/migration/identifier/{r4_type}|{link}",
        "type": r4_type,
    }


def extension(name: str, element: str, value: Node) -> Node:
    """Return a Koppeltaal extension: `extension("CarePlan#Started", "valueDateTime", …)`."""
    return {"url": [NS + name], element: [value]}
