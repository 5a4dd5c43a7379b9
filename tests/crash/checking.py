"""What must hold when a case has ended: on the server, in the journal, on the wire, in the books."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crash.domain import Planned
from crash.expecting import Expected
from crash.server import There
from kt_migrate.errors import ExitCode
from kt_migrate.load.states import STEPS, State
from kt_migrate.model import Key

_FATES = ("migrated", "not_migrated", "rejected", "out_of_scope")


class BrokenError(AssertionError):
    """A promise is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What a case left.

    Attributes:
        writes: of the plan.
        expected: how each must end.
        there: what the server's store holds, per temporary identifier.
        requests: (request id, start, token) of every write that reached the server.
        trial: what the last trial said with `--json`.
        verify: the same of the verification after it.
        verify_code: how that ended.
    """

    writes: Mapping[Key, Planned]
    expected: Mapping[Key, Expected]
    there: Mapping[Key, Sequence[There]]
    requests: Sequence[tuple[str, int, str]]
    trial: Mapping[str, Any]
    verify: Mapping[str, Any]
    verify_code: int


def check(evidence: Evidence, journal: Path) -> None:
    """Hold everything against what must be.

    Raises:
        BrokenError: the first promise that is broken.
    """
    for key in evidence.expected:
        _check_server(evidence, key)
    _hold(set(evidence.there) <= set(evidence.expected), "something is there that nobody planned")
    with closing(sqlite3.connect(journal)) as db:
        _check_journal(evidence, db)
    _check_requests(evidence.requests)
    _check_books(evidence.trial)
    _check_verdict(evidence)


def _hold(promise: bool, what: str) -> None:  # noqa: FBT001 (it reads as a sentence)
    if not promise:
        raise BrokenError(what)


def _check_server(evidence: Evidence, key: Key) -> None:
    """Each planned write is there once, as often written as it had to be, as planned."""
    want, found, write = evidence.expected[key], evidence.there.get(key, []), evidence.writes[key]
    what = f"{key.r4_type} {write.seq}"
    _hold(len(found) == want.count, f"{what}: {len(found)} times there, not {want.count}")
    versions = {one.version for one in found}
    _hold(versions <= {want.version}, f"{what}: versions {versions}, not {want.version}")
    same = not want.as_planned or found[0].digest == write.digest
    _hold(same, f"{what}: other content than planned")


def _check_journal(evidence: Evidence, db: sqlite3.Connection) -> None:
    sound = db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    _hold(sound, "the journal is damaged")
    events = db.execute("SELECT seq, state, request_id FROM event ORDER BY id").fetchall()
    intended = {request for _seq, _state, request in events}
    arrived = {request for request, _start, _token in evidence.requests}
    _hold(arrived <= intended, "a request without an intent on disk")
    last: dict[int, State] = {}
    for seq, state, _request in events:
        allowed = State(state) in STEPS[last.get(seq)]
        _hold(allowed, f"write {seq}: {last.get(seq)} → {state}")
        last[seq] = State(state)
    rows = db.execute("SELECT seq, state, server_id FROM entry").fetchall()
    entries = {seq: (State(state), server_id) for seq, state, server_id in rows}
    for key, want in evidence.expected.items():
        seq = evidence.writes[key].seq
        state, server_id = entries.get(seq, (None, ""))
        right = state in want.states and state is last.get(seq)
        _hold(right, f"write {seq} ends {state}, not {sorted(want.states)}")
        ids = [one.id for one in evidence.there.get(key, [])]
        same = not want.on_server or ids == [server_id]
        _hold(same, f"write {seq} has another id in the journal than on the server")


def _check_requests(requests: Sequence[tuple[str, int, str]]) -> None:
    """Each intent is one request; but for its repetition with a new token, after a 401."""
    starts: dict[str, int] = {}
    for name, start, _token in requests:
        _hold(starts.setdefault(name, start) == start, "a request left twice, in two starts")
    once = Counter((name, token) for name, _start, token in requests)
    _hold(all(count == 1 for count in once.values()), "a request left twice")


def _check_books(trial: Mapping[str, Any]) -> None:
    for row in trial["books"].values():
        seen = row["read"] == row["superseded"] + row["objects"]
        _hold(seen, "the account of sightings does not balance")
        ended = row["objects"] == sum(row[name] for name in _FATES)
        _hold(ended, "the account of objects does not balance")
    _hold(trial["pending"] == 0, "something is still to be done")


def _check_verdict(evidence: Evidence) -> None:
    """The verification passes when, and only when, all of the plan must be there."""
    verify, whole = evidence.verify, all(want.as_planned for want in evidence.expected.values())
    passed = verify["passed"], evidence.verify_code == ExitCode.OK
    _hold(passed == (whole, whole), f"verify ends with {evidence.verify_code}")
    totals = verify["hash_totals"] == verify["planned"] == evidence.trial["hash_totals"]
    _hold(totals or not whole, "the hash totals differ")
