"""The ledger of the gates as a pack has it: who, is a role and a number.

The ledger itself names the people who attest and decide, and holds their remarks. Those stay with
who keeps it: names of staff are personal data too, and a remark is free text. What is there of
each line is enough to see that the chain is whole, what was decided for which plan, and that two
different people did; whoever has to know who, asks for the line and compares its SHA-256.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from kt_migrate.evidence.others import count, digest, word
from kt_migrate.evidence.words import OTHER, rule_word
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.people import Role, bare
from kt_migrate.gates.records import Kind, Record
from kt_migrate.model import Json

JUDGED = "Q.3.1"
"""The point of the gate that is about a sample: of it the figures come along."""
_ROLES = frozenset(role.value for role in Role)


class People:
    """The numbers that people have in a pack, in the order in which they come.

    Args:
        records: of the ledger, in order.
        judges: names of who judged a sample; they follow on those of the ledger.
    """

    def __init__(self, records: Iterable[Record], judges: Iterable[str] = ()) -> None:
        self._roles: dict[str, set[str]] = {}
        for record in records:
            if record.by:
                self._roles.setdefault(bare(record.by), set()).add(record.role)
        for name in filter(None, judges):
            self._roles.setdefault(bare(name), set())
        self._numbers = {name: number for number, name in enumerate(self._roles, 1)}

    @classmethod
    def of(cls, chain: Chain, judges: Iterable[str] = ()) -> Self:
        """Return those of a ledger, and who judged a sample."""
        return cls((line.record for line in chain.lines), judges)

    def number(self, name: str) -> int | None:
        """Return the number of a person; None: nobody."""
        return self._numbers.get(bare(name))

    def role(self, name: str) -> str:
        """Return in which role the ledger knows a person; empty: in none, or in more than one."""
        roles = self._roles.get(bare(name), set())
        return known_role(next(iter(roles))) if len(roles) == 1 else ""


def known_role(role: str) -> str:
    """Return a role of the draaiboek; another word as `OTHER`, none as none."""
    return role if role in _ROLES or not role else OTHER


def gates_paper(chain: Chain, before: str, people: People | None = None) -> dict[str, Json]:
    """Return the lines of a ledger without names and remarks.

    Args:
        chain: the ledger, checked.
        before: what its first line has as digest of the line before.
        people: the numbers that people have; None: those of the ledger.
    """
    known = people or People.of(chain)
    lines: list[Json] = []
    for line in chain.lines:
        lines.append(_line(line, before, known))
        before = line.digest
    return {"key": chain.thumbprint, "head": chain.head, "lines": lines}


def _line(line: Line, before: str, people: People) -> dict[str, Json]:
    record = line.record
    found: dict[str, Json] = {
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
        "role": known_role(record.role),
        "person": people.number(record.by) if record.by else None,
        "own_key": bool(record.countersigned),
    }
    return found | {"judged": _judged(record)} if record.point == JUDGED else found


def _judged(record: Record) -> dict[str, Json]:
    """Return what a line stands on that is about a sample: digest and figures, no words."""
    if record.kind is Kind.ATTESTED:
        return {"judged": digest(_inner(record.on.get("seen")).get("judged"))}
    on = record.on
    rules = on.get("rules")
    return {
        "judged": digest(on.get("judged")),
        "why": word(on.get("why")),
        **{name: count(on[name]) for name in ("count", "percent", "population") if name in on},
        **({"seed": word(on["seed"])} if "seed" in on else {}),
        **({"rules": known_rules(map(str, rules))} if isinstance(rules, list) else {}),
    }


def known_rules(rules: Iterable[str]) -> list[Json]:
    """Return those that are ids of rules."""
    return [rule for rule in map(rule_word, rules) if rule]


def _inner(value: Json) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
