"""What a start costs after a crash halfway through a million writes, and how much memory it takes.

    python bench/resuming.py [WRITES] [AS_MANY_MORE]

The plan and the journal are generated; the server is a fake in the same process, so that only our
own work is measured: reading where it stands, the order of what is left, the first new write, and
as many more as asked (20,000). The plan: a tenth patients, the rest tasks that refer to a patient
and to one of a thousand practitioners.
"""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from machine import facts

from kt_migrate.kt2.answers import Stored
from kt_migrate.kt2.client import Capabilities
from kt_migrate.kt2.pace import Pace
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.load.journal import Journal
from kt_migrate.load.run import Load
from kt_migrate.model import MIGRATION_SYSTEM, Key, Resource
from kt_migrate.plan.schema import SCHEMA, TABLES
from kt_migrate.plan.store import Plan

WRITES, MORE = 1_000_000, 20_000
PRACTITIONERS = 1_000
INTENTS = 16
ASKED_SECONDS, ASKED_MEGABYTES = 20, 600


def key(seq: int, patients: int) -> Key:
    """Return the key of one write."""
    r4_type = "Practitioner" if seq <= PRACTITIONERS else "Patient" if seq <= patients else "Task"
    value = f"https://bench.example/{r4_type}/{seq}"
    return Key(r4_type=r4_type, system=MIGRATION_SYSTEM + r4_type, value=value)


def targets(seq: int, patients: int) -> tuple[int, ...]:
    """Return what one write refers to."""
    if seq <= patients:
        return ()
    return PRACTITIONERS + 1 + seq % (patients - PRACTITIONERS), 1 + seq % PRACTITIONERS


def body(seq: int, patients: int) -> bytes:
    """Return one write's resource, of about the size of a real one."""
    mine = key(seq, patients)
    made: Resource = {
        "resourceType": mine.r4_type,
        "identifier": [{"use": "temp", "system": mine.system, "value": mine.value}],
        "description": "x" * 300,
    }
    for name, target in zip(("for", "owner"), targets(seq, patients), strict=False):
        made[name] = {"reference": key(target, patients).reference}
    return orjson.dumps(made)


def generate(folder: Path, writes: int) -> None:
    """Write the plan, and the journal of a crash halfway."""
    patients = max(writes // 10, 2 * PRACTITIONERS)
    rows = ((n, key(n, patients), body(n, patients)) for n in range(1, writes + 1))
    with closing(sqlite3.connect(folder / "plan.sqlite")) as db:
        db.executescript(TABLES)
        db.execute("INSERT INTO meta VALUES ('schema', ?)", (SCHEMA,))
        db.executemany(
            "INSERT INTO write VALUES (?, ?, ?, ?, ?, ?, ?, '', ?)",
            (
                (n, k.r4_type, k.system, k.value, int(n > patients), k.r4_type, k.value, content)
                for n, k, content in rows
            ),
        )
        db.executemany(
            "INSERT INTO write_reference VALUES (?, ?, ?)",
            (
                (n, target, str(place))
                for n in range(1, writes + 1)
                for place, target in enumerate(targets(n, patients))
            ),
        )
        db.commit()
    Journal(folder / "journal.sqlite", clock=time.time).close()
    with closing(sqlite3.connect(folder / "journal.sqlite")) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.executemany(
            "INSERT INTO entry (seq, state, operation, server_id, version, digest, code, path,"
            " status, attempts, request_id, notice) VALUES"
            " (?1, ?2, 'create', ?3, ?4, printf('%064x', ?1), '', '', 0, 1, ?5, '')",
            _standing(writes),
        )
        db.execute(
            "INSERT INTO event (seq, at, state, operation, status, request_id)"
            " SELECT seq, 0, 'intent', operation, 0, request_id FROM entry"
        )
        db.commit()


def _standing(writes: int) -> Iterator[tuple[int, str, str, str, str]]:
    half = writes // 2
    for seq in range(1, half + INTENTS + 1):
        done = seq <= half
        logical_id = str(uuid.UUID(int=seq * 2**64)) if done else ""
        yield seq, "created" if done else "intent", logical_id, "1" if done else "", f"r{seq}"


@dataclass
class FakeClient:
    """A server that takes everything at once, and stops the load after enough.

    Attributes:
        more: after how many.
        first: when the first new write came.
    """

    more: int
    load: Load | None = None
    first: float = 0.0
    count: int = 0
    traffic: Traffic = field(default_factory=Traffic)

    async def metadata(self) -> Capabilities:
        """Offer conditional create."""
        offered: Mapping[str, bool] = dict.fromkeys(("Practitioner", "Patient", "Task"), True)
        return Capabilities(conditional_create=offered, fhir_version="4.0.1", software="")

    async def find(self, _keys: Sequence[Key]) -> dict[Key, Any]:
        """Have nothing."""
        return {}

    async def create(self, _resource: Resource, _key: Key | None, *, request_id: str) -> Stored:
        """Take it."""
        self.first = self.first or time.perf_counter()
        self.count += 1
        if self.count == self.more and self.load is not None:
            self.load.interrupt()
        logical_id = str(uuid.uuid5(uuid.NAMESPACE_OID, request_id))
        return Stored(created=True, id=logical_id, version="1", resource=None, status=201)


async def resume(folder: Path, more: int) -> tuple[float, float, FakeClient]:
    """Start again; return seconds until the first new write, and from there to the end."""
    client = FakeClient(more)
    began = time.perf_counter()
    journal = Journal(folder / "journal.sqlite", clock=time.time)
    with Plan(folder / "plan.sqlite") as plan:
        plan.sha256()
        pace = Pace(max_in_flight=16, per_second=0, now=time.monotonic)
        trace = str(uuid.uuid4())
        load = Load(plan, journal, client, pace, trace_id=trace, error_share=0.1)  # type: ignore[arg-type]  # all that it asks of a client
        client.load = load
        result = await load.run(16)
    journal.close()
    if result.stopped_by is not None:
        raise result.stopped_by
    return client.first - began, time.perf_counter() - client.first, client


def main() -> None:
    """Measure, and print a line per figure."""
    numbers = [int(argument) for argument in sys.argv[1:]]
    print(facts())
    writes, more = [*numbers, *(WRITES, MORE)[len(numbers) :]]
    with TemporaryDirectory() as name:
        folder = Path(name)
        generate(folder, writes)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
        processor = time.process_time()
        first, rest, client = asyncio.run(resume(folder, more))
        processor = time.process_time() - processor
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    print(
        f"first new write after a crash at {writes // 2} of {writes}: {first:.1f} s"
        f" (asked {ASKED_SECONDS}, ratio {first / ASKED_SECONDS:.2f})"
    )
    print(
        f"peak memory with {writes} planned writes: {peak:.0f} MB, of which {before:.0f} before the"
        f" start (asked {ASKED_MEGABYTES}, ratio {peak / ASKED_MEGABYTES:.2f})"
    )
    print(
        f"then {client.count} writes to a server that takes no time: {client.count / rest:.0f}/s;"
        f" {processor:.1f} s of processor time in all"
    )


if __name__ == "__main__":
    main()
