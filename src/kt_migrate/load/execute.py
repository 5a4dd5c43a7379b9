"""Starts a load of one run folder: lock, binding, client, loop."""

from __future__ import annotations

import asyncio
import signal
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from kt_migrate.config import Environment, Workspace
from kt_migrate.conformance import PROFILE_PACKAGE
from kt_migrate.errors import ConfigurationError, PlanStaleError, said
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import key_of
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.pace import Pace
from kt_migrate.kt2.tls import context_of
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.load.events import EventLog
from kt_migrate.load.foreign import Foreign
from kt_migrate.load.journal import ON_SERVER, Journal
from kt_migrate.load.lock import run_lock
from kt_migrate.load.run import Listener, Load, LoadResult, nobody
from kt_migrate.load.start import NO_WISHES, Start, Wishes, note_go, starting
from kt_migrate.load.tending import Tending, Watcher, end_fields, nobody_looks
from kt_migrate.load.writers import writers_of
from kt_migrate.plan.runs import is_undone
from kt_migrate.plan.sampling.choosing import choose
from kt_migrate.plan.sampling.sampled import planned_in
from kt_migrate.plan.store import Plan


def credentials_of(workspace: Workspace, environment: Environment) -> Credentials:
    """Return who logs in to an environment, and with what.

    Raises:
        ConfigurationError: the key or the certificate is not there, or not safe.
    """
    return Credentials(
        client_id=environment.client_id,
        key=key_of(workspace, environment),
        kid=environment.key.kid,
        algorithm=environment.key.algorithm,
        tls=context_of(workspace.root, environment.ca_bundle, environment.certificate),
        token_host=environment.token_host,
    )


def every_credentials_of(workspace: Workspace, environment: Environment) -> dict[str, Credentials]:
    """Return who logs in for each client of an environment, by its name; its own is empty.

    Raises:
        ConfigurationError: a key or the certificate is not there, or not safe.
    """
    names = ("", *(one.name for one in environment.credentials))
    return {name: credentials_of(workspace, environment.as_client(name)) for name in names}


def login_of(
    credentials: Mapping[str, Credentials], name: str, environment: Environment
) -> Credentials:
    """Return who logs in as the client that a plan names.

    Raises:
        ConfigurationError: the environment does not have it (any more). Nobody may stand in for
            it: what it wrote another client may not even see.
    """
    if name in credentials:
        return credentials[name]
    raise ConfigurationError(
        said("The environment has no client {name}, and this plan was made for it.", name=name),
        where=f"configs/{environment.environment}.yaml, credentials",
        fix="Put it back under credentials: what it wrote is looked up and undone as that client.",
    )


@contextmanager
def _standing(folder: Path) -> Iterator[None]:
    """Refuse a run that is being undone, or was; with its lock held, so that none begins now."""
    require_standing(folder)
    yield


def require_standing(folder: Path) -> None:
    """Refuse a run that is being undone, or was.

    Raises:
        PlanStaleError: undoing it was begun.
    """
    if is_undone(folder):
        raise PlanStaleError(
            "This run was undone, whole or in part.",
            where=str(folder),
            fix="Make a new plan; it gets a run folder of its own.",
        )


@contextmanager
def open_journal(folder: Path) -> Iterator[Journal]:
    """Open the journal of a run folder, for as long as the block runs."""
    journal = Journal(folder / "journal.sqlite", clock=time.time)
    try:
        yield journal
    finally:
        journal.close()


def place_of(environment: Environment) -> dict[str, str]:
    """Return which place a journal is bound to: ids of one server mean nothing on another."""
    return {"environment": environment.environment, "server": environment.base}


@contextmanager
def _chosen(
    folder: Path, journal: Journal, environment: Environment, wishes: Wishes
) -> Iterator[Plan]:
    """Open the plan of a run, or what is drawn of it, and bind the journal to the plan."""
    with Plan(folder / "plan.sqlite") as whole:
        journal.bind({**place_of(environment), "plan": whole.sha256()})
    wishes.chosen(choose(folder, wishes.sample, begun=bool(journal.counts())))
    with planned_in(folder) as plan:
        yield plan


def execute(
    workspace: Workspace,
    environment: Environment,
    folder: Path,
    listener: Listener = nobody,
    watcher: Watcher = nobody_looks,
    wishes: Wishes = NO_WISHES,
) -> LoadResult:
    """Bring everything of a run folder's plan to its environment that is not there.

    Args:
        workspace: the working folder.
        environment: where to, and how hard; the journal is bound to it.
        folder: the run folder.
        listener: is told (done, total) after each write.
        watcher: is told how it goes, a few times per second.
        wishes: what a person wants of this start.

    Raises:
        RunLockedError, JournalError, ConfigurationError, UsageError: nothing was sent.
        PlanStaleError: undoing this run was begun, or the domain runs other profiles; nothing was
            sent.
    """
    credentials = every_credentials_of(workspace, environment)
    ours = environment.client_ids if workspace.domain.suppliers.ours else frozenset[str]()
    with (
        run_lock(folder),
        _standing(folder),
        open_journal(folder) as journal,
        _chosen(folder, journal, environment, wishes) as plan,
    ):
        trace_id = journal.meta("trace_id") or str(uuid.uuid4())
        journal.bind({"trace_id": trace_id})
        note_go(journal, wishes.go)
        root, env = workspace.root, environment.environment
        with (
            EventLog(folder, clock=time.time) as events,
            starting(root, env, folder, plan, journal, wishes) as wanted,
        ):
            wanted.policy = replace(wanted.policy, clients=ours)
            start = _Start(plan, journal, environment, credentials, folder, events, wanted)
            return asyncio.run(start.run(listener, watcher))


@dataclass(frozen=True, slots=True)
class _Start:
    """One start, with everything open."""

    plan: Plan
    journal: Journal
    environment: Environment
    credentials: Mapping[str, Credentials]
    folder: Path
    events: EventLog
    wanted: Start

    async def run(self, listener: Listener, watcher: Watcher) -> LoadResult:
        limits, trace_id = self.environment.limits, self.journal.meta("trace_id")
        traffic = Traffic()
        async with writers_of(
            self.plan, lambda name: self._client(name, trace_id, traffic)
        ) as writers:
            client = writers.own
            pace = Pace(
                max_in_flight=limits.max_in_flight, per_second=limits.per_second, now=time.monotonic
            )
            await self._ask_what_runs(client)
            await self.wanted.repair(client, pace, trace_id=trace_id, writers=writers)
            load = Load(
                self.plan,
                self.journal,
                client,
                pace,
                trace_id=trace_id,
                error_share=limits.error_share,
                errors_in_a_row=limits.errors_in_a_row,
                listener=listener,
                policy=self.wanted.policy,
                writers=writers,
                foreign=self._foreign(client),
                wait=self.wanted.wishes.wait,
            )
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, load.interrupt)
            result = await self._tended(load, pace, watcher)
            return await self.wanted.finish(writers, result)

    async def _ask_what_runs(self, client: FhirClient) -> None:
        """Let the domain say which profiles it runs, before anything can be written."""
        running = self.wanted.wishes.running
        if running is not None and (self.wanted.wishes.repair or self._left()):
            running(await client.profile_versions(PROFILE_PACKAGE))

    def _left(self) -> bool:
        states = self.journal.counts()
        return sum(states.get(state, 0) for state in ON_SERVER) < self.plan.count()

    def _client(self, name: str, trace_id: str, traffic: Traffic) -> FhirClient:
        return FhirClient(
            self.environment.base,
            login_of(self.credentials, name, self.environment),
            trace_id=trace_id,
            max_in_flight=self.environment.limits.max_in_flight,
            now=time.time,
            traffic=traffic,
        )

    def _foreign(self, client: FhirClient) -> Foreign | None:
        """Return what is needed of other suppliers; None: nothing is."""
        if not self.plan.expects:
            return None
        return Foreign(self.plan, self.journal, client, now=time.monotonic)

    async def _tended(self, load: Load, pace: Pace, watcher: Watcher) -> LoadResult:
        limits, began = self.environment.limits, time.monotonic()
        self.events.write(
            "start",
            env=self.environment.environment,
            run=self.folder.name,
            trace_id=self.journal.meta("trace_id"),
            go=self.wanted.wishes.go,
            total=load.total,
            already=load.already,
            max_in_flight=limits.max_in_flight,
            per_second=limits.per_second,
        )
        tending = Tending(self.folder, load, pace, self.events, watcher, time.monotonic)
        task = asyncio.create_task(tending.run())
        try:
            result = await load.run(limits.max_in_flight)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        result.seconds = time.monotonic() - began
        classes = result.traffic.writes.classes()
        self.events.write("end", **end_fields(result), latency_classes=classes)
        return result
