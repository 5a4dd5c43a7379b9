"""Starts undoing one run folder: lock, binding, client; the preview first, then the loop."""

from __future__ import annotations

import asyncio
import signal
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from kt_migrate.config import Environment, Workspace
from kt_migrate.errors import JournalError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.load.decision import Earlier
from kt_migrate.load.earlier import earlier_runs
from kt_migrate.load.execute import every_credentials_of, login_of, open_journal, place_of
from kt_migrate.load.journal import Journal
from kt_migrate.load.lock import run_lock
from kt_migrate.load.references import References
from kt_migrate.load.writers import Writers, writers_of
from kt_migrate.model import Key
from kt_migrate.plan.runs import runs_of
from kt_migrate.plan.store import Plan
from kt_migrate.undo.actor import Actor
from kt_migrate.undo.inventory import Doubts, inventory
from kt_migrate.undo.looking import is_listed
from kt_migrate.undo.others import Restored, restored_by
from kt_migrate.undo.proof import prove
from kt_migrate.undo.record import Deed, Record
from kt_migrate.undo.run import Listener, Undo, UndoResult, nobody
from kt_migrate.undo.states import UndoState

AT_ONCE = 200


@dataclass(slots=True)
class Preview:
    """What undoing a run would meet.

    Attributes:
        deeds: per (R4 type, `made` or `changed`) how many resources.
        gone: how many are not there any more.
        changed: how many have a newer version than the run's, and would be kept.
        doubtful: how many may be the run's, which cannot be shown.
    """

    deeds: Counter[tuple[str, str]] = field(default_factory=Counter)
    gone: int = 0
    changed: int = 0
    doubtful: int = 0

    @property
    def total(self) -> int:
        """How many resources there are to undo."""
        return sum(self.deeds.values())


@dataclass(frozen=True, slots=True)
class _Open:
    """One run folder with everything open."""

    environment: Environment
    credentials: Mapping[str, Credentials]
    plan: Plan
    journal: Journal
    restored: Restored
    earlier: Earlier

    def _entered(self, name: str) -> FhirClient:
        """Log in, under the trace id of the run: the server's log shows what belongs together."""
        return FhirClient(
            self.environment.base,
            login_of(self.credentials, name, self.environment),
            trace_id=self.trace_id,
            max_in_flight=self.environment.limits.max_in_flight,
            now=time.time,
        )

    def writers(self) -> AbstractAsyncContextManager[Writers]:
        """Log in as every client of ours that wrote something: each undoes its own."""
        return writers_of(self.plan, self._entered)

    @property
    def trace_id(self) -> str:
        """The run's, or a new one when the run never began."""
        return self.journal.meta("trace_id") or str(uuid.uuid4())

    async def deeds(self, writers: Writers) -> Iterator[Deed]:
        """Look at what is in doubt, and return everything that the run did."""
        doubts = Doubts(self.plan, self.journal, writers, asyncio.sleep, self.earlier)
        return inventory(self.plan, self.journal, await doubts.settle())


def preview(workspace: Workspace, environment: Environment, folder: Path) -> Preview:
    """Say what undoing a run would meet; only reads and searches.

    Raises:
        JournalError: the folder has no journal of this environment.
        LoginError, ServerUnavailableError, CouldNotLookError: the server cannot be asked.
    """
    credentials = every_credentials_of(workspace, environment)
    _require_journal(folder)
    with _open(workspace, environment, folder, credentials) as opened:
        return asyncio.run(_preview(opened))


async def _preview(opened: _Open) -> Preview:
    made = Preview()
    async with opened.writers() as writers:
        deeds = await opened.deeds(writers)
        while batch := list(islice(deeds, AT_ONCE)):
            found = await writers.find((deed.seq, _key(deed)) for deed in batch)
            for deed in batch:
                versions = {f.id: f.version for f in found.get(_key(deed), ())}
                made.deeds[deed.r4_type, deed.kind] += 1
                if deed.state is UndoState.KEPT:
                    made.doubtful += 1
                elif deed.server_id not in versions:
                    made.gone += 1
                elif deed.version not in (
                    "",
                    version := versions[deed.server_id],
                ) and version not in opened.restored(deed.server_id, deed.version):
                    made.changed += 1
    return made


def undo(
    workspace: Workspace, environment: Environment, folder: Path, listener: Listener = nobody
) -> UndoResult:
    """Undo what a run did, or go on with it.

    Raises:
        RunLockedError, JournalError, ConfigurationError: nothing was sent.
    """
    credentials = every_credentials_of(workspace, environment)
    _require_journal(folder)
    with run_lock(folder), _open(workspace, environment, folder, credentials) as opened:
        return asyncio.run(_begin(opened, folder, listener))


@contextmanager
def _open(
    workspace: Workspace,
    environment: Environment,
    folder: Path,
    credentials: Mapping[str, Credentials],
) -> Iterator[_Open]:
    name = environment.environment
    others = [other for other in runs_of(workspace.root, name) if other != folder]
    with (
        Plan(folder / "plan.sqlite") as plan,
        open_journal(folder) as journal,
        restored_by(others, name) as restored,
        earlier_runs(others, name) as earlier,
    ):
        # Of another environment, server or plan, as the load refuses it.
        journal.bind({**place_of(environment), "plan": plan.sha256()})
        yield _Open(environment, credentials, plan, journal, restored, earlier)


async def _begin(opened: _Open, folder: Path, listener: Listener) -> UndoResult:
    """List what there is to undo; the record exists from there on, and the run is one no more."""
    async with opened.writers() as writers:
        deeds = iter(()) if is_listed(folder) else await opened.deeds(writers)
        with Record(folder) as record:
            record.bind("environment", opened.environment.environment)
            record.bind("plan", opened.plan.sha256())
            if not record.listed:
                record.list_all(deeds)
            return await _undo(opened, record, writers, listener)


async def _undo(opened: _Open, record: Record, writers: Writers, listener: Listener) -> UndoResult:
    limits = opened.environment.limits
    pace = Pace(
        max_in_flight=limits.max_in_flight, per_second=limits.per_second, now=time.monotonic
    )
    references = References(opened.plan, opened.journal)
    actor = Actor(
        writers,
        record,
        references,
        pace,
        trace_id=opened.trace_id,
        restored=opened.restored,
    )
    loop = Undo(opened.plan, record, actor, pace, listener)
    running = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        running.add_signal_handler(number, loop.interrupt)
    result = await loop.run(limits.max_in_flight)
    for number in (signal.SIGINT, signal.SIGTERM):
        running.remove_signal_handler(number)  # a proof that is broken off is none
    if result.stopped_by is None and not result.interrupted:
        result.proof = await prove(record, writers)
    return result


def _require_journal(folder: Path) -> None:
    if not (folder / "journal.sqlite").is_file():
        raise JournalError(
            "Nothing was ever written by this run.",
            where=str(folder),
            fix="There is nothing to undo.",
        )


def _key(deed: Deed) -> Key:
    return Key(r4_type=deed.r4_type, system=deed.system, value=deed.value)
