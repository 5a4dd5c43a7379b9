"""What the tests of the load share: small plans, a clock, one start of a load."""

from __future__ import annotations

import asyncio
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import orjson

from kt_migrate.books import canonical, digest
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.decision import Choice, Policy
from kt_migrate.load.journal import Entry, Journal
from kt_migrate.load.journal_file import open_file
from kt_migrate.load.run import Listener, Load, LoadResult, nobody
from kt_migrate.model import MIGRATION_SYSTEM, Key, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.plan.writing import PlanContent, write_plan
from load.wire import InProcess, Server

TRACE = "6f1c7f3e-3b0f-4d53-9f0c-6a4f0f7d1c11"
UPDATES = Policy(choice=Choice.UPDATE)
"""Writes over what was there before: for tests of how that goes."""


@dataclass(slots=True)
class Clock:
    """Time that passes only when somebody sleeps."""

    time: float = 1000.0

    def now(self) -> float:
        """Return the moment."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Let that much time pass, and everybody else have a turn."""
        until = self.time + seconds
        await asyncio.sleep(0.002)
        self.time = max(self.time, until)


def key_of(value: str, r4_type: str = "Patient") -> Key:
    """Return a temporary identifier."""
    return Key(r4_type=r4_type, system=MIGRATION_SYSTEM + r4_type, value=value)


def resource_of(key: Key, **elements: str) -> Resource:
    """Return a small resource; `subject` becomes a reference."""
    made: Resource = {
        "resourceType": key.r4_type,
        "identifier": [{"use": "temp", "system": key.system, "value": key.value}],
    }
    for name, value in elements.items():
        made[name] = {"reference": value} if name == "for_" else value
    return made


def patients(*values: str) -> list[Resource]:
    """Return patients that refer to nothing, each with a content of its own."""
    return [resource_of(key_of(value), language=f"x-{n}") for n, value in enumerate(values)]


def tasks(*values: str) -> list[Resource]:
    """Return one task per patient."""
    return [
        resource_of(key_of(f"task-{value}", "Task"), for_=key_of(value).reference)
        for value in values
    ]


def plan_with(folder: Path, *stages: Sequence[Resource], versions: Sequence[Resource] = ()) -> Plan:
    """Write a plan of these stages; a Task refers to its patient.

    Args:
        folder: where.
        stages: the last states, stage by stage.
        versions: earlier versions of some of them, the oldest first: mode `every-version`.
    """
    writes, references = [], []
    resources = [(stage, resource) for stage, group in enumerate(stages) for resource in group]
    seqs = {_key_in(resource).reference: n for n, (_stage, resource) in enumerate(resources, 1)}
    for seq, (stage, resource) in enumerate(resources, 1):
        key = _key_in(resource)
        body = orjson.dumps(resource)
        row = (seq, key.r4_type, key.system, key.value, stage, key.r4_type, key.value)
        writes.append((*row, digest(canonical(resource)), body))
        targets = resource.get("for_") or resource.get("partOf") or []
        for place, target in enumerate(targets if isinstance(targets, list) else [targets]):
            assert isinstance(target, dict)
            references.append((seq, seqs[str(target["reference"])], f"for_[{place}]"))
    rows: list[tuple[int, int, str, str, str, bytes]] = []
    for resource in versions:
        seq = seqs[_key_in(resource).reference]
        ordinal = 1 + sum(row[0] == seq for row in rows)
        own = (str(ordinal), f"m-{ordinal}", digest(canonical(resource)))
        rows.append((seq, ordinal, *own, orjson.dumps(resource)))
    path = folder / "plan.sqlite"
    write_plan(
        path,
        PlanContent(
            meta=[("domain", "TEST"), ("mode", "every-version" if versions else "latest")],
            versions=rows,
            writes=writes,
            references=references,
            issues=[],
            elements=[],
            documents=[],
            hash_totals=[],
        ),
    )
    return Plan(path)


def _key_in(resource: Resource) -> Key:
    match resource["identifier"]:
        case [{"value": str(value)}]:
            return key_of(value, str(resource["resourceType"]))
        case _:
            raise AssertionError(resource)


@cache
def _empty_journal() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"
        open_file(path).close()
        return path.read_bytes()


@contextmanager
def journal_in(folder: Path, clock: Clock | None = None) -> Iterator[Journal]:
    """Open the journal of a folder; a new one begins as a copy, for that is quicker."""
    path = folder / "journal.sqlite"
    if not path.exists():
        path.write_bytes(_empty_journal())
    journal = Journal(path, clock=(clock or Clock()).now)
    try:
        yield journal
    finally:
        journal.close()


def planted(journal: Journal, *entries: Entry) -> None:
    """Put rows in a journal's file as they stand, whatever steps would have led to them."""
    with any_step():
        journal._commit(list(entries))


@contextmanager
def any_step() -> Iterator[None]:
    """Let the journal record any step: for tests of how it keeps what it is given."""
    with patch("kt_migrate.load.journal.require_step"):
        yield


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep the journal from committing: another connection has the write lock."""
    with closing(sqlite3.connect(folder / "journal.sqlite", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            db.execute("ROLLBACK")


def client_of(world: World, workers: int) -> FhirClient:
    """Return a client of the world's server; in process, unless it listens on a socket."""
    server = world.server
    inside = patch("kt_migrate.kt2.client.transport", lambda _most: InProcess(server))
    with nullcontext() if world.on_a_socket else inside:
        return FhirClient(
            server.base,
            world.credentials,
            trace_id=TRACE,
            max_in_flight=workers,
            now=world.clock.now,
        )


@dataclass(frozen=True, slots=True)
class World:
    """One folder with a plan, one server, who logs in, and a clock."""

    folder: Path
    plan: Plan
    server: Server
    credentials: Credentials
    clock: Clock
    on_a_socket: bool = False
    policy: Policy = UPDATES

    async def start(
        self,
        *,
        workers: int = 4,
        share: float = 0.5,
        in_a_row: int = 0,
        listener: Listener = nobody,
    ) -> tuple[LoadResult, Pace]:
        """Run one start of the load, as a process of its own would."""
        with journal_in(self.folder, self.clock) as journal:
            journal._db.execute("PRAGMA synchronous = OFF")  # no power fails in a test
            return await self.start_with(
                journal, workers=workers, share=share, in_a_row=in_a_row, listener=listener
            )

    async def start_with(
        self,
        journal: Journal,
        *,
        workers: int = 4,
        share: float = 0.5,
        in_a_row: int = 0,
        listener: Listener = nobody,
    ) -> tuple[LoadResult, Pace]:
        """The same, with a journal that the test holds."""
        trace = str(uuid.UUID(TRACE))
        now, self.server.clock = self.clock.now, self.clock.now
        async with client_of(self, workers) as client:
            pace = Pace(max_in_flight=workers, per_second=0, now=now, sleep=self.clock.sleep)
            load = Load(
                self.plan,
                journal,
                client,
                pace,
                trace_id=trace,
                error_share=share,
                errors_in_a_row=in_a_row,
                listener=listener,
                policy=self.policy,
            )
            return await load.run(workers), pace
