"""Checks that every GO in a chain stood on points that were met. Offline, from the chain alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kt_migrate.errors import ForgedError, said
from kt_migrate.gates.chain import Chain, Line
from kt_migrate.gates.people import FIRST, SECOND
from kt_migrate.gates.points import GATED, LASTS, Point
from kt_migrate.gates.records import Kind, Record, Verdict
from kt_migrate.gates.tables import POINTS


def require_founded(path: Path, chain: Chain) -> tuple[Line, ...]:
    """Refuse a chain with a GO that did not stand on met points.

    Args:
        path: the ledger, for the message.
        chain: what is in it.

    Returns:
        The decisions, oldest first.

    Raises:
        ForgedError: names the line of the first such GO, and the points.
    """
    decisions = [line for line in chain.lines if line.record.kind is Kind.DECIDED]
    for line in decisions:
        if line.record.verdict is Verdict.GO:
            wrong = list(_unfounded(chain, line))
            if wrong:
                raise ForgedError(
                    said(
                        "Line {number} is a GO that did not stand on: {names}.",
                        number=line.number,
                        names=", ".join(wrong),
                    ),
                    where=f"{path}:{line.number}",
                    fix="Do not use this GO; ask who keeps the ledger how it came there.",
                )
    return tuple(decisions)


def _unfounded(chain: Chain, go: Line) -> Iterator[str]:
    """Yield what a GO lacks: points, a decider of the right role, an end in time."""
    record = go.record
    numbers = record.on.get("points")
    numbers = numbers if isinstance(numbers, dict) else {}
    ends = [record.expires] if record.expires else []
    for point in POINTS[record.gate]:
        if point.kind is Kind.DECIDED or point.after or record.environment not in GATED:
            continue
        number = numbers.get(point.id)
        known = isinstance(number, int) and 0 < number < go.number
        ground = chain.lines[int(str(number)) - 1].record if known else None
        if ground is None or not _carries(chain, go, point, ground, int(str(number))):
            yield point.id
        elif ground.expires:
            ends.append(ground.expires)
    if record.role not in (SECOND if record.on.get("first") else FIRST):
        yield "role"
    ends.append(record.at + LASTS[record.gate])
    if record.expires is None or record.expires != min(ends):
        yield "expires"


def _carries(chain: Chain, go: Line, point: Point, ground: Record, number: int) -> bool:
    """Whether a record carries a point for a GO."""
    record = go.record
    mine = ground.point == point.id and ground.gate is record.gate
    if not mine or ground.verdict is not Verdict.MET or _denied(chain, go, point):
        return False
    if ground.kind is Kind.MEASURED:
        now = ground.at == record.at and ground.plan == record.plan
        return point.kind is Kind.MEASURED and now
    last = not any(
        line.record.kind is Kind.ATTESTED and line.record.point == point.id
        for line in chain.lines[number : go.number - 1]
        if line.record.gate is record.gate
    )
    in_time = ground.expires is not None and ground.at <= record.at < ground.expires
    return last and in_time and ground.role in {role.value for role in point.roles}


def _denied(chain: Chain, go: Line, point: Point) -> bool:
    """Whether what was measured for this GO says no."""
    for line in reversed(chain.lines[: go.number - 1]):
        record = line.record
        if record.at != go.record.at or record.kind is not Kind.MEASURED:
            return False
        if record.point == point.id and record.gate is go.record.gate:
            return record.verdict is Verdict.NOT_MET
    return False
