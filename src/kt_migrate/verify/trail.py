"""What the AuditEvents of a run and its journal say of the same resources, beside each other.

It lies in a temporary database until it is compared: a run of a million writes has as many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from kt_migrate.kt2.audit import WRITING, Call, read_call
from kt_migrate.model import Resource
from kt_migrate.scratch import open_scratch

_TABLES = """
CREATE TABLE call (
  id TEXT PRIMARY KEY, action TEXT, r4_type TEXT, logical_id TEXT, version TEXT, device TEXT,
  failed INTEGER) WITHOUT ROWID;
CREATE TABLE claim (
  seq INTEGER, action TEXT, r4_type TEXT, logical_id TEXT, version TEXT,
  PRIMARY KEY (r4_type, logical_id, action, version, seq)) WITHOUT ROWID;
CREATE TABLE known (logical_id TEXT PRIMARY KEY) WITHOUT ROWID;
"""
_WRITING = ", ".join(f"'{action}'" for action in WRITING)
_EFFECTS = f"action IN ({_WRITING}) AND NOT failed"
_OURS = """
SELECT DISTINCT call.device FROM claim JOIN call USING (r4_type, logical_id, action)
WHERE NOT call.failed AND call.version IN (claim.version, '')
"""
_BESIDE = f"""
SELECT r4_type, logical_id, action, version, seq, '' AS event, '' AS device FROM claim
UNION ALL
SELECT r4_type, logical_id, action, version, 0, id, device FROM call WHERE {_EFFECTS}
ORDER BY r4_type, logical_id, action, seq, version, event
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One resource and action: what was claimed of it and not called, and the other way round.

    Attributes:
        r4_type, logical_id, action: which.
        claimed: how many effects the journal claims.
        missing: numbers of the writes whose effect no AuditEvent tells of.
        unclaimed: (id of the AuditEvent, version, who called) of effects that nobody claims.
    """

    r4_type: str
    logical_id: str
    action: str
    claimed: int
    missing: tuple[int, ...]
    unclaimed: tuple[tuple[str, str, str], ...]


class Trail:
    """Calls that were read, and effects that are claimed."""

    def __init__(self, folder: Path) -> None:
        self._db = open_scratch(folder, "audit")
        self._db.executescript(_TABLES)
        self.strange = False
        """Whether an event was of another trace than was asked for."""

    def close(self) -> None:
        """Let go of it; it has no name on disk."""
        self._db.close()

    def forget_calls(self) -> None:
        """Begin to read anew."""
        self._db.execute("DELETE FROM call")

    def keep(self, events: Sequence[Resource], trace_id: str) -> int:
        """Keep a page of AuditEvents; return how many of them are new."""
        calls = [read_call(event) for event in events]
        self.strange = self.strange or any(call.trace != trace_id for call in calls)
        before = self._db.total_changes
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT OR IGNORE INTO call VALUES (?, ?, ?, ?, ?, ?, ?)", map(_row, calls)
        )
        self._db.execute("COMMIT")
        return self._db.total_changes - before

    def claim(self, rows: Iterable[tuple[int, str, str, str, str]], known: Iterable[str]) -> None:
        """Take what the journal claims.

        Args:
            rows: (number of the write, action, type, logical id, version) per effect.
            known: logical ids that the journal has met, whoever made them.
        """
        self._db.execute("BEGIN")
        self._db.executemany("INSERT OR IGNORE INTO claim VALUES (?, ?, ?, ?, ?)", rows)
        self._db.executemany("INSERT OR IGNORE INTO known VALUES (?)", ((one,) for one in known))
        self._db.execute("COMMIT")

    def calls(self) -> dict[str, int]:
        """Return how many calls of each action there were, whoever made them."""
        rows = self._db.execute("SELECT action, count(*) FROM call GROUP BY 1 ORDER BY 1")
        return {str(action): int(count) for action, count in rows}

    def devices(self) -> frozenset[str]:
        """Return whose calls are as claimed: that is us."""
        return frozenset(str(device) for (device,) in self._db.execute(_OURS))

    def held(self) -> Iterator[Held]:
        """Yield, per resource and action, how claims and calls agree; sorted."""
        rows = self._db.execute(_BESIDE)
        for (r4_type, logical_id, action), group in groupby(rows, key=itemgetter(0, 1, 2)):
            beside = list(group)
            claims = [row for row in beside if row[4]]
            calls = [row for row in beside if not row[4]]
            missing, unclaimed = hold([row[3] for row in claims], [row[3] for row in calls])
            # A create that found what was there already: it had no effect.
            met = action == "C" and self._has_met(logical_id)
            yield Held(
                r4_type=r4_type,
                logical_id=logical_id,
                action=action,
                claimed=len(claims),
                missing=tuple(claims[place][4] for place in missing),
                unclaimed=()
                if met
                else tuple((calls[p][5], calls[p][3], calls[p][6]) for p in unclaimed),
            )

    def _has_met(self, logical_id: str) -> bool:
        found = self._db.execute("SELECT 1 FROM known WHERE logical_id = ?", (logical_id,))
        return found.fetchone() is not None


def hold(claims: Sequence[str], calls: Sequence[str]) -> tuple[list[int], list[int]]:
    """Hold versions that are claimed of a resource against those that calls tell of.

    Calls of one version are one effect: a create that is repeated finds what the first one made.
    A version that is not told may be any; each call that does not tell it stands for one effect.

    Args:
        claims: versions, each an effect; empty: the journal does not know it.
        calls: versions; empty: the AuditEvent does not tell it.

    Returns:
        Places of the claims without a call, and of the calls without a claim.

    >>> hold(["1", "2"], ["1", "3"])
    ([1], [1])
    """
    left = {version: place for place, version in reversed(list(enumerate(calls))) if version}
    vague = [place for place, version in enumerate(calls) if not version]
    unsure: list[int] = []
    for place, version in enumerate(claims):
        if left.pop(version, None) is None:
            unsure.append(place)
    missing = []
    for place in unsure:
        if vague:
            vague.pop(0)
        elif not claims[place] and left:
            left.pop(next(iter(left)))
        else:
            missing.append(place)
    return missing, sorted([*left.values(), *vague])


def _row(call: Call) -> tuple[object, ...]:
    return (
        call.id,
        call.action,
        call.r4_type,
        call.logical_id,
        call.version,
        call.device,
        call.failed,
    )
