"""The journal's file: how it is opened, what is refused, how an older one is brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from kt_migrate.errors import JournalError
from kt_migrate.load import journal_file
from kt_migrate.load.journal import State
from kt_migrate.load.journal_file import SCHEMA, durability, open_file
from load.test_journal import OLD

connect = sqlite3.connect
Remade = Callable[[Path], sqlite3.Connection]


def schema_of(path: Path) -> list[tuple[str, str]]:
    """Return every table, index and trigger, by name."""
    with closing(connect(path)) as db:
        return db.execute("SELECT name, type FROM sqlite_schema ORDER BY 1").fetchall()


def test_what_is_opened_keeps_what_it_commits(tmp_path: Path) -> None:
    """WAL and synchronous=FULL; the file is of its owner only, however the process is set up."""
    path = tmp_path / "journal.sqlite"
    with closing(open_file(path)) as db:
        assert durability(db) == ("wal", "full")
        for level, name in enumerate(("off", "normal", "full", "extra")):
            db.execute(f"PRAGMA synchronous = {level}")
            assert durability(db) == ("wal", name)
        assert {p.name: p.stat().st_mode & 0o777 for p in tmp_path.iterdir()} == {
            f"journal.sqlite{more}": 0o600 for more in ("", "-wal", "-shm")
        }
    path.chmod(0o644)
    open_file(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_connection_is_of_no_thread_and_opens_no_transaction_by_itself(tmp_path: Path) -> None:
    """The writer's thread uses it; a statement outside of BEGIN is durable at once."""
    path = tmp_path / "journal.sqlite"
    with closing(open_file(path)) as db, closing(open_file(path)) as other:
        told: list[object] = []
        thread = Thread(
            target=lambda: told.append(db.execute("INSERT INTO meta VALUES ('a', 'b')"))
        )
        thread.start()
        thread.join()
        assert len(told) == 1
        assert not db.in_transaction
        assert other.execute("SELECT value FROM meta WHERE name = 'a'").fetchone() == ("b",)


def test_a_new_file_has_every_table_and_a_count_of_zero(tmp_path: Path) -> None:
    """Opening it again changes nothing; each state and the requests have their count."""
    path = tmp_path / "journal.sqlite"
    open_file(path).close()
    made = schema_of(path)
    with closing(open_file(path)) as db:
        tally = dict(db.execute("SELECT name, count FROM tally"))
        assert db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() == (SCHEMA,)
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            db.execute(
                "INSERT INTO entry VALUES (1, 'odd', '', '', '', '', '', '', 0, 0, '', '', '', 0)"
            )
    assert schema_of(path) == made
    assert tally == dict.fromkeys([*State, "requests"], 0)


def test_an_older_file_gets_what_it_lacks_and_keeps_what_it_has(tmp_path: Path) -> None:
    """Brought up to date it is as a new one, and its counts are those of its rows."""
    new, old = tmp_path / "new.sqlite", tmp_path / "old.sqlite"
    open_file(new).close()
    with closing(connect(old)) as db:
        db.executescript(OLD)
    for _time in range(2):
        with closing(open_file(old)) as db:
            rows = db.execute("SELECT seq, state, server_id, notice FROM entry").fetchall()
            tally = dict(db.execute("SELECT name, count FROM tally WHERE count > 0"))
        assert rows == [(1, "created", "x", ""), (2, "intent", "", "")]
        assert tally == {"created": 1, "intent": 1, "requests": 2}
    assert schema_of(old) == schema_of(new)


def test_a_file_of_the_schema_before_keeps_its_rows_and_its_counts(tmp_path: Path) -> None:
    """Without `said`, but with its counts: they are made anew, and not doubled."""
    path = tmp_path / "journal.sqlite"
    with closing(connect(path)) as db:
        db.executescript(OLD)
    open_file(path).close()
    with closing(connect(path)) as db:
        db.execute("ALTER TABLE entry DROP COLUMN said")
        db.execute("UPDATE meta SET value = 'kt-migrate-journal/2' WHERE name = 'schema'")
        db.commit()
    with closing(open_file(path)) as db:
        rows = db.execute("SELECT seq, state, server_id, said FROM entry").fetchall()
        db.execute("UPDATE entry SET state = 'rejected' WHERE seq = 2")
        tally = dict(db.execute("SELECT name, count FROM tally WHERE count > 0"))
    assert rows == [(1, "created", "x", ""), (2, "intent", "", "")]
    assert tally == {"created": 1, "rejected": 1, "requests": 2}


def test_an_older_file_that_was_given_its_column_already_is_finished(tmp_path: Path) -> None:
    """A process that stopped between column and schema does no harm: the column is not added twice."""
    path = tmp_path / "journal.sqlite"
    with closing(connect(path)) as db:
        db.executescript(OLD + "ALTER TABLE entry ADD COLUMN notice TEXT NOT NULL DEFAULT '';")
    with closing(open_file(path)) as db:
        assert db.execute("SELECT value FROM meta WHERE name = 'schema'").fetchone() == (SCHEMA,)


@pytest.mark.parametrize("start", ["", OLD], ids=["new", "older"])
def test_two_that_open_a_file_at_once_prepare_it_once(
    start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another comes first between the look and the lock: its work is kept, not done again."""
    path = tmp_path / "journal.sqlite"
    with closing(connect(path)) as db:
        db.executescript(start)
    real, raced = journal_file._schema, [False]

    def raced_once(db: sqlite3.Connection) -> str:
        seen = real(db)
        if not raced[0]:
            raced[0] = True
            open_file(path).close()
        return seen

    monkeypatch.setattr(journal_file, "_schema", raced_once)
    with closing(open_file(path)) as db:
        tally = dict(db.execute("SELECT name, count FROM tally WHERE count > 0"))
        assert not db.in_transaction
    assert tally == ({"created": 1, "intent": 1, "requests": 2} if start else {})


def closed_after(monkeypatch: pytest.MonkeyPatch, path: Path, **more: object) -> JournalError:
    """Open a file that must be refused; see that no connection to it stays open."""
    made: list[sqlite3.Connection] = []

    def remember(where: Path, **options: object) -> sqlite3.Connection:
        address = f"file:{where}{more['query']}" if more else where
        made.append(connect(address, uri=bool(more), **options))  # type: ignore[call-overload]  # as it was called
        return made[-1]

    monkeypatch.setattr(sqlite3, "connect", remember)
    with pytest.raises(JournalError) as refused:
        open_file(path)
    assert len(made) == 1
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        made[0].execute("SELECT 1")
    assert refused.value.where == str(path)
    return refused.value


def test_a_disk_that_cannot_keep_a_journal_safely_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a network share: SQLite gives no WAL, and says so only when asked."""
    path = tmp_path / "journal.sqlite"
    refused = closed_after(monkeypatch, path, query="?vfs=unix-dotfile")
    assert "cannot keep a journal safely" in refused.what


@pytest.mark.parametrize("schema", ["kt-migrate-journal/6", "something-else/2"])
def test_a_journal_of_another_version_is_refused_and_left_as_it_is(
    schema: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its tables stay what they were."""
    path = tmp_path / "journal.sqlite"
    with closing(connect(path)) as db:
        db.executescript(OLD)
        db.execute("UPDATE meta SET value = ?", (schema,))
        db.commit()
    before = schema_of(path)

    refused = closed_after(monkeypatch, path)

    assert "another version" in refused.what
    assert schema_of(path) == before


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, OLD], ids=["no database", "damaged"]
)
def test_damage_is_said_and_not_repaired(
    content: bytes | str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bytes are kept: what is in it may be all that is known of what was sent."""
    path = tmp_path / "journal.sqlite"
    if isinstance(content, str):
        with closing(connect(path)) as db:
            db.executescript(content)
        content = path.read_bytes()[:4096].ljust(12288, b"\xff")
    path.write_bytes(content)

    refused = closed_after(monkeypatch, path)

    assert "cannot be opened" in refused.what
    assert path.read_bytes() == content


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """No traceback of the system's."""
    with pytest.raises(JournalError, match="cannot be opened") as refused:
        open_file(tmp_path / "none" / "journal.sqlite")
    assert refused.value.where == str(tmp_path / "none" / "journal.sqlite")


def test_who_comes_while_another_commits_waits(tmp_path: Path) -> None:
    """A look during a commit (status, verify) is no failure of the journal: 30 seconds of patience."""
    with closing(open_file(tmp_path / "journal.sqlite")) as db:
        assert db.execute("PRAGMA busy_timeout").fetchone() == (30_000,)


SECOND = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE entry (seq INTEGER PRIMARY KEY, state TEXT NOT NULL CHECK (state IN
  ('intent', 'created', 'updated', 'unchanged', 'rejected', 'blocked', 'duplicate', 'waiting')),
  operation TEXT NOT NULL, server_id TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL,
  code TEXT NOT NULL, path TEXT NOT NULL, status INTEGER NOT NULL, attempts INTEGER NOT NULL,
  request_id TEXT NOT NULL, notice TEXT NOT NULL DEFAULT '') STRICT;
CREATE TABLE event (id INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at REAL NOT NULL,
  state TEXT NOT NULL, operation TEXT NOT NULL, status INTEGER NOT NULL, request_id TEXT NOT NULL)
  STRICT;
CREATE TABLE tally (name TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX entry_state ON entry (state);
CREATE TRIGGER entry_new AFTER INSERT ON entry BEGIN
  UPDATE tally SET count = count + 1 WHERE name = new.state; END;
CREATE TRIGGER event_new AFTER INSERT ON event WHEN new.state = 'intent' BEGIN
  UPDATE tally SET count = count + 1 WHERE name = 'requests'; END;
INSERT INTO meta VALUES ('schema', 'kt-migrate-journal/2');
INSERT INTO tally VALUES ('created', 0), ('requests', 0);
INSERT INTO entry VALUES (1, 'created', 'create', 'x', '1', '00', '', '', 201, 1, 'r1', 'n');
INSERT INTO event VALUES (1, 1, 0.0, 'intent', 'create', 0, 'r1');
INSERT INTO event VALUES (2, 1, 0.0, 'created', 'create', 201, 'r1');
"""
"""A journal of the schema with fewer states, and no ids in its history."""


def test_a_journal_of_the_second_schema_takes_the_new_states(tmp_path: Path) -> None:
    """Its rows, history and counts are kept; what is new is as in a journal that is made now."""
    path = tmp_path / "journal.sqlite"
    with closing(connect(path)) as db:
        db.executescript(SECOND)
    with closing(open_file(path)) as db:
        assert db.execute("SELECT * FROM entry").fetchall() == [
            (1, "created", "create", "x", "1", "00", "", "", 201, 1, "r1", "n", "", 0)
        ]
        assert db.execute("SELECT id, state, server_id, version FROM event").fetchall() == [
            (1, "intent", "", ""),
            (2, "created", "", ""),
        ]
        counts = dict(db.execute("SELECT name, count FROM tally WHERE count > 0").fetchall())
        assert counts == {"created": 1, "requests": 1}
        db.execute("UPDATE entry SET state = 'repair'")
        db.execute(
            "INSERT INTO event (seq, at, state, operation, status, request_id) VALUES"
            " (1, 0.0, 'intent', 'create', 0, 'r2')"
        )
        counts = dict(db.execute("SELECT name, count FROM tally WHERE count > 0").fetchall())
        assert counts == {"repair": 1, "requests": 2}
    new = tmp_path / "new"
    new.mkdir()
    open_file(new / "journal.sqlite").close()
    names = "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    with closing(connect(path)) as old, closing(connect(new / "journal.sqlite")) as made:
        assert old.execute(names).fetchall() == made.execute(names).fetchall()
