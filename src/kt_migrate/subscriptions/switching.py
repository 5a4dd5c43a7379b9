"""Switches one Subscription off, or puts it back as it was; nothing of others is overwritten.

The procedure, obeyed below by number:

1. Read it; it is ours, for whoever made it is its origin for ever. Not in force: nothing is done.
2. Put on disk what it is, to the byte, and the intent; only then may the request leave.
3. PUT with If-Match on the version that was read: whoever changed it meanwhile goes before us.
4. Read it again, whatever was answered. Off and otherwise the same: done. As it was: the request
   had no effect, so it may be sent again. Anything else: somebody changed it; a person decides.
5. To put it back: only over what we left there, and read back to the byte.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol
from urllib.parse import quote

import httpx

from kt_migrate.errors import CouldNotLookError, ServerUnavailableError, said
from kt_migrate.kt2.answers import Answer, Refused, Stored, Throttled, parse_resource
from kt_migrate.model import Resource
from kt_migrate.probing.subscriptions import IN_FORCE
from kt_migrate.subscriptions.exact import (
    OFF,
    exact,
    fields_of,
    lasting,
    version_of,
    with_status,
)
from kt_migrate.subscriptions.journal import SwitchJournal
from kt_migrate.subscriptions.states import Switch
from kt_migrate.subscriptions.steps import Step

MAX_ATTEMPTS = 8
SECOND_LOOK_SECONDS = 2.0
"""What another process sent just before it died may still be under way."""
_MOST_SECONDS = 30.0
_TYPE = "Subscription"
_GONE = "(deleted)"
"""What is told instead of fields, of one that is not there any more."""
_RACE = frozenset({HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND})
"""Answers to a PUT that may mean that another version stands there (server.md §1)."""


class Client(Protocol):
    """What switching needs of a client (`FhirClient`)."""

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """GET anything below the base."""
        ...

    async def update(
        self, resource: Resource, logical_id: str, version: str, *, request_id: str
    ) -> Answer:
        """PUT over a version that was seen."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """A Subscription on the server: its bytes, and what they say."""

    text: str = field(repr=False)
    resource: Resource = field(repr=False)

    @property
    def version(self) -> str:
        """The server's version of it."""
        return version_of(self.resource)


class Switcher:
    """Switches Subscriptions one by one, by the journal."""

    def __init__(
        self,
        client: Client,
        journal: SwitchJournal,
        *,
        trace_id: str,
        sleep: Callable[[float], Awaitable[object]],
    ) -> None:
        self._client = client
        self._journal = journal
        self._trace = uuid.UUID(trace_id)
        self._sleep = sleep

    async def pause(self, logical_id: str) -> Step | None:
        """Switch one of ours off, when it is in force.

        Returns:
            Where it stands; None: there is nothing to switch off.

        Raises:
            LoginError, ServerUnavailableError, CouldNotLookError: what is on disk goes on later.
            JournalError: the disk takes no intent.
        """
        await self._let_land(self._journal.of(logical_id))
        for attempt in range(MAX_ATTEMPTS):
            known = self._journal.of(logical_id)
            there = await self._look(logical_id)  # (1) (4)
            begun = known if known is not None and known.open else None
            if begun is not None and (found := self._paused(begun, there)) is not None:
                return found
            if there is None or (begun is None and there.resource.get("status") not in IN_FORCE):
                return None
            off, body = (
                with_status(there.resource, OFF),
                there.text if begun is None else begun.body,
            )
            answer = await self._send(logical_id, Switch.PAUSING, there, off, body, attempt)
            refused = await self._refused(answer, attempt)
            if refused and (begun is None or refused not in _RACE):
                known = self._journal.note(
                    self._journal.steps[logical_id], Switch.UNTOUCHED, status=refused
                )
                if refused not in _RACE:
                    return known
        raise _no_answer(logical_id)

    def _paused(self, known: Step, there: There | None) -> Step | None:
        """Return what became of one that may have been switched off; None: it is on as it was."""
        if there is None:
            return self._journal.note(known, Switch.CHANGED, fields=(_GONE,))
        off = with_status(known.before, OFF)
        if exact(there.resource) == exact(off):
            return self._journal.note(known, Switch.PAUSED, version=there.version)
        return None if _is_on(known.before, there.resource) else self._changed(known, there)

    async def _let_land(self, known: Step | None) -> None:
        """Wait for what another process sent just before it died."""
        if known is not None and known.state in (Switch.PAUSING, Switch.RESTORING):
            await self._sleep(SECOND_LOOK_SECONDS)

    async def restore(self, logical_id: str) -> Step:
        """Put one back as it was, when it is as we left it.

        Returns:
            Where it stands: restored, untouched, or changed by somebody.

        Raises:
            LoginError, ServerUnavailableError, CouldNotLookError: what is on disk goes on later.
            JournalError: the disk takes no intent.
        """
        known = self._journal.steps[logical_id]
        await self._let_land(known)
        status = str(known.before.get("status"))
        for attempt in range(MAX_ATTEMPTS):
            known = self._journal.steps[logical_id]
            there = await self._look(logical_id)  # (4)
            ended = self._as_before(known, there)
            if ended is not None or there is None:
                return ended or known
            if _becomes_active(known.before, there.resource):
                await self._sleep(_wait(attempt))  # the server has not looked at it yet
                continue
            if exact(there.resource) != exact(with_status(known.before, OFF)):
                return self._changed(known, there)
            back = with_status(known.before, status)
            answer = await self._send(  # (5)
                logical_id, Switch.RESTORING, there, back, known.body, attempt
            )
            refused = await self._refused(answer, attempt)
            if refused and refused not in _RACE:
                if status != "active":
                    return self._changed(self._journal.steps[logical_id], there, status=refused)
                status = "requested"  # some servers let only themselves say `active`
        raise _no_answer(logical_id)

    def _as_before(self, known: Step, there: There | None) -> Step | None:
        """Return the outcome when it is as it was, or not there; None: there is more to do."""
        if there is None:
            return self._journal.note(known, Switch.CHANGED, fields=(_GONE,))
        if not _is_as_before(known.before, there.resource):
            return None
        pausing = known.state is Switch.PAUSING
        state = Switch.UNTOUCHED if pausing else Switch.RESTORED
        return self._journal.note(known, state, version=there.version)

    def _changed(self, known: Step, there: There, *, status: int = 0) -> Step:
        """Note that somebody changed it: in what, beside the two stati that are ours to give."""
        now = str(there.resource.get("status"))
        stati = (OFF, str(known.before.get("status")))
        expected = with_status(known.before, now if now in stati else OFF)
        return self._journal.note(
            known,
            Switch.CHANGED,
            version=there.version,
            fields=fields_of(expected, there.resource),
            status=status,
        )

    async def _look(self, logical_id: str) -> There | None:
        """Read one, to the byte; None: it is not there."""
        answer = await self._client.glance(f"{_TYPE}/{quote(logical_id, safe='')}")
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return None
        resource = parse_resource(answer.content) if answer.is_success else None
        it = None if resource is None else (resource.get("resourceType"), resource.get("id"))
        if resource is None or it != (_TYPE, logical_id) or not version_of(resource):
            raise CouldNotLookError(
                said(
                    "The server does not show a subscription of ours (HTTP {status}).",
                    status=answer.status_code,
                ),
                where=f"GET {_TYPE}",
                fix="Check the client's role and scopes in the domain administration.",
            )
        return There(text=answer.content.decode(), resource=resource)

    async def _send(
        self,
        logical_id: str,
        state: Switch,
        there: There,
        content: Resource,
        body: str,
        attempt: int,
    ) -> Answer:
        request = str(uuid.uuid5(self._trace, f"{state}#{logical_id}#{attempt}"))
        self._journal.intend(  # (2)
            logical_id, state, version=there.version, body=body, request=request
        )
        whole = {**lasting(content), "id": logical_id}
        return await self._client.update(  # (3)
            whole, logical_id, there.version, request_id=request
        )

    async def _refused(self, answer: Answer, attempt: int) -> int:
        """Wait when the answer says so; return the status of a refusal, else 0."""
        match answer:
            case Stored():
                return 0
            case Refused(status=status):
                return status
            case Throttled(seconds=seconds):
                await self._sleep(min(_MOST_SECONDS, seconds or _wait(attempt)))
            case _:
                await self._sleep(_wait(attempt))
        return 0


def _is_as_before(before: Resource, now: Resource) -> bool:
    """Whether it is as it was, maybe but for the server's own step from requested to active."""
    by_server = before.get("status") == "requested" and now.get("status") == "active"
    return exact(now) == exact(with_status(before, "active") if by_server else before)


def _is_on(before: Resource, now: Resource) -> bool:
    """Whether it is in force as it was: by us, by the server's own step, or never switched off."""
    status = now.get("status")
    return status in IN_FORCE and exact(now) == exact(with_status(before, str(status)))


def _becomes_active(before: Resource, now: Resource) -> bool:
    """Whether it is as it was but for the server's own step from requested to active."""
    asked = now.get("status") == "requested" and before.get("status") == "active"
    return asked and exact(with_status(now, "active")) == exact(before)


def _wait(attempt: int) -> float:
    return min(_MOST_SECONDS, 0.25 * float(2**attempt))


def _no_answer(logical_id: str) -> ServerUnavailableError:
    return ServerUnavailableError(
        "The server keeps giving no usable answer.",
        where=f"{_TYPE}/{logical_id}",
        fix="Give the same command again later; it goes on where it stopped.",
    )
