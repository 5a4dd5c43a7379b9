"""Code tables: which code of the source becomes which in KT 2.0, and what an unknown one does.

    relationship:
      from: RoleCode                                   the source's codes: each must be one of it
      system: http://terminology.hl7.org/CodeSystem/v3-RoleCode
      unknown: reject
      codings: {other: {system: …, code: OTH}}         what recurs, by a name
      codes: {AUNT: AUNT, MAUNT: AUNT, FAMMEMB: $other}

A table that is no more than codes may be written as `{M: male, F: female}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from kt_migrate.algorithm.parts import Name, Part, Text

Coding: TypeAlias = dict[str, str]
Target: TypeAlias = str | Coding

NOTHING = "none"
"""Target of a code that has none in KT 2.0, because the table says so."""

MARK = "$"
"""Before the name of one of the table's codings."""

_OF_A_CODING = frozenset({"system", "code", "display"})
KEYWORDS = frozenset({"from", "system", "unknown", "codings", "codes", "own_codes"})


class CodingEntry(Part):
    """A Coding; without a system it has the table's."""

    system: Text | None = Field(default=None, description="The code system; else the table's.")
    code: Text = Field(description="The code in KT 2.0.")
    display: Text | None = Field(default=None, description="What people read.")


TargetEntry = Annotated[
    Text | CodingEntry,
    Field(description="A code; `$name` of one of `codings`; a Coding; or `none`: no value."),
]


class CodeTable(Part):
    """Codes of the source, each with its code in KT 2.0."""

    source: Text | None = Field(
        default=None,
        alias="from",
        description="The code system of KT 1.3 whose codes these are; each is checked against it.",
    )
    system: Text | None = Field(
        default=None,
        description="The code system of the targets, which are Codings then; else plain codes.",
    )
    unknown: Annotated[
        TargetEntry,
        Field(
            description="What a code does that the table lacks: `reject` the object, `drop` it "
            "and say so, `keep` it as it is; else the target that it becomes, which is said too."
        ),
    ] = "reject"
    codings: dict[Name, CodingEntry] = Field(
        default={}, description="Codings that recur, by a name; a target says `$name`."
    )
    codes: dict[Text, TargetEntry] = Field(default={}, description="The table itself.")
    own_codes: tuple[Text, ...] = Field(
        default=(), description="Codes of the source that `from` does not know, and yet occur."
    )

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: object) -> object:
        """Take `{M: male}` for `{codes: {M: male}}`."""
        if not isinstance(data, dict) or KEYWORDS & data.keys():
            return data
        odd = any(isinstance(v, dict) and not _OF_A_CODING & v.keys() for v in data.values())
        return data if odd else {"codes": data}  # odd: `codes` misspelt


@dataclass(frozen=True, slots=True)
class Otherwise:
    """What becomes of a code that a table lacks.

    Attributes:
        action: `reject` the object, `drop` the code, `keep` it, or `use` the target.
        target: what it becomes; of `use` only.
    """

    action: Literal["reject", "drop", "keep", "use"] = "reject"
    target: Target = NOTHING


REJECT = Otherwise()
_ACTIONS: Mapping[str, Otherwise] = {
    "reject": REJECT,
    "drop": Otherwise("drop"),
    "keep": Otherwise("keep"),
}


def targets(table: CodeTable) -> dict[str, Target]:
    """Return what each code becomes.

    Raises:
        KeyError: a target names a coding that the table does not have.
    """
    return {code: _target(table, entry) for code, entry in table.codes.items()}


def otherwise(table: CodeTable) -> Otherwise:
    """Return what an unknown code does."""
    if isinstance(table.unknown, str) and table.unknown in _ACTIONS:
        return _ACTIONS[table.unknown]
    return Otherwise("use", _target(table, table.unknown))


def _target(table: CodeTable, entry: str | CodingEntry) -> Target:
    if entry == NOTHING:
        return NOTHING
    if isinstance(entry, str):
        if entry.startswith(MARK):
            return _coding(table, table.codings[entry[1:]])
        return entry if table.system is None else {"system": table.system, "code": entry}
    return _coding(table, entry)


def _coding(table: CodeTable, entry: CodingEntry) -> Coding:
    found = {"system": entry.system or table.system, "code": entry.code, "display": entry.display}
    return {name: text for name, text in found.items() if text is not None}
