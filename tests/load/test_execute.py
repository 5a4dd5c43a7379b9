"""A start as the command gives it: lock, binding, login, limits, signals."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest

from kt_migrate.cli.executing import code_of
from kt_migrate.errors import (
    ConfigurationError,
    ExitCode,
    JournalError,
    KtMigrateError,
    PlanStaleError,
    RunLockedError,
)
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.load import execute
from kt_migrate.load.decision import Choice
from kt_migrate.load.events import read_events
from kt_migrate.load.execute import credentials_of, login_of, open_journal
from kt_migrate.load.journal import Entry, State
from kt_migrate.load.lock import run_lock
from kt_migrate.load.start import Wishes, gos_of
from kt_migrate.plan.findings import Findings, write_findings
from kt_migrate.reports.result import run_result
from load.starting import Start, environment_of
from load.wire import Reply, Request
from load.world import journal_in, key_of, patients, plan_with, planted


@contextmanager
def nothing_sent(
    start: Start, error: type[KtMigrateError], says: str | None = None
) -> Iterator[None]:
    """See that a start stops before anything reaches the server."""
    before = len(start.server.requests), start.server.tokens
    with pytest.raises(error, match=says):
        yield
    assert (len(start.server.requests), start.server.tokens) == before


def test_a_plan_is_brought_to_its_server_and_then_there_is_nothing_to_do(start: Start) -> None:
    """Everything once; the second start sends no request at all."""
    began = time.time()
    result = start()
    assert (result.on_server, result.sent, result.interrupted) == (10, 10, False)
    assert len(start.server.objects) == 10
    assert start.told == [(n, 10) for n in range(1, 11)]
    requests = len(start.server.requests)

    again = start()
    assert (again.already, again.sent, again.on_server) == (10, 0, 10)
    assert len(start.server.requests) == requests
    with closing(sqlite3.connect(start.folder / "journal.sqlite")) as db:
        moments = [row[0] for row in db.execute("SELECT at FROM event")]
    assert began <= min(moments) <= max(moments) <= time.time()
    with run_lock(start.folder):
        pass


def test_a_journal_is_bound_to_environment_and_plan(start: Start) -> None:
    """Another environment, another plan: refused, and nothing is sent."""
    start()
    with nothing_sent(start, JournalError, "another environment"):
        start("mgr2")
    (start.folder / "plan.sqlite").unlink()
    plan_with(start.folder, patients("z")).close()
    with nothing_sent(start, JournalError, "another plan"):
        start()
    with journal_in(start.folder) as journal:
        assert journal.meta("environment") == "local"


def test_every_start_of_a_run_has_the_same_trace(start: Start) -> None:
    """What the journal keeps is what every request carries: it leads to the audit events."""

    async def stop(request: Request) -> Reply:
        return Reply(422) if request.method == "POST" else start.server.effect(request)

    start.server.script = stop
    start(max_in_flight=1)
    start.server.script = start.server.answer
    start()
    with journal_in(start.folder) as journal:
        trace = journal.meta("trace_id")
    assert str(uuid.UUID(trace)) == trace
    assert {r.headers["x-trace-id"] for r in start.server.requests} == {trace}
    assert len(start.server.sent("POST")) > 10


def test_the_journal_and_the_log_say_under_which_go_each_start_wrote(start: Start) -> None:
    """Each GO once in the journal, each start's own in the log; a trial has none."""
    for go in ("a1" * 32, "", "b2" * 32, "a1" * 32):
        start(wishes=Wishes(go=go))

    with journal_in(start.folder) as journal:
        assert journal.meta("go") == ",".join(("a1" * 32, "b2" * 32))
        assert gos_of(journal) == ("a1" * 32, "b2" * 32)
        trace = journal.meta("trace_id")
    starts = [e for e in read_events(start.folder) if e["event"] == "start"]
    assert [e["go"] for e in starts] == ["a1" * 32, "", "b2" * 32, "a1" * 32]
    assert {e["trace_id"] for e in starts} == {trace}


def test_a_trial_is_under_no_go(start: Start) -> None:
    """The journal does not say that there was one."""
    start()
    with journal_in(start.folder) as journal:
        assert gos_of(journal) == ()


def test_a_run_that_another_process_works_on_is_left_alone(start: Start) -> None:
    """Not even its journal is opened."""
    with run_lock(start.folder), nothing_sent(start, RunLockedError):
        start()
    assert not (start.folder / "journal.sqlite").exists()


def test_without_a_plan_or_a_key_nothing_is_sent(start: Start) -> None:
    """And the folder can be used again after that."""
    key, plan = start.workspace.path("keys/local.pem"), start.folder / "plan.sqlite"
    for path, error in ((key, ConfigurationError), (plan, JournalError)):
        content = path.read_bytes()
        path.rename(path.with_suffix(".away"))
        with nothing_sent(start, error):
            start()
        path.with_suffix(".away").rename(path)
        assert path.read_bytes() == content
    assert start().on_server == 10


def test_who_logs_in_is_what_the_environment_says(start: Start) -> None:
    """Client, key, key id and algorithm."""
    credentials = credentials_of(start.workspace, environment_of())
    assert (credentials.client_id, credentials.kid, credentials.algorithm) == (
        "client-1",
        "k1",
        "ES384",
    )
    pem = start.workspace.path("keys/local.pem").read_bytes()
    assert credentials.key.as_pem(private=True) == pem


def test_the_journal_is_closed_whatever_happens_while_it_is_open(start: Start) -> None:
    """Its name is that of the design, and an error of the block does not keep it open."""
    with pytest.raises(ZeroDivisionError), open_journal(start.folder) as journal:
        raise ZeroDivisionError
    assert journal.path == start.folder / "journal.sqlite"
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        journal.counts()


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_is_under_way_than_the_environment_allows(most: int, start: Start) -> None:
    """And as many as that, once they can be; two connections more, for the login and looking."""
    server, seen = start.server, [0]

    async def watch(request: Request) -> Reply:
        if request.method == "POST":
            seen.append(len(server.in_flight))
            await asyncio.sleep(0.005)
        return server.effect(request)

    server.script = watch
    assert start(max_in_flight=most).on_server == 10
    assert max(seen) == most
    assert start.connections == [most + 2]


def test_no_more_starts_per_second_than_the_environment_allows(start: Start) -> None:
    """Ten writes at a hundred a second take nine hundredths, by the clock of the machine."""
    began = time.monotonic()
    assert start(per_second=100).on_server == 10
    assert time.monotonic() - began >= 0.09


@pytest.mark.parametrize(("share", "over"), [(0.4, True), (0.6, False)])
def test_a_run_stops_at_the_share_of_refusals_of_the_environment(
    share: float,
    over: bool,  # noqa: FBT001 (a case)
    start: Start,
) -> None:
    """Half of what is sent is refused."""
    (start.folder / "plan.sqlite").unlink()
    plan_with(start.folder, patients(*(f"{n:02}" for n in range(40)))).close()

    async def refuse(request: Request) -> Reply:
        odd = request.method == "POST" and len(start.server.sent("POST")) % 2
        return Reply(422) if odd else start.server.effect(request)

    start.server.script = refuse
    assert start(error_share=share, max_in_flight=1).over_budget is over


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", ["metadata", "first", "last of the stage", "second stage"])
def test_a_signal_stops_after_what_is_under_way_and_the_next_start_goes_on(
    number: signal.Signals, at: str, start: Start
) -> None:
    """Its exit code is that of an interruption; what was under way is recorded; nothing twice."""
    server = start.server
    posts = {"metadata": 0, "first": 1, "last of the stage": 5, "second stage": 6}[at]
    sent: list[int] = []

    async def interrupt(request: Request) -> Reply:
        here = len(server.sent("POST")) == posts and (posts > 0) == (request.method == "POST")
        if here and not sent:
            sent.append(number)
            os.kill(os.getpid(), number)
            await asyncio.sleep(0.01)  # the answer comes after the signal
        return server.effect(request)

    server.script = interrupt
    result = start(max_in_flight=1)

    assert sent == [number]
    assert result.interrupted
    assert [r.path for r in server.sent("POST")] == [*["/Patient"] * 5, "/Task"][:posts]
    assert result.states == ({State.CREATED: posts} if posts else {})
    assert result.pending == 10 - posts
    assert code_of(result, run_result(start.folder)) == ExitCode.INTERRUPTED

    again = start()
    assert (again.already, again.states) == (posts, {State.CREATED: 10})
    assert code_of(again, run_result(start.folder)) == ExitCode.OK
    assert all(len(server.with_key(key_of(name))) == 1 for name in "abcde")
    assert len(server.objects) == 10


def test_a_run_that_is_being_undone_is_not_gone_on_with(start: Start) -> None:
    """Nothing is sent, nor asked."""
    (start.folder / "undo.sqlite").touch()

    with pytest.raises(PlanStaleError, match="undone"):
        start()

    assert start.server.requests == []


def test_the_domain_is_asked_for_its_profiles_when_something_is_to_be_written(start: Start) -> None:
    """Once per start, before anything leaves; a start with nothing to do asks nothing."""
    told: list[tuple[int, Sequence[str]]] = []

    def note(running: Sequence[str]) -> None:
        writes = [r for r in start.server.requests if r.method != "GET"]
        told.append((len(writes), running))

    start(wishes=Wishes(running=note))
    assert [written for written, _running in told] == [0]

    start(wishes=Wishes(running=note))
    assert len(told) == 1


def test_a_journal_is_bound_to_its_server(start: Start) -> None:
    """The ids of one server mean nothing on another of the same name."""
    start()
    start.server.base = start.server.base.replace("127.0.0.1:9", "127.0.0.1:8")
    with nothing_sent(start, JournalError, "another server"):
        start()


def test_nothing_is_written_before_the_domain_says_what_it_runs(start: Start) -> None:
    """A repair settles what is in doubt, which can write: asked before that too."""
    start()
    with journal_in(start.folder) as journal:
        planted(journal, Entry(seq=1, state=State.INTENT, operation="create", attempts=1))
    (there,) = start.server.with_key(key_of("a"))
    start.server.put({**there, "language": "x-other"}, "2")
    write_findings(start.folder, Findings(different=(2,)))
    written = len(start.server.sent("PUT")) + len(start.server.sent("POST"))

    def stop(_versions: Sequence[str]) -> None:
        raise PlanStaleError("other profiles", where="", fix="")

    with pytest.raises(PlanStaleError):
        start(wishes=Wishes(repair=True, existing=Choice.UPDATE, running=stop))

    assert len(start.server.sent("PUT")) + len(start.server.sent("POST")) == written


@pytest.mark.parametrize("repair", [True, False])
def test_what_the_domain_runs_is_asked_only_when_something_may_be_written(
    start: Start, *, repair: bool
) -> None:
    """All is there: not asked, unless a repair may write."""
    asked: list[Sequence[str]] = []
    start(wishes=Wishes(running=asked.append))
    start(wishes=Wishes(running=asked.append, repair=repair))
    assert len(asked) == 1 + repair


def test_a_client_that_the_environment_lost_is_said_so() -> None:
    """What it wrote nobody else may look for: not even the environment's own client."""
    environment = environment_of()
    with pytest.raises(ConfigurationError, match="no client portal") as caught:
        login_of({}, "portal", environment)
    assert caught.value.where == "configs/local.yaml, credentials"


def test_who_logs_in_goes_by_the_certificate_and_the_login_of_the_environment(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that its file says of the way there."""
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(execute, "context_of", lambda *given: asked.append(given))
    ways = {"token_host": "login.example", "ca_bundle": "ca.pem", "certificate": "a certificate"}

    credentials = credentials_of(start.workspace, environment_of().model_copy(update=ways))

    assert credentials.token_host == "login.example"
    assert asked == [(start.workspace.root, "ca.pem", "a certificate")]


def test_what_goes_over_the_wire_is_counted_for_every_client_together(start: Start) -> None:
    """One report, whoever of ours asked."""
    traffic = Traffic()
    credentials = credentials_of(start.workspace, environment_of())
    begun = execute._Start(
        *(None, None, environment_of(), {"": credentials}, start.folder, None, None)  # type: ignore[arg-type]  # all that a client is made of
    )

    async def made() -> bool:
        return begun._client("", str(uuid.uuid4()), traffic).traffic is traffic

    assert asyncio.run(made())
