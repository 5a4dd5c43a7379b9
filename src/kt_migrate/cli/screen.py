"""What a person sees: tables of at most 80 columns, progress, errors. Plain text when piped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import orjson
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from kt_migrate.books import Row
from kt_migrate.cli.dutch_errors import dutch_error
from kt_migrate.errors import KtMigrateError
from kt_migrate.language import tr
from kt_migrate.model import Outcome
from kt_migrate.reports.result import RunResult

WIDTH = 80


class Screen:
    """Tables and lines on stdout; with `--json` one document there, and the rest on stderr."""

    def __init__(self, *, json: bool) -> None:
        self._json = json
        out = sys.stderr if json else sys.stdout
        width = None if out.isatty() else WIDTH
        self.out = Console(file=out, width=width, highlight=False, emoji=False, soft_wrap=False)
        self._err = Console(stderr=True, highlight=False, emoji=False)

    def say(self, text: str) -> None:
        """Print a line."""
        self.out.print(text, markup=False)

    def document(self, content: Mapping[str, object]) -> None:
        """Print the one JSON document, when it is asked for."""
        if self._json:
            option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
            sys.stdout.write(orjson.dumps(content, option=option).decode())

    def table(self, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """Print a table; every column but the first holds numbers, unless it is text."""
        self.out.print(title, markup=False, style="bold")
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
        for place, name in enumerate(columns):
            filled = [row[place] for row in rows if row[place] != ""]
            numbers = all(isinstance(value, int) for value in filled) and bool(filled)
            table.add_column(name, justify="right" if numbers else "left", overflow="fold")
        for row in rows:
            table.add_row(*(_cell(value) for value in row))
        self.out.print(table)

    @contextmanager
    def progress(self, text: str) -> Iterator[Callable[[int, int | None], None]]:
        """Show a bar on a terminal; nothing when piped."""
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._err,
            transient=True,
            disable=not sys.stderr.isatty(),
        ) as bar:
            task = bar.add_task(text, total=None)

            def listener(done: int, total: int | None) -> None:
                bar.update(task, completed=done, total=total)

            yield listener


def _cell(value: object) -> str:
    return str(value).replace("[", "\\[")


def books_table(
    screen: Screen, books: Mapping[str, Row], extra: Mapping[str, Sequence[object]] | None = None
) -> None:
    """Print the account of the objects: a line per type; with `extra` two columns on the server."""
    columns = [
        tr("soort", "type"),
        tr("objecten", "objects"),
        tr("gemigr.", "migr."),
        tr("niet gem.", "not migr."),
        tr("uitval", "reject."),
        tr("scope", "scope"),
    ]
    if extra is not None:
        columns += [tr("server", "server"), "hash"]
    rows = []
    for source_type, row in books.items():
        line: list[object] = [source_type, row.objects, *(row.ended[o] for o in Outcome)]
        if extra is not None:
            line += extra.get(source_type, ("", ""))
        rows.append(line)
    screen.table(tr("De boeken", "The books"), columns, rows)


def sightings_table(screen: Screen, result: RunResult) -> None:
    """Print the account of the sightings, with the census beside it."""
    screen.table(
        tr("De waarnemingen, en de telling van het archief", "The sightings, and the census"),
        (
            tr("soort", "type"),
            tr("waarn.", "sightings"),
            tr("vervangen", "superseded"),
            tr("objecten", "objects"),
            tr("telling", "census"),
            tr("zonder link", "without link"),
        ),
        [
            (
                source_type,
                row.sightings,
                row.superseded,
                row.objects,
                result.census.get(source_type, ""),
                result.without_link.get(source_type, ""),
            )
            for source_type, row in result.books.per_type().items()
        ],
    )


def fatal(error: KtMigrateError) -> None:
    """Say what is wrong, where, and what to do."""
    console = Console(stderr=True, highlight=False, emoji=False)
    where, fix = tr("waar", "where"), tr("doe  ", "do   ")
    console.print(
        f"{tr('Fout', 'Error')}: {tr(dutch_error(error.what), error.what)}",
        markup=False,
        soft_wrap=True,
    )
    console.print(f"  {where}: {error.where}", markup=False, soft_wrap=True)
    console.print(f"  {fix}: {tr(dutch_error(error.fix), error.fix)}", markup=False, soft_wrap=True)
