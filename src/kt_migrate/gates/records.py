"""What stands in a gate's ledger: measurements, attestations and decisions. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson

from kt_migrate.model import Json

SCHEMA = "kt-migrate-gate/1"


class Gate(StrEnum):
    """Which of the two: before the migration (O), after it (Q)."""

    PRE = "pre"
    POST = "post"


class Kind(StrEnum):
    """Where a record comes from."""

    MEASURED = "measured"
    """The tool looked."""
    ATTESTED = "attested"
    """A person says so, by name and role."""
    DECIDED = "decided"
    """A person gave GO or NO-GO."""


class Verdict(StrEnum):
    """What a record comes to. Of a point: met, not met, open. Of a decision: go, no-go."""

    MET = "met"
    NOT_MET = "not-met"
    OPEN = "open"
    """Nobody looked, or it cannot be known yet: that is no yes."""
    GO = "go"
    NO_GO = "no-go"


OF_POINTS = frozenset({Verdict.MET, Verdict.NOT_MET, Verdict.OPEN})
OF_DECISIONS = frozenset({Verdict.GO, Verdict.NO_GO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One signed line.

    Attributes:
        environment: whose gate it is.
        kind, gate: what it is, of which gate.
        point: `O.4`, `B.9`; empty of a decision.
        verdict: what it comes to.
        run, plan: the run folder's name, and the SHA-256 of its plan.
        at: when, with a zone.
        by, role, remark: who says so; empty of a measurement.
        expires: until when it holds; None: for as long as the plan does.
        on: what it stands on, with digests.
        countersigned: the same statement signed with the person's own key; empty: with none.
    """

    environment: str
    kind: Kind
    gate: Gate
    point: str = ""
    verdict: Verdict
    run: str
    plan: str
    at: datetime
    by: str = ""
    role: str = ""
    remark: str = ""
    expires: datetime | None = None
    on: Mapping[str, Json] = field(default_factory=dict)
    countersigned: str = ""

    def statement(self) -> bytes:
        """Return what a person signs with an own key: all but that signature."""
        content = self.as_json()
        del content["countersigned"]
        return canonical(content)

    def as_json(self) -> dict[str, Json]:
        """Return it as JSON."""
        return {
            "environment": self.environment,
            "kind": self.kind.value,
            "gate": self.gate.value,
            "point": self.point,
            "verdict": self.verdict.value,
            "run": self.run,
            "plan": self.plan,
            "at": self.at.isoformat(),
            "by": self.by,
            "role": self.role,
            "remark": self.remark,
            "expires": None if self.expires is None else self.expires.isoformat(),
            "on": dict(self.on),
            "countersigned": self.countersigned,
        }


def canonical(content: Mapping[str, Json]) -> bytes:
    """Return JSON in the one spelling that is signed."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def record_of(content: dict[str, Any]) -> Record:
    """Read a record from JSON.

    Raises:
        ValueError, KeyError, TypeError: it is none.
    """
    record = Record(
        environment=_text(content["environment"]),
        kind=Kind(content["kind"]),
        gate=Gate(content["gate"]),
        point=_text(content["point"]),
        verdict=Verdict(content["verdict"]),
        run=_text(content["run"]),
        plan=_text(content["plan"]),
        at=_moment(content["at"]),
        by=_text(content["by"]),
        role=_text(content["role"]),
        remark=_text(content["remark"]),
        expires=None if content["expires"] is None else _moment(content["expires"]),
        on=dict(content["on"]),
        countersigned=_text(content["countersigned"]),
    )
    allowed = OF_DECISIONS if record.kind is Kind.DECIDED else OF_POINTS
    if record.verdict not in allowed or bool(record.point) is (record.kind is Kind.DECIDED):
        raise ValueError(record.point)
    return record


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _moment(value: object) -> datetime:
    moment = datetime.fromisoformat(_text(value))
    if moment.utcoffset() != timedelta(0):
        raise ValueError(value)
    return moment
