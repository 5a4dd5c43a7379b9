"""The journal's file: durable, counted as it is written, honest about its schema."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from kt_migrate.errors import JournalError
from kt_migrate.kt2.login import Credentials
from kt_migrate.load.journal import Entry, Journal, State
from load.wire import Server
from load.world import Clock, World, journal_in, patients, plan_with, tasks

OLD = """
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


def test_a_commit_survives_a_power_cut(tmp_path: Path) -> None:
    """WAL and synchronous=FULL, on the connection that writes."""
    with journal_in(tmp_path) as journal:
        assert journal.durability == ("wal", "full")
    assert (tmp_path / "journal.sqlite").stat().st_mode & 0o077 == 0


def test_counts_are_those_of_the_entries_whatever_moves(tmp_path: Path) -> None:
    """Through every state and back, in commits of many; also after opening again."""
    states = list(State)

    async def write(journal: Journal) -> None:
        for turn in range(3):
            for seq in range(40):
                journal.settle(Entry(seq=seq, state=states[(seq * 7 + turn * seq) % len(states)]))
            await journal.flush()
        await journal.stop()

    with journal_in(tmp_path) as journal:
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


def test_a_journal_of_a_later_version_is_refused(tmp_path: Path) -> None:
    """Its file is left as it is."""
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        db.executescript(OLD)
        db.execute("UPDATE meta SET value = 'kt-migrate-journal/3'")
        db.commit()

    with pytest.raises(JournalError, match="another version"), journal_in(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        assert db.execute("SELECT count(*) FROM pragma_table_info('entry')").fetchone() == (11,)


def test_a_file_that_is_no_journal_is_refused(tmp_path: Path) -> None:
    """Damage is said, not repaired."""
    (tmp_path / "journal.sqlite").write_bytes(b"no database at all" * 100)

    with pytest.raises(JournalError, match="cannot be opened"), journal_in(tmp_path):
        pass


def test_a_journal_belongs_to_one_environment(tmp_path: Path) -> None:
    """Environments never mix."""
    with journal_in(tmp_path) as journal:
        journal.bind({"environment": "mgr2"})
        journal.bind({"environment": "mgr2"})
        with pytest.raises(JournalError, match="another environment"):
            journal.bind({"environment": "acc21"})


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
    _texts, few = steps_of(tmp_path / "few", credentials, 30)
    _texts, many = steps_of(tmp_path / "many", credentials, 300)

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
    assert {how.split()[1] for how in scans.values()} == {"write", "tally"}
    assert sum(texts[text] for text in scans) <= 4
    assert len(plans) > 100
