"""One object on its way: how often it was tried, and what that came to, as journal entries."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from kt_migrate.errors import ServerUnavailableError
from kt_migrate.kt2.answers import Refused
from kt_migrate.load.decision import EXISTING_UPDATED, HISTORY_NOT_REPLAYED
from kt_migrate.load.journal import Entry, Operation, State
from kt_migrate.load.replay import ALONE, Row
from kt_migrate.model import Key, Resource
from kt_migrate.plan.rows import PlannedWrite

MAX_ATTEMPTS = 6
"""Requests that may leave for one object before the run gives up on the server."""

MAX_THROTTLES = 50
"""How often one object may be told to wait."""

COLLISION = "conditional-create-collision"
"""Catalogue code of the notice for an object whose condition the server misread."""

_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_CREATES = (Operation.CREATE, Operation.CREATE_UNCONDITIONAL)


@dataclass(slots=True, kw_only=True)
class Attempt:
    """What happened so far to one object, within this process.

    Attributes:
        write: what must come to exist.
        resource: the same, its references literal: what is sent.
        conditional: the next create carries If-None-Exist.
        unconditional: the server offers the condition, but misreads it for this object.
        operation: of the last request.
        attempts: how many requests left, earlier starts of the run included.
        throttles: how many of them the server did not want yet; they cost no try.
        lost: an earlier request of ours whose effect was never seen; empty: none.
        collided: the server took another object for this one, or could not read the condition.
        known: what the journal said of it when this start began with it.
        row: where this version stands among the object's.
        cut_short: it was there before this plan, so its earlier versions are left out.
        chosen: what is written over was there before this plan, and its owner chose so.
        status: of the last answer; 0 when there was none.
        said: what the server said with it, when it was a refusal.
    """

    write: PlannedWrite
    resource: Resource
    conditional: bool
    unconditional: bool = False
    operation: str = ""
    attempts: int = 0
    throttles: int = 0
    lost: str = ""
    collided: bool = False
    known: Entry | None = None
    row: Row = ALONE
    cut_short: bool = False
    chosen: bool = False
    status: int = 0
    said: str = ""
    request_id: str = ""
    _before: int = 0

    def resume(self, known: Entry | None) -> None:
        """Take over what the journal says of it."""
        if known is None:
            return
        self.known = known
        self.attempts = self._before = known.attempts
        if known.state in (State.INTENT, State.WAITING):
            self.operation = self.lost = known.operation
            self.request_id = known.request_id
        unconditional = known.operation == Operation.CREATE_UNCONDITIONAL
        self.collided = unconditional and known.state is State.INTENT
        if known.passed and known.notice == COLLISION:
            self.collided = True  # of its create, some versions ago

    def rests_on_what_was_known(self) -> None:
        """Take over why an update of an earlier start was sent: its answer was lost, not that."""
        notice = "" if self.known is None else self.known.notice
        self.chosen = notice == EXISTING_UPDATED
        self.cut_short = notice == HISTORY_NOT_REPLAYED

    @property
    def key(self) -> Key:
        """The temporary identifier."""
        return self.write.key

    @property
    def tries(self) -> int:
        """How many requests count against the limit."""
        return self.attempts - self.throttles - self._before

    @property
    def spent(self) -> bool:
        """Whether it is no use to go on now."""
        return self.tries >= MAX_ATTEMPTS or self.throttles >= MAX_THROTTLES

    @property
    def notice(self) -> str:
        """What a person must know of it though it does not fail."""
        if self.chosen:
            return EXISTING_UPDATED
        if self.cut_short:
            return HISTORY_NOT_REPLAYED
        return COLLISION if self.collided else ""

    @property
    def pause(self) -> float:
        """Seconds to wait before the next try."""
        return retry_seconds(self.tries - 1)

    def start_over(self) -> None:
        """Give the next operation tries of its own."""
        self._before, self.throttles = self.attempts, 0

    def intent(
        self, operation: Operation, trace: uuid.UUID, server_id: str = "", version: str = ""
    ) -> Entry:
        """Return the intent of one more request; its id is never given twice."""
        self.attempts += 1
        self.operation = operation
        name = f"{self.key.reference}#{operation}#{self.attempts}"
        self.request_id = str(uuid.uuid5(trace, name))
        return Entry(
            seq=self.write.seq,
            state=State.INTENT,
            operation=operation,
            server_id=server_id,
            version=version,
            attempts=self.attempts,
            request_id=self.request_id,
            notice=self.notice,
            passed=self.row.passed,
        )

    def when_equal(self, version: str) -> State:
        """Return the state of what is there with the planned content: ours after all, or not."""
        if self.lost in _CREATES and version == "1":
            return State.CREATED
        return State.UPDATED if self.lost == Operation.UPDATE else State.UNCHANGED

    def entry(self, state: State, *, code: str = "", path: str = "") -> Entry:
        """Return an outcome."""
        entry = Entry(
            seq=self.write.seq,
            state=state,
            operation=self.operation,
            code=code,
            path=path,
            status=self.status,
            attempts=self.attempts,
            request_id=self.request_id,
            notice=self.notice,
            said=self.said if code else "",
        )
        return self.row.ended(entry)

    def refused(
        self, answer: Refused, code: str = "server-rejected", state: State = State.REJECTED
    ) -> Entry:
        """Return the outcome of what the server does not want, with what it said."""
        self.said = answer.said
        return self.entry(state, code=code, path=answer.path)

    def cut(self, write: PlannedWrite, resource: Resource) -> Attempt:
        """Return the attempt at the last state, when the versions before it are left out."""
        row = Row(of=self.row.of, passed=self.row.of)
        return replace(self, write=write, resource=resource, row=row, lost="", cut_short=True)

    def unavailable(self) -> ServerUnavailableError:
        """Return what stops the run when no answer says anything, however often."""
        return ServerUnavailableError(
            "The server keeps giving no usable answer.",
            where=f"{self.key.r4_type} {self.write.link}",
            fix="Give the same command again later; it goes on where it stopped.",
        )


def retry_seconds(step: int) -> float:
    """Return how long to wait before try or look number `step` (from 0) is repeated."""
    return _RETRY_SECONDS[min(max(step, 0), len(_RETRY_SECONDS) - 1)]


def carries(resource: Resource, key: Key) -> bool:
    """Whether a resource has a key as one of its identifiers, byte for byte."""
    identifiers = resource.get("identifier")
    return resource.get("resourceType") == key.r4_type and any(
        isinstance(i, dict) and i.get("system") == key.system and i.get("value") == key.value
        for i in (identifiers if isinstance(identifiers, list) else [])
    )
