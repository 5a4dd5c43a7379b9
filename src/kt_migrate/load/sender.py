"""Brings one resource to the server, exactly once.

The procedure, obeyed below by number:

1. Put the intent on disk; only then may the request leave.
2. A new object is one request: POST with If-None-Exist on its temporary identifier.
3. 201: ours. 200 with an object that carries our temporary identifier: it was there; compare.
   If it differs: PUT with If-Match over what this working folder wrote and nobody changed since;
   with all else, what the plan's owner chose (`load.decision`).
4. 200 with another object, or a refusal of the condition itself: a *collision*, for servers
   lose a backslash in the condition. Adopt nothing: look by search, which they read rightly;
   when it is not there, create it without the condition, and report it.
5. An answer that says nothing (time-out, reset, 5xx) is *unknown*: look on the server by
   temporary identifier, then decide. Nothing there: send again. One: compare. More: stop.
6. 429 and 503 pause everybody for as long as the server asks, and cost no attempt. A 503 may
   have had its effect; after one to a create without a condition: look first, as in 5.
7. A refusal by the server is an outcome of this object; 401 and 403 stop the run.
8. Of an object with earlier versions (`load.replay`) each goes so, in order, with an intent of its
   own: the first that the server takes is a create, each after it a PUT over the one before.
"""

from __future__ import annotations

import uuid
from http import HTTPStatus

from kt_migrate.kt2.answers import Answer, NotSent, Refused, Stored, Throttled, Unknown
from kt_migrate.kt2.client import FhirClient, Found
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.attempt import Attempt, carries, retry_seconds
from kt_migrate.load.decision import Policy
from kt_migrate.load.existing import Existing, version_of
from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.load.references import References
from kt_migrate.load.replay import next_in_row
from kt_migrate.load.writers import Writers
from kt_migrate.model import Key
from kt_migrate.plan.rows import PlannedWrite

STRICT = Policy()
"""Nothing that was there before is written over."""

LOOKS = 2
"""How often the server is asked for an object of which the outcome is unknown."""

LOOKS_UNCONDITIONAL = 4
"""The same, when no condition keeps a second one out: until a slow request must have ended."""

_SPECIAL = frozenset("\\$,|")
"""What FHIR escapes in a search value. Servers misread it in a condition (server.md §1)."""


class Sender:
    """Sends planned writes one by one; any number at a time may be under way."""

    def __init__(  # noqa: PLR0913 (what sending takes)
        self,
        client: FhirClient,
        journal: Journal,
        references: References,
        pace: Pace,
        *,
        trace_id: str,
        policy: Policy = STRICT,
        writers: Writers | None = None,
    ) -> None:
        self.writers = writers or Writers(client, references.plan)
        self._journal = journal
        self._references = references
        self._pace = pace
        self._trace = uuid.UUID(trace_id)
        self._existing = Existing(
            self.writers, journal, references, pace, trace=self._trace, policy=policy
        )

    async def send(self, write: PlannedWrite, known: Entry | None, *, conditional: bool) -> Entry:
        """Bring one resource to the server; its earlier versions first, when the plan has them.

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
            JournalError: the disk takes no intent.
        """
        while True:
            attempt = self._attempt(write, known, conditional=conditional)
            known = await self._bring(attempt)
            if known.state is not State.EARLIER:
                return known

    async def _bring(self, attempt: Attempt) -> Entry:
        """Bring one version to the server: the last state, or an earlier one in the row (8)."""
        row = attempt.row
        if row.server_id:
            there = Found(id=row.server_id, version=row.version, resource={})
            return self._settle(await self._existing.update(attempt, there))
        while not attempt.spent:
            answer = await self._create(attempt)
            entry = await self._after_create(attempt, answer)
            if entry is not None:
                return self._settle(entry)
        self._settle(attempt.entry(State.WAITING, code="server-unavailable"))
        raise attempt.unavailable()

    async def settle_known(self, write: PlannedWrite, found: tuple[Found, ...]) -> Entry | None:
        """Decide on what a look-up by temporary identifier found; None when it is not there."""
        attempt = self._attempt(write, self._journal.entry(write.seq), conditional=False)
        entry = await self._existing.adopt(attempt, found)
        return None if entry is None else self._settle(entry)

    def _attempt(self, write: PlannedWrite, known: Entry | None, *, conditional: bool) -> Attempt:
        version, row = next_in_row(self._references.plan, write, known)
        resource = self._references.literal(version.resource)
        attempt = Attempt(write=version, resource=resource, conditional=conditional, row=row)
        attempt.resume(known)
        return attempt

    async def _create(self, attempt: Attempt) -> Answer:
        condition = attempt.key if attempt.conditional else None
        operation = Operation.CREATE_UNCONDITIONAL if attempt.unconditional else Operation.CREATE
        async with self._pace.slot() as slot:
            await self._journal.intend(attempt.intent(operation, self._trace))  # (1)
            answer = await self.writers.of(attempt.write.seq).create(  # (2)
                attempt.resource, condition, request_id=attempt.request_id
            )
            slot.answered(answer)
        return answer

    async def _after_create(self, attempt: Attempt, answer: Answer) -> Entry | None:
        """Return the outcome, or None to send once more."""
        match answer:
            case Stored():  # (3)
                attempt.status, attempt.said = answer.status, ""
                return await self._stored(attempt, answer)
            case Refused():  # (7)
                attempt.status, attempt.said = answer.status, answer.said
                return await self._refused(attempt, answer)
            case Unknown():  # (5)
                return await self._lost(attempt)
            case Throttled():  # (6): the pace has taken note and pauses everybody
                attempt.throttles += 1
                if not answer.perhaps_done:
                    return None
                attempt.lost = attempt.operation
                return None if attempt.conditional else await self._look(attempt)
            case NotSent():
                await self._pace.sleep(attempt.pause)
                return None

    async def _stored(self, attempt: Attempt, answer: Stored) -> Entry | None:
        if answer.created or not attempt.conditional:
            # What is accepted without its condition: the condition was what was wrong.
            attempt.collided = attempt.collided or attempt.unconditional
            return self._existing.stored(attempt, State.CREATED, answer.id, answer.version)
        there = answer.resource
        if there is None:
            client = self.writers.of(attempt.write.seq)
            there = await client.read(attempt.key.r4_type, answer.id)
        if there is None:  # nobody can say whose it is
            return attempt.entry(State.REJECTED, code="server-conflict")
        if not carries(there, attempt.key):  # (4)
            attempt.collided = True
            return await self._by_search(attempt)
        version = version_of(there) or answer.version
        found = Found(id=answer.id, version=version, resource=there)
        return await self._existing.compare(attempt, found)

    async def _refused(self, attempt: Attempt, answer: Refused) -> Entry | None:
        if attempt.conditional and _may_be_the_condition(answer, attempt.key):  # (4)
            return await self._by_search(attempt)
        if answer.code == "several-matches":
            return attempt.refused(answer, "duplicate-on-server", State.DUPLICATE)
        return attempt.refused(answer)

    async def _by_search(self, attempt: Attempt) -> Entry | None:
        """(4): decide on what is there; when it is not, the next create has no condition."""
        found = await self._found(attempt)
        if not found:
            attempt.conditional, attempt.unconditional = False, True
            return None
        attempt.collided = True
        return await self._existing.adopt(attempt, found)

    async def _found(self, attempt: Attempt) -> tuple[Found, ...] | None:
        client = self.writers.of(attempt.write.seq)
        return (await client.find([attempt.key])).get(attempt.key)

    async def _lost(self, attempt: Attempt) -> Entry | None:
        """(5): nobody knows whether the last request had its effect."""
        attempt.lost = attempt.operation
        return await self._look(attempt)

    async def _look(self, attempt: Attempt) -> Entry | None:
        """Look more than once: a request that got no answer may still be at work."""
        for look in range(LOOKS if attempt.conditional else LOOKS_UNCONDITIONAL):
            await self._pace.sleep(retry_seconds(attempt.tries - 1 + look))
            found = await self._found(attempt)
            if found:
                attempt.collided = attempt.collided or attempt.unconditional
                return await self._existing.adopt(attempt, found)
        return None

    def _settle(self, entry: Entry) -> Entry:
        self._journal.settle(entry)
        return entry


def _may_be_the_condition(answer: Refused, key: Key) -> bool:
    """Whether a refusal can be one of the condition, and not of the resource."""
    refusals = (HTTPStatus.BAD_REQUEST, HTTPStatus.PRECONDITION_FAILED)
    return answer.status in refusals and not _SPECIAL.isdisjoint(key.value)
