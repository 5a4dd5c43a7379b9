"""The ledger of the gates as a pack has it: who, is a role and a number.

The ledger itself names the people who attest and decide, and holds their remarks. Those stay with
who keeps it: names of staff are personal data too, and a remark is free text. What is there of
each line is enough to see that the chain is whole, what was decided for which plan, and that two
different people did; whoever has to know who, asks for the line and compares its SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterable

from kt_migrate.evidence.words import OTHER
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.people import Role, bare
from kt_migrate.gates.records import Record
from kt_migrate.model import Json

_ROLES = frozenset(role.value for role in Role)


def gates_paper(chain: Chain, before: str) -> dict[str, Json]:
    """Return the lines of a ledger without names and remarks.

    Args:
        chain: the ledger, checked.
        before: what its first line has as digest of the line before.
    """
    people = _numbers(line.record for line in chain.lines)
    lines: list[Json] = []
    for line in chain.lines:
        lines.append(_line(line, before, people))
        before = line.digest
    return {"key": chain.thumbprint, "head": chain.head, "lines": lines}


def _line(line: Line, before: str, people: dict[str, int]) -> dict[str, Json]:
    record = line.record
    known = record.role in _ROLES or not record.role
    return {
        "number": line.number,
        "sha256": line.digest,
        "prev": before,
        "kind": record.kind.value,
        "gate": record.gate.value,
        "point": record.point,
        "verdict": record.verdict.value,
        "run": record.run,
        "plan": record.plan,
        "at": record.at.isoformat(),
        "expires": None if record.expires is None else record.expires.isoformat(),
        "role": record.role if known else OTHER,
        "person": people.get(bare(record.by)),
        "own_key": bool(record.countersigned),
    }


def _numbers(records: Iterable[Record]) -> dict[str, int]:
    """Give every person a number, in the order in which they come."""
    names = dict.fromkeys(bare(record.by) for record in records if record.by)
    return {name: number for number, name in enumerate(names, 1)}
