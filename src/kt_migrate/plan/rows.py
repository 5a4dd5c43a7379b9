"""The rows of plan.sqlite, as the steps after it use them."""

from __future__ import annotations

from dataclasses import dataclass

from kt_migrate.model import Key, Outcome, Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedWrite:
    """One row of `write`, as the load and the verification use it.

    Attributes:
        seq: position in the order of writing, from 1.
        key: temporary identifier.
        stage: everything that it refers to has a lower stage.
        source_type: KT 1.3 type of the object that it comes from.
        link: resource link (or activity identifier, application name) of that object.
        digest: SHA-256 of the canonical form.
        resource: with conditional references.
    """

    seq: int
    key: Key
    stage: int
    source_type: str
    link: str
    digest: str
    resource: Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """An object that another supplier brings.

    Attributes:
        id: number in the plan.
        key: temporary identifier, by which it is found.
        supplier: who is expected to bring it.
        basis: `claimed` (kt-migrate.yaml says so) or `announced` (its own list does).
        announced: whether that supplier's list has it; False too when no list was given.
        source_type, link: which object of KT 1.3.
    """

    id: int
    key: Key
    supplier: str
    basis: str
    announced: bool
    source_type: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedCount:
    """What is expected of one supplier, of one type.

    Attributes:
        supplier, r4_type: of whom, and what.
        objects: how many it brings that we know of.
        needed: how many of those ours refer to.
        announced: how many of the needed ones its list has.
        waiting: how many writes of ours refer to a needed one.
    """

    supplier: str
    r4_type: str
    objects: int
    needed: int
    announced: int
    waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCount:
    """What became of the earlier versions of the objects of one type (`every-version`).

    Attributes:
        planned: written before the last state.
        equal: not written, for they would change nothing.
        skipped: not written, for they cannot be; the error list says why.
    """

    planned: int = 0
    equal: int = 0
    skipped: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteGroup:
    """Consecutive writes of one stage, one R4 type and one system of temporary identifiers.

    Attributes:
        first, last: numbers of the first and last write.
        stage, r4_type, system: what they share.
        source_types: the KT 1.3 types that they come from, sorted.
        versions: earlier versions that go before them (mode `every-version`).
    """

    first: int
    last: int
    stage: int
    r4_type: str
    system: str
    source_types: tuple[str, ...]
    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueRow:
    """One line of the error list: an issue and the object that it is about."""

    source_type: str
    event: str
    link: str
    code: str
    path: str
    rule: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectRow:
    """One object and its one fate.

    Attributes:
        source_type, link: which object.
        event: of the message that carried its last state.
        outcome: its fate.
        reason: a rule, a code or a word for it; empty when it is migrated.
    """

    source_type: str
    link: str
    event: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingRow:
    """One sighting of one object.

    Attributes:
        id: number in the plan.
        source_type, link: of which object.
        version: verbatim, or empty.
        message: MessageHeader.identifier; empty for a document that is none.
        superseded_by: number of the sighting that superseded it; None: it is the last state.
        reason: `older-version`, `copy` or `activity-duplicate`; empty for the last state.
    """

    id: int
    source_type: str
    link: str
    version: str
    message: str
    superseded_by: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class SuppliedRow:
    """What became of one row of the enrichment; never what stands in it.

    Attributes:
        file, line: where it stands.
        field: of which field; empty when no rule of any type takes one of that name.
        source_type, link: of which object; empty when that is none of the archive's.
        rule: what took the value; `scope` or `exclude` for what decides about the whole object.
        status: `used`, `unused`, `conflict` or `unknown`.
        reason: why it is not used (docs/enrichment.md).
        hint: the field that may have been meant.
    """

    file: str
    line: int
    field: str
    source_type: str
    link: str
    rule: str
    status: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementRow:
    """What becomes of one element of a type.

    Attributes:
        source_type, path: which element; without indices.
        status: `read`, `ignored` or `unread`.
        rules: which rules read it, or which one leaves it behind.
        because: why, of what is ignored.
        count: how many objects in scope have it.
    """

    source_type: str
    path: str
    status: str
    rules: tuple[str, ...]
    because: str
    count: int

    @property
    def rule(self) -> str:
        """The rules in one text; empty: none."""
        return " ".join(self.rules)
