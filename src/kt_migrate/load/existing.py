"""Does what was decided with what is on the server under our temporary identifier."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from kt_migrate.books import canonical, digest, origin_of
from kt_migrate.kt2.answers import Answer, Refused, Stored, Throttled
from kt_migrate.kt2.client import Found
from kt_migrate.kt2.devices import Devices
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.attempt import Attempt, carries
from kt_migrate.load.decision import EXISTING_ADOPTED, EXISTING_REFUSED, Choice, Policy
from kt_migrate.load.foreign import BROUGHT_BY_OTHER
from kt_migrate.load.journal import Entry, Journal, Operation, State
from kt_migrate.load.references import References
from kt_migrate.load.states import WRITTEN
from kt_migrate.load.writers import Writers
from kt_migrate.model import Resource

_CONFLICT = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})
_GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


class Existing:
    """Compares, and updates with exactly the version that was seen."""

    def __init__(
        self,
        writers: Writers,
        journal: Journal,
        references: References,
        pace: Pace,
        *,
        trace: uuid.UUID,
        policy: Policy,
    ) -> None:
        self._writers = writers
        self._devices = Devices(writers.own)
        self._journal = journal
        self._references = references
        self._pace = pace
        self._trace = trace
        self._policy = policy

    async def adopt(self, attempt: Attempt, found: Sequence[Found]) -> Entry | None:
        """Decide on what a look-up found; None when nothing of it carries our identifier."""
        ours = {there.id: there for there in found if carries(there.resource, attempt.key)}
        if not ours:
            return None
        if len(ours) > 1:
            return attempt.entry(State.DUPLICATE, code="duplicate-on-server")
        return await self.compare(attempt, *ours.values())

    async def compare(self, attempt: Attempt, there: Found) -> Entry:
        """Leave what has the planned content, or is another supplier's; else as was chosen."""
        if origin := await self._of_another(there.resource):
            return self._brought(attempt, there, origin)
        return await self._compare(attempt, there)

    async def _compare(self, attempt: Attempt, there: Found) -> Entry:
        """Leave what has the planned content; write over what is ours; else as was chosen."""
        equal, last = self._when_equal(attempt, there), attempt.row.last
        if _equal(there.resource, attempt) and (last is None or equal in WRITTEN):
            return self._as_planned(attempt, equal, there)
        if attempt.row.holds(there.id, there.version):
            return await self.update(attempt, there)
        if last is not None:
            resource = self._references.literal(last.resource)
            return await self._compare(attempt.cut(last, resource), there)
        if self._policy.ours(attempt.key, attempt.known, there.id, there.version):
            return await self.update(attempt, there)
        match self._policy.choice:
            case Choice.REFUSE:
                return attempt.entry(State.REJECTED, code=EXISTING_REFUSED)
            case Choice.ADOPT:
                return self._adopted(attempt, there)
            case Choice.UPDATE:
                attempt.chosen = bool(there.version)
                return await self.update(attempt, there)

    def _as_planned(self, attempt: Attempt, state: State, there: Found) -> Entry:
        if state is State.UPDATED:
            attempt.rests_on_what_was_known()
        return self.stored(attempt, state, there.id, there.version)

    def _when_equal(self, attempt: Attempt, there: Found) -> State:
        """Return the state of what is there as planned; ours after all, unless of another run."""
        state = attempt.when_equal(there.version)
        another_run = (
            state in WRITTEN
            and there.version
            and self._policy.earlier.wrote(attempt.key, there.id, there.version)
        )
        return State.UNCHANGED if another_run else state

    def _adopted(self, attempt: Attempt, there: Found) -> Entry:
        """Return the outcome of what is left as it is: the digest is of what is there."""
        seen = digest(canonical(there.resource, self._references.conditional))
        return replace(
            attempt.entry(State.ADOPTED),
            server_id=there.id,
            version=there.version,
            digest=seen,
            notice=EXISTING_ADOPTED,
        )

    async def _of_another(self, resource: Resource) -> str:
        """Return `Device/<id>` of the other supplier that brought a resource; empty: none did."""
        origin = origin_of(resource) if self._policy.clients else ""
        known = origin and await self._devices.client_of(origin)
        return "" if known in {"", *self._policy.clients} else origin

    def _brought(self, attempt: Attempt, there: Found, origin: str) -> Entry:
        """Return the outcome of what is ours by the plan, and another supplier brought.

        Others may refer to it; nobody writes over it, whatever was chosen.
        """
        adopted = self._adopted(attempt, there)
        return replace(adopted, notice=BROUGHT_BY_OTHER, said=origin)

    def stored(self, attempt: Attempt, state: State, logical_id: str, version: str) -> Entry:
        """Return the outcome of what is on the server as planned."""
        sent = digest(canonical(attempt.resource, self._references.conditional))
        return replace(attempt.entry(state), server_id=logical_id, version=version, digest=sent)

    async def update(self, attempt: Attempt, there: Found) -> Entry:
        """Write over exactly the version that was seen.

        Raises:
            LoginError: the server answered 401 or 403.
            ServerUnavailableError: no answer that says anything, however often.
        """
        if not there.version:  # an update that names no version could overwrite anything
            return attempt.entry(State.REJECTED, code="server-conflict")
        attempt.start_over()
        while not attempt.spent:
            answer = await self._put(attempt, there)
            entry = await self._after_put(attempt, there, answer)
            if entry is not None:
                return entry
        raise attempt.unavailable()

    async def _put(self, attempt: Attempt, there: Found) -> Answer:
        body: Resource = {**attempt.resource, "id": there.id}
        async with self._pace.slot() as slot:
            await self._journal.intend(
                attempt.intent(Operation.UPDATE, self._trace, there.id, there.version)
            )
            answer = await self._writers.of(attempt.write.seq).update(
                body, there.id, there.version, request_id=attempt.request_id
            )
            slot.answered(answer)
        return answer

    async def _after_put(self, attempt: Attempt, there: Found, answer: Answer) -> Entry | None:
        """Return the outcome, or None to send once more."""
        if isinstance(answer, Stored):
            attempt.status = answer.status
            return self.stored(attempt, State.UPDATED, there.id, answer.version)
        if isinstance(answer, Throttled):
            attempt.throttles += 1
            return None
        now = await self._writers.of(attempt.write.seq).read(attempt.key.r4_type, there.id)
        if now is not None and _equal(now, attempt):
            return self.stored(attempt, State.UPDATED, there.id, version_of(now))
        if isinstance(answer, Refused):
            attempt.status = answer.status
            return attempt.refused(answer, _why(answer, now))
        await self._pace.sleep(attempt.pause)
        return None


def _why(answer: Refused, now: Resource | None) -> str:
    """Return the code of an update that is refused, by what is there now."""
    if answer.status not in _CONFLICT | _GONE:
        return "server-rejected"
    if now is None:
        return "server-deleted"
    # A 404 to a PUT may also be of its version: the object is there (server.md §1).
    return "server-conflict"


def version_of(resource: Resource) -> str:
    """Return `meta.versionId`, or empty."""
    meta = resource.get("meta")
    return str(meta.get("versionId") or "") if isinstance(meta, dict) else ""


def _equal(there: Resource, attempt: Attempt) -> bool:
    return canonical(there) == canonical(attempt.resource)
