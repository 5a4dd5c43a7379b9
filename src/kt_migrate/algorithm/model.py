"""The shape of an algorithm: rules are a list with ids, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from kt_migrate.algorithm.codes import REJECT, CodeTable, Otherwise, Target
from kt_migrate.algorithm.parts import Name, Part, Text
from kt_migrate.algorithm.policies import Policies
from kt_migrate.algorithm.scope import GroupScope, ScopeRules
from kt_migrate.algorithm.success import Success

__all__ = [
    "Algorithm",
    "AlgorithmFile",
    "GroupScope",
    "Ignored",
    "NotMigratedRule",
    "OwnElement",
    "Policies",
    "Rule",
    "RuleEntry",
    "ScopeRules",
    "TypeEntry",
    "TypeRules",
]

FieldName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z_]*(\.[A-Za-z][A-Za-z_]*)?$", strict=True)
]


class RuleEntry(Part):
    """A rule as a file writes it: whole, or what differs of the rule with this id below.

    Attributes:
        id: names the rule in error lists and reviews; unique in the algorithm.
        source: where it comes from in the source body (`from` in YAML): a path, or FHIRPath;
            empty: the function knows.
        when: FHIRPath, asked of the source body: the rule counts only when it is true.
        to: element of the R4 resource.
        using: a function, with arguments: `code(administrative-gender)`.
        value: a fixed value, instead of `from` and `using`.
        required: KT 2.0 demands it: when it is missing, the object is rejected.
        enrichment: field, or fields, of the enrichment that supply it: a supplied value goes
            before what the source says. Of `name.family` the function is given `family`.
        because: why, with document and version.
    """

    id: Name = Field(description="Names the rule in error lists and reviews; unique.")
    source: Text | Literal[""] = Field(
        default="",
        alias="from",
        description="Where it comes from: a path in the source (`birthDate`, "
        "`extension[Patient#Age].valueInteger`), or FHIRPath; without: the function knows.",
    )
    when: Text | None = Field(
        default=None,
        description="FHIRPath, asked of the source object: the rule counts only when it is true.",
    )
    to: Text | None = Field(default=None, description="Element of the KT 2.0 resource.")
    using: Text = Field(
        default="text", description="The function, with its arguments: `code(task-status)`."
    )
    value: Text | None = Field(
        default=None, description="A fixed value, instead of `from` and `using`."
    )
    required: bool = Field(
        default=False, description="Without it the object is rejected: KT 2.0 demands it."
    )
    enrichment: FieldName | tuple[FieldName, ...] = Field(
        default=(),
        description="Field, or fields, of the enrichment: what is supplied goes before the source.",
    )
    because: Text = Field(description="Why, with document and version.")

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the fields of the enrichment that this rule takes values of."""
        return (self.enrichment,) if isinstance(self.enrichment, str) else self.enrichment


class Rule(RuleEntry):
    """One element of the result, and where it comes from."""

    to: Text


class Ignored(Part):
    """A source element that is left behind on purpose. It is counted."""

    id: Name = Field(description="Names this choice; unique.")
    path: Text = Field(description="Path in the source; all below it is left behind too.")
    because: Text = Field(description="Why, with document and version.")


class NotMigratedRule(Part):
    """A type of object that has no home in KT 2.0. Each is counted, with this rule."""

    id: Name = Field(description="Names this choice; unique.")
    source_type: Text = Field(description="Type of object of KT 1.3.")
    because: Text = Field(description="Why, with document and version.")


class OwnElement(Part):
    """A type or element of the source that KT 1.3 does not have, and this domain has."""

    id: Name = Field(description="Names this choice; unique.")
    source_type: Text = Field(description="Type of object, one of KT 1.3's or another.")
    path: Text | None = Field(
        default=None, description="Path that occurs there; all below it, too. Without: the type."
    )
    because: Text = Field(description="Where it comes from.")


class TypeEntry(Part):
    """What becomes of one type of object: whole, or what differs of what is below."""

    target: Text | None = Field(default=None, description="Type of the KT 2.0 resource.")
    identifier: Text | None = Field(
        default=None, description="Last part of the temporary identifier's system (MIG-KT-002)."
    )
    rules: tuple[RuleEntry, ...] = Field(
        default=(), description="One per element of the result, by id."
    )
    ignored: tuple[Ignored, ...] = Field(
        default=(), description="Source elements that are left behind on purpose."
    )


class TypeRules(TypeEntry):
    """What becomes of one type of object.

    Attributes:
        target: R4 type.
        identifier: last part of the temporary identifier's system.
        rules: one per element of the result.
        ignored: source elements that are left behind on purpose.
    """

    target: Text
    identifier: Text
    rules: tuple[Rule, ...] = ()


class AlgorithmFile(Part):
    """An algorithm as it stands in YAML. Source: docs/algorithm-reference.md."""

    schema_: Literal["kt-migrate-algorithm/1"] = Field(
        alias="schema", description="The version of this language."
    )
    name: Name = Field(description="Name of the algorithm.")
    version: Text = Field(description="Its version, in quotes; raise it with every change.")
    extends: Text | None = Field(
        default=None, description="A shipped algorithm, or a path: this file says what differs."
    )
    policies: Policies = Field(default=Policies(), description="Choices with a name.")
    scope: ScopeRules = Field(default=ScopeRules(), description="What belongs to the migration.")
    success: Success = Field(default=Success(), description="What a trial must come to (K.4).")
    codes: dict[Name, CodeTable] = Field(default={}, description="Code tables.")
    not_migrated: tuple[NotMigratedRule, ...] = Field(
        default=(), description="Types of object that have no home in KT 2.0."
    )
    own_elements: tuple[OwnElement, ...] = Field(
        default=(), description="What this domain's archive has and KT 1.3 does not."
    )
    types: dict[Text, TypeEntry] = Field(
        default={}, description="What becomes of each type of object."
    )
    remove: tuple[Name, ...] = Field(
        default=(), description="Ids below that do not apply here: rules, ignored, not_migrated."
    )
    examples: Text | None = Field(
        default=None, description="Folder of its own examples, beside this file (algorithm test)."
    )


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
        reasons: per id of those rules, why.
        types: rules per source type.
        success: the success criteria (K.4).
        lists: links and identifiers of the patients of a group that has a list.
    """

    name: str
    digest: str
    policies: Policies
    scope: ScopeRules
    codes: Mapping[str, Mapping[str, Target]]
    not_migrated: Mapping[str, str]
    types: Mapping[str, TypeRules]
    success: Success = field(default_factory=Success)
    lists: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unknown: Mapping[str, Otherwise] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def otherwise(self, table: str) -> Otherwise:
        """Return what a code does that this table lacks."""
        return self.unknown.get(table, REJECT)
