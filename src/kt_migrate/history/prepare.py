"""Reads documents, on every core: what takes time and needs no other document.

A document goes in as bytes and comes out as plain rows, with the canonical text and digest of
each content, and the census beside it. The order of coming out is that of going in, and nothing
depends on how many processes there were.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice
from typing import NamedTuple

from kt_migrate.errors import SourceError
from kt_migrate.history import census
from kt_migrate.history.census import Found
from kt_migrate.kt13.carried import Carried, read_sealed
from kt_migrate.kt13.sealed import Seals
from kt_migrate.model import Issue, Message, NoMessage, PostResponse, SourceFile, Unreadable

_FILES, _BYTES = 128, 4 * 1024 * 1024
"""A batch is full with this many files, or this many bytes."""

_ALONE = 16
"""This many batches are read before other processes are worth their start."""


class Prepared(NamedTuple):
    """One document.

    Attributes:
        kind: of document; empty when it cannot be input.
        messages: its messages, their objects left out.
        carried: those objects, per message.
        response: the server's answer, when it is one.
        issues: messages of it that cannot be read; or why all of it cannot be input.
        counted: what the census found in it; nothing when it did not look.
    """

    kind: str
    messages: tuple[Message, ...]
    carried: tuple[tuple[Carried, ...], ...]
    response: PostResponse | None
    issues: tuple[Issue, ...]
    counted: frozenset[Found]


Read = tuple[SourceFile, Prepared | NoMessage]
_Answer = Future[list[Prepared | NoMessage]]
_Work = Callable[[list[bytes | Unreadable | NoMessage]], list[Prepared | NoMessage]]


def read_files(
    files: Iterable[SourceFile], cores: int | None = None, *, counts: bool = True
) -> Iterator[Read]:
    """Read files, and yield each with what it turned out to be, in their order.

    Args:
        files: as the archive gives them.
        cores: how many processes may read at once; None: as many as this process may use.
        counts: whether the census looks at each of them as well.

    Raises:
        SourceError: a process that reads has died.
    """
    batches = _batches(files)
    seals = Seals()
    for batch in islice(batches, _ALONE):
        yield from _read_here(batch, seals, counts=counts)
    workers = cores or _usable_cores()
    first = next(batches, None)
    if first is None:
        return
    rest = _put_back(first, batches)
    if workers == 1:
        for batch in rest:
            yield from _read_here(batch, seals, counts=counts)
    else:
        yield from _in_parallel(rest, workers, _prepare if counts else _prepare_only)


def _usable_cores() -> int:
    """Return how many cores this process may use, where the system can say so."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _put_back(
    first: list[SourceFile], rest: Iterator[list[SourceFile]]
) -> Iterator[list[SourceFile]]:
    yield first
    yield from rest


def _batches(files: Iterable[SourceFile]) -> Iterator[list[SourceFile]]:
    batch: list[SourceFile] = []
    size = 0
    for file in files:
        batch.append(file)
        size += file.size if isinstance(file.content, bytes) else 0
        if len(batch) >= _FILES or size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _in_parallel(batches: Iterator[list[SourceFile]], workers: int, work: _Work) -> Iterator[Read]:
    context = multiprocessing.get_context("spawn")  # a fork would copy the open databases
    with ProcessPoolExecutor(workers, context, _begin) as pool:
        under_way: deque[tuple[list[SourceFile], _Answer]] = deque()
        try:
            for batch in batches:
                answer = pool.submit(work, [file.content for file in batch])
                under_way.append((batch, answer))
                if len(under_way) > 2 * workers:
                    yield from _answered(*under_way.popleft())
            while under_way:
                yield from _answered(*under_way.popleft())
        finally:
            pool.shutdown(cancel_futures=True)


def _answered(batch: list[SourceFile], answer: _Answer) -> Iterator[Read]:
    try:
        found = answer.result()
    except BrokenProcessPool:
        raise SourceError(
            "A process that reads the archive has died.",
            where=f"{batch[0].name} … {batch[-1].name}",
            fix="Give the same command again; if it stays, take out the files named here.",
        ) from None
    yield from zip(batch, found, strict=True)


def _begin() -> None:
    """End with the process that started this one, and leave Ctrl-C to it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(200_000, 20, 20)  # as the process that started this one
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = partial(_end_with, parent)
        threading.Thread(target=watch, daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


_SEALS = Seals()
"""What this process read and sent, when it reads for another."""


def _prepare(contents: list[bytes | Unreadable | NoMessage]) -> list[Prepared | NoMessage]:
    """Prepare a batch in another process: its texts are sent once."""
    return [_one(content, _SEALS, counts=True) for content in contents]


def _prepare_only(contents: list[bytes | Unreadable | NoMessage]) -> list[Prepared | NoMessage]:
    """Prepare a batch in another process, without the census."""
    return [_one(content, _SEALS, counts=False) for content in contents]


def _read_here(batch: list[SourceFile], seals: Seals, *, counts: bool) -> Iterator[Read]:
    for file in batch:
        yield file, _one(file.content, seals, counts=counts)


def _one(
    content: bytes | Unreadable | NoMessage, seals: Seals, *, counts: bool
) -> Prepared | NoMessage:
    if isinstance(content, NoMessage):
        return content
    found = read_sealed(content, seals) if isinstance(content, bytes) else content
    if isinstance(found, Unreadable):
        return Prepared("", (), (), None, (found.issue,), frozenset())
    document = found.document
    return Prepared(
        kind=document.kind.value,
        messages=document.messages,
        carried=found.carried,
        response=document.response,
        issues=document.issues,
        counted=frozenset(census.count(content) if counts and isinstance(content, bytes) else ()),
    )
