"""The journal's file: durable, counted as it is written, honest about its schema."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import JournalError
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import Entry, Journal, State
from load.wire import Server
from load.world import Clock, World, any_step, held, journal_in, patients, plan_with, tasks

OLD = """
PRAGMA synchronous = OFF;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE entry (
  seq INTEGER PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('intent', 'created', 'updated', 'unchanged', 'rejected',
    'blocked', 'duplicate', 'waiting')),
  operation TEXT NOT NULL, server_id TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
  code TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, attempts INTEGER NOT NULL,
  request_id TEXT NOT NULL) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL, state TEXT NOT NULL,
  operation TEXT NOT NULL, status INTEGER NOT NULL, request_id TEXT NOT NULL) STRICT;
CREATE INDEX entry_state ON entry (state);
CREATE INDEX entry_server_id ON entry (server_id);
INSERT INTO meta VALUES ('schema', 'kt-migrate-journal/1');
INSERT INTO entry VALUES (1, 'created', 'create', 'x', '1', '00', '', '', 201, 1, 'r1');
INSERT INTO entry VALUES (2, 'intent', 'create', '', '', '', '', '', 0, 1, 'r2');
INSERT INTO event VALUES (1, 1, 0.0, 'intent', 'create', 0, 'r1');
INSERT INTO event VALUES (2, 2, 0.0, 'intent', 'create', 0, 'r2');
INSERT INTO event VALUES (3, 1, 0.0, 'created', 'create', 201, 'r1');
"""
"""A journal of the schema before `notice` and `tally`."""


def test_counts_are_those_of_the_entries_whatever_moves(tmp_path: Path) -> None:
    """Through every state and back, in commits of many; also after opening again."""
    states = list(State)

    async def write(journal: Journal) -> None:
        for turn in range(3):
            for seq in range(40):
                journal.settle(Entry(seq=seq, state=states[(seq * 7 + turn * seq) % len(states)]))
            await journal.flush()
        await journal.stop()

    with journal_in(tmp_path) as journal, any_step():
        asyncio.run(write(journal))
        real = Counter(entry.state for entry in journal.entries())
        (intents,) = journal._read.execute(
            "SELECT count(*) FROM event WHERE state = 'intent'"
        ).fetchone()
        assert journal.counts() == real
        assert journal.requests() == intents
    with journal_in(tmp_path) as journal:
        assert journal.counts() == real


def test_an_older_journal_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its entries and counts are kept, and it can be written."""
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        db.executescript(OLD)

    async def move(journal: Journal) -> None:
        journal.settle(Entry(seq=2, state=State.CREATED, notice="x"))
        await journal.flush()
        await journal.stop()

    with journal_in(tmp_path) as journal:
        assert journal.counts() == {State.CREATED: 1, State.INTENT: 1}
        assert journal.requests() == 2
        asyncio.run(move(journal))
    with journal_in(tmp_path) as journal:
        assert journal.counts() == {State.CREATED: 2}
        assert [entry.seq for entry in journal.noticed()] == [2]


def test_a_journal_belongs_to_one_environment_and_one_plan(tmp_path: Path) -> None:
    """Environments never mix, not even after the file was closed; what is refused changes nothing."""
    bound = {"environment": "mgr2", "plan": "aa"}
    with journal_in(tmp_path) as journal:
        assert journal.meta("environment") == ""
        journal.bind(bound)
    for name in bound:
        with journal_in(tmp_path) as journal:
            journal.bind(bound)
            with pytest.raises(JournalError, match=f"another {name}") as refused:
                journal.bind(bound | {name: "other", "later": "x"})
            assert refused.value.where == str(tmp_path / "journal.sqlite")
            assert {n: journal.meta(n) for n in (*bound, "later")} == bound | {"later": ""}


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBER = st.integers(0, 2**40)
ENTRIES = st.builds(
    Entry,
    seq=st.integers(1, 9),
    state=st.sampled_from(State),
    **dict.fromkeys(("operation", "server_id", "version", "digest", "code", "path"), TEXT),
    **dict.fromkeys(("request_id", "notice", "said"), TEXT),
    **dict.fromkeys(("status", "attempts"), NUMBER),
)


@pytest.mark.property
@settings(max_examples=15, deadline=None)  # each opens two connections
@given(st.lists(st.tuples(ENTRIES, st.booleans()), min_size=8, max_size=30))
def test_what_is_recorded_is_what_is_read_and_every_step_is_kept(
    steps: list[tuple[Entry, bool]],
) -> None:
    """The last entry of a write is its present state; the history has all of them, in order."""
    clock = Clock(2000.5)

    async def write(journal: Journal) -> None:
        for entry, is_intent in steps:
            if is_intent:
                await journal.intend(entry)
            else:
                journal.settle(entry)
        await journal.flush()
        await journal.stop()

    last = {entry.seq: entry for entry, _ in steps}
    with tempfile.TemporaryDirectory() as folder, journal_in(Path(folder), clock) as journal:
        journal._db.execute("PRAGMA synchronous = OFF")
        with any_step():
            asyncio.run(write(journal))
        known = [last[seq] for seq in sorted(last)]
        assert list(journal.entries()) == known
        assert [journal.entry(seq) for seq in range(1, 10)] == [last.get(n) for n in range(1, 10)]
        for wanted in (State.INTENT, State.CREATED):
            assert list(journal.entries(wanted)) == [e for e in known if e.state is wanted]
        two = (State.WAITING, State.BLOCKED)
        assert list(journal.entries(*two)) == [e for e in known if e.state in two]
        assert list(journal.noticed()) == [e for e in known if e.notice]
        assert journal.counts() == Counter(entry.state for entry in known)
        assert journal.requests() == sum(entry.state is State.INTENT for entry, _ in steps)
        ids = {entry.server_id for entry in known}
        found = {one: journal.seq_of_id(one) for one in ids}
        assert all(last[seq].server_id == one for one, seq in found.items() if seq is not None)
        assert None not in found.values()
        assert journal.seq_of_id("no such id") is None
        history = journal._read.execute(
            "SELECT seq, at, state, operation, status, request_id, server_id, version"
            " FROM event ORDER BY id"
        ).fetchall()
        assert history == [
            (e.seq, 2000.5, e.state, e.operation, e.status, e.request_id, e.server_id, e.version)
            for e, _ in steps
        ]


def test_an_intent_is_on_disk_when_it_says_so_and_an_outcome_after_a_flush(tmp_path: Path) -> None:
    """Another process sees it, with no help of the one that wrote it."""

    async def story() -> None:
        with journal_in(tmp_path) as journal, journal_in(tmp_path) as other:
            await journal.intend(Entry(seq=1, state=State.INTENT))
            assert [e.state for e in other.entries()] == [State.INTENT]
            with held(tmp_path):
                journal.settle(Entry(seq=1, state=State.CREATED))
                flushing = asyncio.create_task(journal.flush())
                await asyncio.sleep(0.05)
                assert not flushing.done()
                assert [e.state for e in other.entries()] == [State.INTENT]
            await flushing
            assert [e.state for e in other.entries()] == [State.CREATED]
            await journal.stop()

    asyncio.run(story())


def test_the_last_step_has_its_time(tmp_path: Path) -> None:
    """Of the last one that was recorded, not of the last write of the plan."""
    times = iter([10.0, 20.0])

    async def write(journal: Journal) -> None:
        for seq in (7, 3):
            await journal.intend(Entry(seq=seq, state=State.INTENT))
        await journal.stop()

    journal = Journal(tmp_path / "journal.sqlite", clock=lambda: next(times))
    with closing(journal):
        assert journal.last_at() is None
        asyncio.run(write(journal))
        assert journal.last_at() == 20.0


def test_a_journal_that_cannot_be_written_says_so_and_takes_nothing_more(tmp_path: Path) -> None:
    """Where, and what is wrong with it; what was on disk before is still there."""

    async def story() -> None:
        with journal_in(tmp_path) as journal:
            await journal.intend(Entry(seq=1, state=State.INTENT))
            journal._db.execute("PRAGMA query_only = ON")
            with pytest.raises(JournalError, match="cannot be written") as first:
                await journal.intend(Entry(seq=2, state=State.INTENT))
            journal._db.execute("PRAGMA query_only = OFF")
            for take in (journal.settle, journal.intend):
                with pytest.raises(JournalError, match="cannot be written"):
                    await (take(Entry(seq=3, state=State.INTENT)) or asyncio.sleep(0))
            with pytest.raises(JournalError, match="cannot be written"):
                await journal.flush()
            await journal.stop()
            assert first.value.where == str(tmp_path / "journal.sqlite")
            assert "(OperationalError)" in first.value.fix
            assert [entry.seq for entry in journal.entries()] == [1]

    asyncio.run(story())


def test_a_closed_journal_has_let_go_of_everything(tmp_path: Path) -> None:
    """Both connections, the thread, and the files beside it."""

    async def story(journal: Journal) -> None:
        await journal.intend(Entry(seq=1, state=State.INTENT))
        await journal.stop()

    with journal_in(tmp_path) as journal:
        assert journal.durability == ("wal", "full")
        asyncio.run(story(journal))
        assert [t for t in threading.enumerate() if t.name.startswith("journal")]
    for db in (journal._db, journal._read):
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            db.execute("SELECT 1")
    assert not [t for t in threading.enumerate() if t.name.startswith("journal")]
    assert [path.name for path in tmp_path.iterdir()] == ["journal.sqlite"]


Stories = dict[str, int]


def steps_of(folder: Path, credentials: Credentials, count: int) -> tuple[Stories, float]:
    """Load `count` patients and their tasks; count SQL texts, and steps of SQLite per object."""
    folder.mkdir()
    texts: Counter[str] = Counter()
    steps = [0]

    async def story() -> None:
        names = [f"https://epd.example/{n:05}" for n in range(count)]
        with plan_with(folder, patients(*names), tasks(*names)) as plan:
            there = World(folder, plan, Server(), credentials, Clock())
            with journal_in(folder) as journal:
                for db in (plan._db, journal._db, journal._read):
                    db.set_trace_callback(lambda text: texts.update([text]))
                    db.set_progress_handler(_counter(steps), 10)
                result, _pace = await there.start_with(journal, workers=16)
                assert result.on_server == 2 * count

    asyncio.run(story())
    return dict(texts), 10 * steps[0] / (2 * count)


def _counter(steps: list[int]) -> Callable[[], int]:
    def count() -> int:
        steps[0] += 1
        return 0

    return count


def test_the_cost_of_an_object_does_not_grow_with_the_plan(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Ten times as many objects: as many steps of the databases for each."""
    _texts, few = steps_of(tmp_path / "few", credentials, 20)
    _texts, many = steps_of(tmp_path / "many", credentials, 200)

    assert many < 1.15 * few


def test_nothing_is_searched_from_end_to_end_per_object(
    tmp_path: Path, credentials: Credentials
) -> None:
    """Every statement that ran once per object is answered by an index."""
    texts, _steps = steps_of(tmp_path / "one", credentials, 30)
    plans: list[tuple[str, str]] = []
    for name in ("plan", "journal"):
        with closing(sqlite3.connect(tmp_path / "one" / f"{name}.sqlite")) as db:
            for text in texts:
                try:
                    rows = db.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()
                except sqlite3.OperationalError:  # a statement of the other file
                    continue
                plans.extend((text, row[3]) for row in rows)

    scans = {text: how for text, how in plans if how.startswith("SCAN") and "CONSTANT" not in how}
    # Over the plan: counted, passed through. Over the small table of counts: at both ends.
    assert {how.split()[1] for how in scans.values()} == {"write", "write_reference", "tally"}
    assert sum(texts[text] for text in scans) <= 5
    assert len(plans) > 100
