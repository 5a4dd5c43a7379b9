"""How far a command is: a bar on a terminal, else now and then a line on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer
from time import monotonic

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from kt_migrate.cli.plainly import plainly
from kt_migrate.cli.terminal import console_of, paints
from kt_migrate.language import number, tr

LINE_SECONDS = 60.0
"""For a program or a log: how often a line comes."""
PLAIN_SECONDS = 10.0
"""The same for a person at a terminal without bars."""
FIRST_SECONDS = 2.0
"""After so long that person is told what takes its time."""
Listener = Callable[[int, int | None], None]
"""Takes how much is done, and of how much when that is known."""


@contextmanager
def waiting(text: str) -> Iterator[Listener]:
    """Show how far the work in here is.

    Args:
        text: what is being done, in a word or three.
    """
    console = console_of(sys.stderr)
    if not paints(console):
        with _begun(text):
            yield _Lines(text).told
        return
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[far]}", markup=False),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(text, total=None, far="")

        def listener(done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total, far=far(done, total))

        yield listener


@contextmanager
def _begun(text: str) -> Iterator[None]:
    """Say to a person at a terminal what takes longer than a moment, also when nothing counts."""
    if not sys.stderr.isatty():
        yield
        return
    timer = Timer(FIRST_SECONDS, lambda: sys.stderr.write(plainly(f"{text} …\n")))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Timely:
    """Says when a line is due."""

    def __init__(self) -> None:
        self._every = PLAIN_SECONDS if sys.stderr.isatty() else LINE_SECONDS
        self._due = monotonic() + self._every

    def due(self) -> bool:
        """Return whether it is time; then not again until the next time."""
        now = monotonic()
        if now < self._due:
            return False
        self._due = now + self._every
        return True


class _Lines:
    def __init__(self, text: str) -> None:
        self._text = text
        self._timely = Timely()

    def told(self, done: int, total: int | None) -> None:
        """Write a line when it is time for one."""
        if self._timely.due():
            sys.stderr.write(plainly(f"{self._text} {far(done, total)}\n"))


def far(done: int, total: int | None) -> str:
    """Return how far something is, in numbers.

    >>> far(1_200, None), far(1_200, 3_000)
    ('1.200', '1.200 van 3.000')
    """
    if total is None:
        return number(done)
    return tr("{done} of {total}", done=number(done), total=number(total))
