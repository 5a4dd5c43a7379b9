"""The shape of an algorithm: rules are a list with ids, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kt_migrate.algorithm.codes import REJECT, CodeTable, Otherwise, Target
from kt_migrate.algorithm.parts import Name, Part, Text
from kt_migrate.algorithm.policies import Policies

__all__ = [
    "Algorithm",
    "AlgorithmFile",
    "GroupScope",
    "Ignored",
    "NotMigratedRule",
    "PathText",
    "Policies",
    "Rule",
    "ScopeRules",
    "TypeRules",
]


_STEP = r"(value\[x\]|[A-Za-z]\w*(\[[A-Za-z]+#[A-Za-z]+\])?)"
_PATH = re.compile(rf"{_STEP}(\.{_STEP})*")
FieldName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z_]*(\.[A-Za-z][A-Za-z_]*)?$", strict=True)
]
PathText = Annotated[str, StringConstraints(pattern="^" + _PATH.pattern + "$", strict=True)]


class Rule(Part):
    """One element of the result, and where it comes from.

    Attributes:
        id: names the rule in error lists and reviews; unique in the algorithm.
        source: path in the source body (`from` in YAML); empty: the function knows.
        to: element of the R4 resource.
        using: a function, with arguments: `code(administrative-gender)`.
        value: a fixed value, instead of `from` and `using`.
        required: KT 2.0 demands it: when it is missing, the object is rejected.
        enrichment: field, or fields, of the enrichment that supply it: a supplied value goes
            before what the source says. Of `name.family` the function is given `family`.
        because: why, with document and version.
    """

    id: Name
    source: PathText | Literal[""] = Field(default="", alias="from")
    to: Text
    using: Text = "text"
    value: str | None = None
    required: bool = False
    enrichment: FieldName | tuple[FieldName, ...] = ()
    because: Text

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields of the enrichment that this rule takes values of."""
        return (self.enrichment,) if isinstance(self.enrichment, str) else self.enrichment


class Ignored(Part):
    """A source element that is left behind on purpose. It is counted."""

    id: Name
    path: PathText
    because: Text


class NotMigratedRule(Part):
    """A type of object that has no home in KT 2.0. Each is counted, with this rule."""

    id: Name
    source_type: Text
    because: Text


class TypeRules(Part):
    """What becomes of one type of object.

    Attributes:
        target: R4 type.
        identifier: last part of the temporary identifier's system.
        rules: one per element of the result.
        ignored: source elements that are left behind on purpose.
    """

    target: Text
    identifier: Text
    rules: tuple[Rule, ...]
    ignored: tuple[Ignored, ...] = ()


class ScopeRules(Part):
    """What belongs to the migration (draaiboek K.1, K.2).

    Attributes:
        types: source types that take part; `all`, or a list.
        dossiers: `all`, or only patients that are active and have an open activity (or none).
        closed_since: closed activities that ended before this date stay behind; None: all go.
        groups: other choices for patients with this `group` in the enrichment.
    """

    types: Literal["all"] | tuple[Text, ...] = "all"
    dossiers: Literal["all", "open"] = "all"
    closed_since: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None
    groups: dict[Text, GroupScope] = Field(default={})


class GroupScope(Part):
    """The same choices for one group of patients."""

    dossiers: Literal["all", "open"] = "all"
    closed_since: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None


class AlgorithmFile(Part):
    """An algorithm as it stands in YAML. Source: docs/algorithm-reference.md."""

    schema_: Literal["kt-migrate-algorithm/1"] = Field(alias="schema")
    name: Name
    version: Text
    extends: Text | None = None
    policies: Policies = Policies()
    scope: ScopeRules = ScopeRules()
    codes: dict[Name, CodeTable] = Field(default={})
    not_migrated: tuple[NotMigratedRule, ...] = ()
    types: dict[Text, TypeRules] = Field(default={})
    remove: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Algorithm:
    """A resolved algorithm: `extends` followed, everything checked.

    Attributes:
        name: its name and version.
        digest: SHA-256 over the resolved content.
        policies: the named choices.
        scope: what belongs to the migration.
        codes: code tables: source code → target code or Coding.
        unknown: what a code does that a table lacks; a table that is not here rejects.
        not_migrated: rule id per source type that has no home.
        types: rules per source type.
    """

    name: str
    digest: str
    policies: Policies
    scope: ScopeRules
    codes: Mapping[str, Mapping[str, Target]]
    not_migrated: Mapping[str, str]
    types: Mapping[str, TypeRules]
    unknown: Mapping[str, Otherwise] = field(default_factory=dict)

    def otherwise(self, table: str) -> Otherwise:
        """Return what a code does that this table lacks."""
        return self.unknown.get(table, REJECT)


ScopeRules.model_rebuild()
