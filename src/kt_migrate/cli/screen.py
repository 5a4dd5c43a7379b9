"""What a person sees: tables of at most 80 columns, progress, errors. Plain text when piped."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import orjson
from rich.console import RenderableType
from rich.table import Table

from kt_migrate.books import Books, Row
from kt_migrate.cli.documents import named
from kt_migrate.cli.plainly import plainly
from kt_migrate.cli.terminal import console_of
from kt_migrate.cli.waiting import Listener, waiting
from kt_migrate.language import tr
from kt_migrate.model import Outcome
from kt_migrate.plan.rows import VersionCount
from kt_migrate.reports.result import RunResult


class Screen:
    """Tables and lines on stdout; with `--json` one document there, and the rest on stderr."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        out = sys.stderr if json else sys.stdout
        self.out = console_of(out)

    def say(self, text: str) -> None:
        """Print a line."""
        self.paint(plainly(text))

    def line(self, text: str) -> None:
        """Print a line unbroken, however long: a path or digest in it can be copied."""
        self.out.print(plainly(text), markup=False, soft_wrap=True)

    def document(self, content: Mapping[str, object]) -> None:
        """Print the one JSON document, when it is asked for."""
        if self._json:
            option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
            sys.stdout.write(orjson.dumps(named(content), option=option).decode())

    def document_with(
        self, content: Mapping[str, object], name: str, rows: Iterable[object]
    ) -> None:
        """Print the one JSON document, a list in it as it comes: not all of it is held at once."""
        if not self._json:
            return
        head = orjson.dumps(named(content), option=orjson.OPT_INDENT_2).decode().removesuffix("\n}")
        sys.stdout.write(f'{head},\n  "{name}": [')
        mark = "\n    "
        for row in rows:
            text = orjson.dumps(row, option=orjson.OPT_INDENT_2).decode()
            sys.stdout.write(mark + text.replace("\n", "\n    "))
            mark = ",\n    "
        sys.stdout.write("]\n}\n" if mark.startswith("\n") else "\n  ]\n}\n")

    def next(self, *commands: str) -> None:
        """Say which command comes now, and which after it: to a person, not beside a document.

        Args:
            commands: whole, so that they can be copied; an empty one is passed over.
        """
        told = [command for command in commands if command]
        if not told:
            return
        start = tr("Next: ")
        for place, command in enumerate(told):
            self.line(f"{' ' * len(start) if place else start}{command}")

    def block(self, text: str, indent: str) -> None:
        """Print a text below another: indented, no line longer than the screen is wide."""
        self.say(
            textwrap.fill(
                text,
                self.out.width,
                initial_indent=indent,
                subsequent_indent=indent,
                break_on_hyphens=False,
            )
        )

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table; every column but the first holds numbers, unless it is text."""
        self.out.print(plainly(title), markup=False, style="bold")
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for place, name in enumerate(columns):
            filled = [row[place] for row in rows if row[place] != ""]
            numbers = all(isinstance(value, int) for value in filled) and bool(filled)
            table.add_column(plainly(name), justify="right" if numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*(plainly(str(value)) for value in row))
        self.paint(table)

    def paint(self, content: RenderableType) -> None:
        """Print without the blanks that rich fills up a line with: they wrap when pasted."""
        with self.out.capture() as painted:
            self.out.print(content, markup=False)
        lines = painted.get().splitlines()
        self.out.file.write("".join(f"{line.rstrip(' ')}\n" for line in lines))
        self.out.file.flush()  # as rich does: somebody may wait for this very line

    @contextmanager
    def progress(self, text: str) -> Iterator[Listener]:
        """Show how far the work in here is: a bar on a terminal, else now and then a line."""
        with waiting(text) as listener:
            yield listener


def books_table(
    screen: Screen,
    books: Books,
    *,
    events: bool = False,
    extra: Mapping[str, Sequence[object]] | None = None,
) -> None:
    """Print the account of the objects, a line per type.

    Args:
        screen: where to.
        books: what to print.
        events: below a type of several events also a line per event.
        extra: per type two columns about the server.
    """
    columns = [
        tr("type"),
        tr("objects"),
        tr("migr."),
        tr("not migr."),
        tr("reject."),
        tr("scope"),
    ]
    if books.sampled:
        columns.append(tr("not dr."))
    if extra is not None:
        columns += [tr("server"), "hash"]
    rows = []
    for name, row in _lines(books, events=events):
        line: list[object] = [name, row.objects, *(row.ended[o] for o in Outcome)]
        line += [] if row.not_drawn is None else [row.not_drawn]
        if extra is not None:
            line += extra.get(name, ("", ""))
        rows.append(line)
    screen.table(tr("The books"), columns, rows)


def sightings_table(screen: Screen, result: RunResult) -> None:
    """Print the account of the sightings per type and event, with the census beside it."""
    screen.table(
        tr("The sightings, and the census"),
        (
            tr("type"),
            tr("seen"),
            tr("supers."),
            tr("objects"),
            tr("census"),
            tr("no link"),
        ),
        [
            (
                name,
                row.sightings,
                row.superseded,
                row.objects,
                result.census.get(name, ""),
                result.without_link.get(name, ""),
            )
            for name, row in _lines(result.books, events=True)
        ],
    )


def versions_table(screen: Screen, counts: Mapping[str, VersionCount]) -> None:
    """Print what becomes of the earlier versions (mode `every-version`)."""
    screen.table(
        tr("Earlier versions (every-version)"),
        (
            tr("type"),
            tr("written"),
            tr("equal"),
            tr("skipped"),
        ),
        [(name, c.planned, c.equal, c.skipped) for name, c in counts.items()],
    )


def _lines(books: Books, *, events: bool) -> Iterator[tuple[str, Row]]:
    """Yield (name, row) per type; below one of several events also per event, indented."""
    per_event: dict[str, list[tuple[str, Row]]] = {}
    for source_type, event, row in books.rows():
        per_event.setdefault(source_type, []).append((event, row))
    for source_type, row in books.per_type().items():
        yield source_type, row
        rows = per_event[source_type]
        if events and len(rows) > 1:
            for event, part in rows:
                yield f"  {event or tr('(no event)')}", part
