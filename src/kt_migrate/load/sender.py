"""Brings one resource to the server, exactly once.

The procedure, obeyed below by number:

1. Put the intent on disk; only then may the request leave.
2. A new object is one request: POST with If-None-Exist on its temporary identifier.
3. 201: ours. 200: it was there; compare, and PUT with If-Match only if it differs.
4. An answer that says nothing (time-out, reset, 5xx) is *unknown*: look on the server by
   temporary identifier, then decide. Nothing there: send again. One: compare. More: stop.
5. 429 and 503 pause everybody for as long as the server asks, and cost no attempt.
6. A refusal by the server is an outcome of this object; 401 and 403 stop the run.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from kt_migrate.books import canonical, digest
from kt_migrate.errors import ServerUnavailableError
from kt_migrate.kt2.answers import Answer, NotSent, Refused, Stored, Throttled, Unknown
from kt_migrate.kt2.client import FhirClient, Found
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.journal import Entry, Journal, State
from kt_migrate.load.references import References
from kt_migrate.model import Resource
from kt_migrate.plan.store import PlannedWrite

MAX_ATTEMPTS = 6
"""Requests that may leave for one object before the run gives up on the server."""

MAX_THROTTLES = 50
"""How often one object may be told to wait."""

LOOKS = 2
"""How often the server is asked for an object of which the outcome is unknown."""

_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

Sleep = Callable[[float], Awaitable[None]]


@dataclass(slots=True)
class _Progress:
    """What happened so far to one object, within this process."""

    attempts: int
    throttles: int = 0
    request_id: str = ""


class Sender:
    """Sends planned writes one by one; any number at a time may be under way."""

    def __init__(
        self,
        client: FhirClient,
        journal: Journal,
        references: References,
        pace: Pace,
        *,
        trace_id: str,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._client = client
        self._journal = journal
        self._references = references
        self._pace = pace
        self._trace = uuid.UUID(trace_id)
        self._sleep = sleep

    async def send(self, write: PlannedWrite, known: Entry | None, *, conditional: bool) -> Entry:
        """Bring one resource to the server.

        Args:
            write: what must come to exist; everything that it refers to is on the server.
            known: what the journal says of it; None when it was never touched.
            conditional: whether the server offers conditional create for its type. If not, the
                caller has looked it up, and it is not there.

        Returns:
            The outcome, already recorded.

        Raises:
            LoginError: the server answered 401 or 403.
            ServerUnavailableError: no answer that says anything, however often.
        """
        resource = self._references.literal(write.resource)
        progress = _Progress(attempts=known.attempts if known else 0)
        limit = progress.attempts + MAX_ATTEMPTS
        while progress.attempts < limit and progress.throttles < MAX_THROTTLES:
            answer = await self._create(write, resource, progress, conditional=conditional)
            entry = await self._after_create(write, resource, answer, progress)
            if entry is not None:
                return self._settle(entry)
        self._settle(self._entry(write, State.WAITING, progress, code="server-unavailable"))
        raise ServerUnavailableError(
            "The server keeps giving no usable answer.",
            where=f"{write.key.r4_type} {write.link}",
            fix="Give the same command again later; it goes on where it stopped.",
        )

    async def settle_known(self, write: PlannedWrite, found: tuple[Found, ...]) -> Entry | None:
        """Decide on what a look-up by temporary identifier found; None when it is not there."""
        resource = self._references.literal(write.resource)
        known = self._journal.entry(write.seq)
        progress = _Progress(attempts=known.attempts if known else 0)
        entry = await self._adopt(write, resource, found, progress)
        return None if entry is None else self._settle(entry)

    async def _create(
        self, write: PlannedWrite, resource: Resource, progress: _Progress, *, conditional: bool
    ) -> Answer:
        async with self._pace.slot() as slot:
            await self._intend(write, "create", progress)  # (1)
            answer = await self._client.create(  # (2)
                resource, write.key if conditional else None, request_id=progress.request_id
            )
            slot.answered(answer)
        return answer

    async def _after_create(
        self, write: PlannedWrite, resource: Resource, answer: Answer, progress: _Progress
    ) -> Entry | None:
        """Return the outcome, or None to send once more."""
        match answer:
            case Stored(created=True):
                return self._stored(write, resource, State.CREATED, answer, progress)
            case Stored():  # (3)
                return await self._compare(write, resource, answer, progress)
            case Refused(status=status, code="several-matches"):
                return self._entry(
                    write, State.DUPLICATE, progress, code="duplicate-on-server", status=status
                )
            case Refused():
                return self._refused(write, answer, progress)
            case Unknown():  # (4)
                return await self._look(write, resource, progress)
            case Throttled():  # (5): the pace has taken note and pauses everybody
                progress.throttles += 1
                progress.attempts -= 1
                return None
            case NotSent():
                await self._back_off(progress)
                return None

    async def _look(
        self, write: PlannedWrite, resource: Resource, progress: _Progress
    ) -> Entry | None:
        """Look more than once: a request that got no answer may still be at work."""
        for _look in range(LOOKS):
            await self._back_off(progress)
            found = await self._client.find([write.key])
            if found.get(write.key):
                return await self._adopt(write, resource, found[write.key], progress)
        return None

    async def _adopt(
        self,
        write: PlannedWrite,
        resource: Resource,
        found: tuple[Found, ...],
        progress: _Progress,
    ) -> Entry | None:
        if not found:
            return None
        if len(found) > 1:
            return self._entry(write, State.DUPLICATE, progress, code="duplicate-on-server")
        there = found[0]
        stored = Stored(
            created=False, id=there.id, version=there.version, resource=there.resource, status=200
        )
        return await self._compare(write, resource, stored, progress)

    async def _compare(
        self, write: PlannedWrite, resource: Resource, stored: Stored, progress: _Progress
    ) -> Entry:
        """(3): it is there already; leave it, or bring it up to date."""
        there = stored.resource
        if there is None:
            there = await self._client.read(write.key.r4_type, stored.id)
        if there is not None and canonical(there) == canonical(resource):
            known = self._journal.entry(write.seq)
            # Ours after all: our own request of a moment ago, or of before a crash.
            ours = known is not None and known.operation == "create" and progress.attempts > 1
            state = State.CREATED if ours and stored.version == "1" else State.UNCHANGED
            return self._stored(write, resource, state, stored, progress)
        return await self._update(write, resource, stored, progress)

    async def _update(
        self, write: PlannedWrite, resource: Resource, stored: Stored, progress: _Progress
    ) -> Entry:
        version = stored.version
        body: Resource = {**resource, "id": stored.id}
        for _attempt in range(MAX_ATTEMPTS):
            async with self._pace.slot() as slot:
                await self._intend(write, "update", progress, stored.id, version)  # (1)
                answer = await self._client.update(
                    body, stored.id, version, request_id=progress.request_id
                )
                slot.answered(answer)
            if isinstance(answer, Stored):
                return self._stored(write, resource, State.UPDATED, answer, progress)
            if isinstance(answer, Throttled):
                continue
            there = await self._client.read(write.key.r4_type, stored.id)
            if there is not None and canonical(there) == canonical(resource):  # (4)
                return self._stored(write, resource, State.UPDATED, stored, progress)
            if isinstance(answer, Refused):
                conflict = answer.status in (409, 412)
                return (
                    self._entry(
                        write,
                        State.REJECTED,
                        progress,
                        code="server-conflict",
                        status=answer.status,
                    )
                    if conflict
                    else self._refused(write, answer, progress)
                )
            await self._back_off(progress)
        raise ServerUnavailableError(
            "The server keeps giving no usable answer to an update.",
            where=f"{write.key.r4_type} {write.link}",
            fix="Give the same command again later; it goes on where it stopped.",
        )

    async def _back_off(self, progress: _Progress) -> None:
        step = min(progress.attempts, len(_RETRY_SECONDS)) - 1
        await self._sleep(_RETRY_SECONDS[max(step, 0)])

    async def _intend(
        self,
        write: PlannedWrite,
        operation: str,
        progress: _Progress,
        server_id: str = "",
        version: str = "",
    ) -> None:
        progress.attempts += 1
        name = f"{write.key.reference}#{operation}#{progress.attempts}"
        progress.request_id = str(uuid.uuid5(self._trace, name))
        await self._journal.intend(
            Entry(
                seq=write.seq,
                state=State.INTENT,
                operation=operation,
                server_id=server_id,
                version=version,
                attempts=progress.attempts,
                request_id=progress.request_id,
            )
        )

    def _stored(
        self,
        write: PlannedWrite,
        resource: Resource,
        state: State,
        stored: Stored,
        progress: _Progress,
    ) -> Entry:
        sent = digest(canonical(resource, self._references.conditional))
        return replace(
            self._entry(write, state, progress, status=stored.status),
            server_id=stored.id,
            version=stored.version,
            digest=sent,
        )

    def _refused(self, write: PlannedWrite, answer: Refused, progress: _Progress) -> Entry:
        path = answer.issues[0].path if answer.issues else ""
        entry = self._entry(
            write, State.REJECTED, progress, code="server-rejected", status=answer.status
        )
        return replace(entry, path=path)

    def _entry(
        self,
        write: PlannedWrite,
        state: State,
        progress: _Progress,
        *,
        code: str = "",
        status: int = 0,
    ) -> Entry:
        operation = "update" if state is State.UPDATED else "create"
        return Entry(
            seq=write.seq,
            state=state,
            operation=operation,
            code=code,
            status=status,
            attempts=progress.attempts,
            request_id=progress.request_id,
        )

    def _settle(self, entry: Entry) -> Entry:
        self._journal.settle(entry)
        return entry
