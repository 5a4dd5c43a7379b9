"""One object and its sender: what it sends, what it waits for, what it records."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from kt_migrate.kt2.client import Found
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.decision import EXISTING_UPDATED, Policy
from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.load.references import References
from kt_migrate.load.sender import Sender
from kt_migrate.model import Resource
from kt_migrate.plan.rows import PlannedWrite
from load.wire import Reply, Request, Server
from load.world import (
    TRACE,
    UPDATES,
    Clock,
    World,
    client_of,
    journal_in,
    key_of,
    plan_with,
    planted,
    resource_of,
)


@dataclass
class One:
    """One patient, its sender and its server.

    Attributes:
        sleeps: what was waited for, in seconds, in order.
        write: the plan's.
        digest: of its planned content.
    """

    server: Server
    sender: Sender
    journal: Journal
    write: PlannedWrite
    digest: str
    sleeps: list[float] = field(default_factory=list)

    async def send(self, known: Entry | None = None, *, conditional: bool = True) -> Entry:
        """Send it; the journal begins with what is known of it, and nothing else."""
        await self.begin(known)
        return await self.sender.send(self.write, known, conditional=conditional)

    async def found(self, *resources: Resource, known: Entry | None = None) -> Entry | None:
        """Settle it on what a look-up found."""
        await self.begin(known)
        found = [Found(id=str(r["id"]), version=version_in(r) or "", resource=r) for r in resources]
        return await self.sender.settle_known(self.write, tuple(found))

    async def begin(self, known: Entry | None) -> None:
        """Let the journal hold this and nothing else."""
        await self.journal.flush()
        self.journal._db.execute("DELETE FROM entry")
        if known is not None:
            planted(self.journal, known)

    def request_id(self, operation: Operation | str, number: int) -> str:
        """Return the id of the request that is the n-th of this object."""
        return str(uuid.uuid5(uuid.UUID(TRACE), f"{self.write.key.reference}#{operation}#{number}"))

    def stored(self, value: str = "", version: str = "1", **elements: str) -> Resource:
        """Put a patient on the server: as planned, but for these elements."""
        key = key_of(value or self.write.key.value)
        return self.server.put({**self.write.resource, **resource_of(key, **elements)}, version)

    def answer(self, *replies: Reply | None, last: Reply | None = None, to: str = "POST") -> None:
        """Let the server answer the first writes of one method so, and the others with `last`."""
        left = list(replies)

        async def script(request: Request) -> Reply:
            reply = (left.pop(0) if left else last) if request.method == to else None
            return self.server.effect(request) if reply is None else reply

        self.server.script = script

    @property
    def wire(self) -> str:
        """The methods of what arrived."""
        return " ".join(request.method for request in self.server.requests)

    def outcome(self, state: State, operation: str = "create", **fields: object) -> Entry:
        """Return the entry of the last of `attempts` requests; on the server with its content."""
        attempts = fields.get("attempts", 1)
        assert isinstance(attempts, int)
        made = Entry(seq=1, state=state, operation=operation, attempts=attempts)
        made = replaced(made, request_id=self.request_id(operation, attempts) if operation else "")
        if state in (State.CREATED, State.UPDATED, State.UNCHANGED):
            made = replaced(made, digest=self.digest, version="1")
        if fields.get("code") == "server-rejected":
            made = replaced(made, said="no-outcome")
        if operation == Operation.UPDATE:
            made = replaced(made, notice=EXISTING_UPDATED)
        return replaced(made, **fields)


def replaced(entry: Entry, **fields: object) -> Entry:
    """Return an entry with other fields."""
    return Entry(**{**{n: getattr(entry, n) for n in Entry.__dataclass_fields__}, **fields})


def version_in(resource: Resource) -> str | None:
    """Return the version of what a server holds."""
    meta = resource.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    return version if isinstance(version, str) else None


def with_one(
    folder: Path,
    credentials: Credentials,
    story: Callable[[One], Awaitable[None]],
    value: str = "a",
    elements: Iterable[tuple[str, str]] = (("language", "x-0"),),
    policy: Policy = UPDATES,
) -> None:
    """Run a story of one patient; what was there before is written over, unless told otherwise."""

    async def whole() -> None:
        server, clock = Server(guards=True, loses_backslashes=True), Clock()
        planned = resource_of(key_of(value), **dict(elements))
        with plan_with(folder, [planned]) as plan, journal_in(folder, clock) as journal:
            journal._db.execute("PRAGMA synchronous = OFF")  # durability is not the point here
            async with client_of(World(folder, plan, server, credentials, clock), 1) as client:
                sleeps: list[float] = []

                async def sleep(seconds: float) -> None:
                    sleeps.append(round(seconds, 6))
                    clock.time += seconds
                    await asyncio.sleep(0)

                pace = Pace(max_in_flight=1, per_second=0, now=clock.now, sleep=sleep)
                references = References(plan, journal)
                sender = Sender(client, journal, references, pace, trace_id=TRACE, policy=policy)
                (write,) = plan.writes()
                await story(One(server, sender, journal, write, write.digest, sleeps))
                await journal.stop()

    asyncio.run(whole())
