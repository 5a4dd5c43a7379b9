"""Undoes one deed, exactly once.

The procedure, obeyed below by number:

1. Read the resource. Not there: somebody took it away; nothing to do.
2. Another version than the run's last: somebody used it since; it is kept, and so is all that it
   refers to.
3. Put the intent on disk; only then may the request leave.
4. What the run made is deleted; where that may not be (no `d` in the scope, or 403), it gets the
   status of what is at the end of its life. What the run changed gets its content of before.
5. An answer that says nothing (time-out, reset, 5xx) is *unknown*: read, then decide. The version
   of before: send again. Gone, or the content that was sent: done. Else: somebody used it.
6. 429 and 503 pause everybody; a refusal is an outcome of this deed; 401 and 403 on a PUT stop.
"""

from __future__ import annotations

import uuid
from collections.abc import Container
from dataclasses import replace
from http import HTTPStatus

from kt_migrate.books import canonical, digest
from kt_migrate.errors import ServerUnavailableError
from kt_migrate.kt2.answers import Answer, Deleted, Refused, Stored, Throttled
from kt_migrate.kt2.pace import Pace
from kt_migrate.kt2.scopes import letters
from kt_migrate.load.attempt import carries, retry_seconds
from kt_migrate.load.references import References
from kt_migrate.load.writers import Writers
from kt_migrate.model import Json, Key, Resource
from kt_migrate.undo.others import Restored
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.states import Kind, UndoState

CHANGED, REFERENCED, REFUSED, NO_HISTORY = (
    "undo-changed-since",
    "undo-referenced",
    "undo-refused",
    "undo-no-history",
)
MAX_ATTEMPTS = 6
MAX_THROTTLES = 40

END_OF_LIFE: dict[str, tuple[str, Json]] = {
    "ActivityDefinition": ("status", "retired"),
    "CareTeam": ("status", "inactive"),
    "Endpoint": ("status", "off"),
    "Organization": ("active", False),
    "Patient": ("active", False),
    "Practitioner": ("active", False),
    "RelatedPerson": ("active", False),
    "Task": ("status", "cancelled"),
}
"""What a type has when its life is over. Source: TOP-KT-013, kt2.md §3.8."""

_OVER = {"Task": frozenset({"completed", "failed", "rejected", "cancelled"})}
_MAY_NOT = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED})
_CONFLICT = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED})


def nothing_restored(_server_id: str, _version: str) -> Container[str]:
    """Know of no other run that was undone."""
    return ()


class Actor:
    """Undoes deeds one by one; any number at a time may be under way."""

    def __init__(
        self,
        writers: Writers,
        record: Record,
        references: References,
        pace: Pace,
        *,
        trace_id: str,
        restored: Restored = nothing_restored,
    ) -> None:
        self._writers = writers
        self._restored = restored
        self._record = record
        self._references = references
        self._pace = pace
        self._trace = uuid.UUID(trace_id)
        self._undeletable: set[tuple[str, str]] = set()
        """(Client, R4 type): a role belongs to one client, and says nothing of the others."""

    async def undo(self, deed: Deed) -> Deed:
        """Undo one deed that nothing of the run refers to any more.

        Returns:
            The outcome, already recorded.

        Raises:
            LoginError: the server answered 401, or 403 to a PUT.
            ServerUnavailableError: no answer that says anything, however often.
            CouldNotLookError: the server does not say whether it is there.
            JournalError: the disk takes no intent.
        """
        throttles = tries = 0
        while tries < MAX_ATTEMPTS and throttles < MAX_THROTTLES:
            there = await self._writers.of(deed.seq).standing(
                deed.r4_type, deed.server_id
            )  # (1) (5)
            ended = self._already(deed, there)
            if ended is not None or isinstance(there, int):
                return self._settle(ended or deed)
            aim = await self._aim(deed, there)
            if isinstance(aim, Deed):
                return self._settle(aim)
            deed, answer = await self._send(deed, there, aim)
            if isinstance(answer, Throttled):
                throttles += 1
                continue
            tries += 1
            outcome = await self._after(deed, answer)
            if outcome is not None:
                return self._settle(outcome)
            await self._pace.sleep(retry_seconds(tries - 1))
        raise ServerUnavailableError(
            "The server keeps giving no usable answer.",
            where=f"{deed.r4_type} {deed.link}",
            fix="Give the same command again later; it goes on where it stopped.",
        )

    def _already(self, deed: Deed, there: Resource | int) -> Deed | None:
        """Return the outcome when there is nothing (more) to send, else None."""
        asked = deed.state is UndoState.INTENT
        if isinstance(there, int):
            deleted = asked and deed.operation == "delete"
            return replace(deed, state=UndoState.DELETED if deleted else UndoState.GONE)
        version = _version(there)
        ours = version == deed.version or version in self._restored(deed.server_id, deed.version)
        if version and ours and carries(there, _key(deed)):
            return None
        if asked and deed.sent and deed.sent == _digest(there):
            return replace(deed, state=_put_state(deed), after=version)
        if not deed.version and self._as_planned(deed, there):
            return None
        return _kept(deed, CHANGED)  # (2)

    def _as_planned(self, deed: Deed, there: Resource) -> bool:
        return digest(canonical(there, self._references.conditional)) == deed.planned

    async def _aim(self, deed: Deed, there: Resource) -> Resource | Deed | None:
        """Return the content to put there, None to delete it, or an outcome."""
        if deed.kind is Kind.CHANGED:
            return await self._as_before(deed, there)
        if self._may_delete(deed):
            return None
        if is_over(there):
            return replace(deed, state=UndoState.RETIRED, sent="", after=_version(there))
        name, value = END_OF_LIFE[deed.r4_type]
        return {**there, name: value}

    async def _as_before(self, deed: Deed, there: Resource) -> Resource | Deed:
        if not deed.before:
            return _kept(deed, NO_HISTORY)
        before = await self._writers.of(deed.seq).standing(
            deed.r4_type, deed.server_id, deed.before
        )
        if isinstance(before, int):
            return _kept(deed, NO_HISTORY)
        if _digest(before) == _digest(there):
            return replace(deed, state=UndoState.RESTORED, after=_version(there))
        return before

    def _may_delete(self, deed: Deed) -> bool:
        refused = (self._writers.name(deed.seq), deed.r4_type) in self._undeletable
        granted = letters(self._writers.of(deed.seq).login.scope, deed.r4_type)
        return not refused and (not granted or "d" in granted)

    async def _send(
        self, deed: Deed, there: Resource, content: Resource | None
    ) -> tuple[Deed, Answer | Deleted]:
        version, deletes = _version(there), content is None
        deed = replace(
            deed,
            state=UndoState.INTENT,
            operation="delete" if deletes else "update",
            sent="" if content is None else _digest(content),
            after=_next(version) if deletes else "",
            attempts=deed.attempts + 1,
            request_id=str(uuid.uuid5(self._trace, f"undo#{deed.id}#{deed.attempts + 1}")),
        )
        async with self._pace.slot() as slot:
            await self._record.intend(deed)  # (3)
            answer: Answer | Deleted
            if content is None:  # (4)
                answer = await self._writers.of(deed.seq).delete(
                    deed.r4_type, deed.server_id, version, request_id=deed.request_id
                )
            else:
                answer = await self._writers.of(deed.seq).update(
                    {**content, "id": deed.server_id},
                    deed.server_id,
                    version,
                    request_id=deed.request_id,
                )
            if not isinstance(answer, Deleted):
                slot.answered(answer)
        return deed, answer

    async def _after(self, deed: Deed, answer: Answer | Deleted) -> Deed | None:
        """Return the outcome; None: look again, then decide."""
        match answer:
            case Deleted(status=status):
                return replace(deed, state=UndoState.DELETED, status=status)
            case Stored(version=version, status=status):
                return replace(deed, state=_put_state(deed), after=version, status=status)
            case Refused(status=status, said=said) if status in _MAY_NOT:
                if deed.operation != "delete":
                    return replace(_kept(deed, REFUSED), status=status, said=said)
                self._undeletable.add((self._writers.name(deed.seq), deed.r4_type))
                return None
            case Refused(status=status, said=said):
                conflict = status in _CONFLICT
                kept = await self._conflict(deed) if conflict else _kept(deed, REFUSED)
                return replace(kept, status=status, said=said)
            case _:
                return None

    async def _conflict(self, deed: Deed) -> Deed:
        """Say whether somebody used it since, or something refers to it: servers answer alike."""
        there = await self._writers.of(deed.seq).standing(deed.r4_type, deed.server_id)
        return self._already(deed, there) or _kept(deed, REFERENCED)

    def _settle(self, deed: Deed) -> Deed:
        self._record.settle(deed)
        return deed


def is_over(resource: Resource) -> bool:
    """Whether a resource is at the end of its life."""
    r4_type = str(resource["resourceType"])
    name, value = END_OF_LIFE[r4_type]
    return resource.get(name) == value or resource.get(name) in _OVER.get(r4_type, ())


def _kept(deed: Deed, code: str) -> Deed:
    return replace(deed, state=UndoState.KEPT, code=code)


def _put_state(deed: Deed) -> UndoState:
    return UndoState.RETIRED if deed.kind is Kind.MADE else UndoState.RESTORED


def _key(deed: Deed) -> Key:
    return Key(r4_type=deed.r4_type, system=deed.system, value=deed.value)


def _version(resource: Resource) -> str:
    meta = resource.get("meta")
    return str(meta.get("versionId") or "") if isinstance(meta, dict) else ""


def _next(version: str) -> str:
    """Return the version that a deletion comes to; empty: the server does not number them."""
    return str(int(version) + 1) if version.isdecimal() else ""


def _digest(resource: Resource) -> str:
    return digest(canonical(resource))
