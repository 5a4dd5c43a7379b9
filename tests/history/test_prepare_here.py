"""How documents are shared out over processes: without a process."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from typing import Any, Self

import pytest

from kt_migrate.errors import SourceError
from kt_migrate.history import prepare
from kt_migrate.history.prepare import read_files
from kt_migrate.model import NoMessage, SourceFile, Unreadable

TXT = NoMessage(kind=".txt")


def file(name: str, size: int = 1, content: bytes | Unreadable | NoMessage = TXT) -> SourceFile:
    """Return a file; what no message can be is as good as any to be shared out."""
    return SourceFile(name=name, sha256="", size=size, content=content)


def big(name: str, size: int) -> SourceFile:
    """Return a file of some bytes."""
    return file(name, size, b"x" * size)


@pytest.mark.parametrize(
    ("files", "batches"),
    [
        ([], []),
        ([file("a")], ["a"]),
        ([file("a"), file("b"), file("c")], ["abc"]),
        ([file(n) for n in "abcd"], ["abc", "d"]),
        ([file(n) for n in "abcdef"], ["abc", "def"]),
        ([big("a", 10), big("b", 1)], ["a", "b"]),
        ([big("a", 9), big("b", 1), big("c", 1)], ["ab", "c"]),
        ([big("a", 4), big("b", 5), big("c", 1), big("d", 9)], ["abc", "d"]),
        ([big("a", 10), big("b", 9), big("c", 9), big("d", 9)], ["a", "bc", "d"]),
        # What has no bytes here takes no room.
        ([file("a", 99), big("b", 9), file("c", 99)], ["abc"]),
    ],
)
def test_a_batch_is_full_with_so_many_files_or_so_many_bytes(
    files: list[SourceFile], batches: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file is left out, and their order is kept."""
    monkeypatch.setattr(prepare, "_FILES", 3)
    monkeypatch.setattr(prepare, "_BYTES", 10)

    assert ["".join(f.name for f in batch) for batch in prepare._batches(files)] == batches


@dataclass
class Shared:
    """Stands for the other processes: notes what they would get, and reads it here."""

    batches: list[str] = field(default_factory=list)
    workers: list[int] = field(default_factory=list)
    works: list[object] = field(default_factory=list)

    def __call__(
        self, batches: Iterator[list[SourceFile]], workers: int, work: object
    ) -> Iterator[Any]:
        """Take the rest of the batches."""
        self.workers.append(workers)
        self.works.append(work)
        for batch in batches:
            self.batches.append("".join(f.name for f in batch))
            yield from ((one, TXT) for one in batch)


@pytest.mark.parametrize(
    ("names", "cores", "usable", "shared", "workers"),
    [
        ("", 2, 4, [], []),
        ("abcd", 2, 4, [], []),
        ("abcde", 2, 4, ["e"], [2]),
        ("abcdefg", 3, 4, ["ef", "g"], [3]),
        ("abcdefg", None, 4, ["ef", "g"], [4]),
        ("abcdefg", None, 1, [], []),
        ("abcdefg", 1, 4, [], []),
    ],
)
def test_other_processes_get_what_comes_after_the_first_batches(
    names: str,
    cores: int | None,
    usable: int,
    shared: list[str],
    workers: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And are not started for less; every file comes out once, in its place."""
    monkeypatch.setattr(prepare, "_FILES", 2)
    monkeypatch.setattr(prepare, "_ALONE", 2)
    monkeypatch.setattr(prepare, "_usable_cores", lambda: usable)
    monkeypatch.setattr(prepare, "_in_parallel", others := Shared())

    found = list(read_files([file(name) for name in names], cores))

    assert "".join(one.name for one, _read in found) == names
    assert all(read == TXT for _one, read in found)
    assert (others.batches, others.workers) == (shared, workers)
    assert others.works == [prepare._prepare] * len(workers)

    list(read_files([file(name) for name in names], cores, counts=False))
    assert others.works[len(workers) :] == [prepare._prepare_only] * len(workers)


def test_as_many_processes_read_as_this_one_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may give fewer cores than the machine has."""
    asked: list[int] = []

    def affinity(process: int) -> set[int]:
        asked.append(process)
        return {3, 5, 6}

    monkeypatch.setattr(os, "sched_getaffinity", affinity, raising=False)
    assert prepare._usable_cores() == 3
    assert asked == [0]

    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert prepare._usable_cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert prepare._usable_cores() == 1


@dataclass
class Pool:
    """Stands for a pool of processes: it reads when it is asked for the answer."""

    made: list[tuple[Any, ...]] = field(default_factory=list)
    under_way: int = 0
    most: int = 0
    submitted: int = 0
    ended: list[dict[str, object]] = field(default_factory=list)
    error: Exception | None = None

    def __call__(self, *arguments: object) -> Self:
        """Be made."""
        self.made.append(arguments)
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def submit(self, work: object, contents: list[object]) -> Answer:
        """Note a batch."""
        assert work is prepare._prepare
        self.submitted += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        return Answer(self, contents)

    def shutdown(self, **how: object) -> None:
        """Note the end."""
        self.ended.append(how)


@dataclass
class Answer:
    """What a batch will be."""

    pool: Pool
    contents: list[object]

    def result(self) -> list[object]:
        """Answer a batch."""
        if self.pool.error is not None:
            raise self.pool.error
        self.pool.under_way -= 1
        return [f"read {content!r}" for content in self.contents]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    """Let a pool that has no processes do the work."""
    made = Pool()
    monkeypatch.setattr(prepare, "ProcessPoolExecutor", made)
    return made


@pytest.mark.parametrize(("count", "most"), [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5), (12, 5)])
def test_few_batches_are_under_way_at_once(pool: Pool, count: int, most: int) -> None:
    """Two per process and one: an archive does not fit into the memory. All are answered."""
    batches = [[big(f"{n}a", n + 1), file(f"{n}b")] for n in range(count)]

    found = list(prepare._in_parallel(iter(batches), 2, prepare._prepare))

    assert [one.name for one, _read in found] == [f"{n}{x}" for n in range(count) for x in "ab"]
    assert [str(read) for _one, read in found] == [
        f"read {one.content!r}" for batch in batches for one in batch
    ]
    assert (pool.submitted, pool.under_way, pool.most) == (count, 0, most)
    ((workers, context, begin),) = pool.made
    assert (workers, context._name, begin) == (2, "spawn", prepare._begin)
    assert pool.ended == [{"cancel_futures": True}]


def test_who_stops_reading_ends_the_processes(pool: Pool) -> None:
    """What was not begun is not read."""
    reading = prepare._in_parallel(iter([[file("a")], [file("b")]]), 2, prepare._prepare)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert pool.ended == [{"cancel_futures": True}]


@pytest.mark.parametrize("answered", [[], ["one", "two"]])
def test_an_answer_that_is_not_one_per_file_is_never_taken(answered: list[Any]) -> None:
    """No file may get what another one held."""
    answer: Future[list[Any]] = Future()
    answer.set_result(answered)
    with pytest.raises(ValueError, match="zip"):
        list(prepare._answered([file("a")], answer))


def test_a_process_that_died_is_said_with_the_files_that_it_had(pool: Pool) -> None:
    """From the first to the last of them."""
    pool.error = BrokenProcessPool()
    with pytest.raises(SourceError) as caught:
        list(prepare._in_parallel(iter([[file("a"), file("b"), file("c")]]), 2, prepare._prepare))

    assert caught.value.where == "a … c"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert "died" in str(caught.value)
    assert "named here" in caught.value.fix


def test_a_reading_process_leaves_ctrl_c_alone_and_watches_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The watch does not keep it alive, and ends it when the parent ends."""
    ended: list[object] = []
    done = threading.Event()

    class Parent:
        def join(self) -> None:
            ended.append("parent")

    def leave(code: int) -> None:
        ended.append((code, threading.current_thread().daemon))
        done.set()

    signals: list[tuple[object, object]] = []
    monkeypatch.setattr(signal, "signal", lambda *what: signals.append(what))
    monkeypatch.setattr("multiprocessing.parent_process", lambda: None)
    prepare._begin()
    assert ended == []

    monkeypatch.setattr(os, "_exit", leave)
    monkeypatch.setattr("multiprocessing.parent_process", Parent)
    prepare._begin()
    assert done.wait(5)
    assert ended == ["parent", (1, True)]
    assert signals == [(signal.SIGINT, signal.SIG_IGN)] * 2
