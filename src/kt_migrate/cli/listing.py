"""The commands of the error list. Here errors list: what is wrong, whose turn it is, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.cli import asking, progressing, remarking
from kt_migrate.cli.completing import codes
from kt_migrate.cli.list_words import counted_words, example_words
from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.sampling import sample_json, say_sample
from kt_migrate.cli.screen import Screen
from kt_migrate.language import shown, tr
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.sampling.record import read_sample
from kt_migrate.plan.store import Plan
from kt_migrate.reports.error_list import lines, short_name, write_error_list
from kt_migrate.reports.errors.actions import name_of
from kt_migrate.reports.errors.choosing import (
    Asked,
    HolderAt,
    chooser,
    default_holder,
    takes_notices,
)
from kt_migrate.reports.errors.groups import Group, Grouped
from kt_migrate.reports.errors.remarks import Remarks, remarks_of
from kt_migrate.reports.result import issues_of

Lines = list[IssueRow]
"""The lines of one object."""

_INDENT = " " * 9
_LEAST = 24
"""So much of a link must fit behind a line, or it is left out."""

_errors = typer.Typer(
    help=tr("The error list (draaiboek M.3, M.4, Q.1, Q.4, Q.5)."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _several(name: str, text: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(name, help=text)
    return option


Notices = Annotated[bool, typer.Option("--notices", help=tr("Notices too."))]
Type = Annotated[
    list[str] | None,
    _several("--type", tr("Only this type; repeatable.")),
]
Code = Annotated[
    list[str] | None,
    typer.Option(
        "--code",
        help=tr("Only this reason; repeatable."),
        autocompletion=codes,
    ),
]
Class = Annotated[
    list[str] | None,
    _several(
        "--class",
        tr("Only this class: tijdelijk, gegevensverwerking, terminaal, melding; repeatable."),
    ),
]
Step = Annotated[
    list[str] | None,
    _several("--step", tr("Only this step: read, map, plan, write, verify, undo; repeatable.")),
]
HolderName = Annotated[
    list[str] | None,
    _several(
        "--holder",
        tr("Only this action holder: zorgaanbieder, IT-deelnemer, KT2-Support; repeatable."),
    ),
]
Top = Annotated[
    int | None,
    typer.Option(
        "--top",
        min=1,
        help=tr("So many reasons at most (with --lines: objects)."),
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of the error list."""
    _errors.command(
        "list",
        help=tr("Show the error list per reason, the biggest first (draaiboek M.3, Q.1, Q.4)."),
    )(errors_list)
    progressing.add_to(_errors)
    asking.add_to(_errors)
    remarking.add_to(_errors)
    app.add_typer(_errors, name="errors")


def errors_list(
    env: Env = "local",
    run: Run = "",
    kinds: Type = None,
    code: Code = None,
    classes: Class = None,
    step: Step = None,
    holder: HolderName = None,
    link: Annotated[
        str,
        typer.Option("--link", help=tr("Only this object.")),
    ] = "",
    pseudonym: Annotated[
        str,
        typer.Option(
            "--pseudonym",
            help=tr("Only this object, by pseudonym."),
        ),
    ] = "",
    notices: Notices = False,
    each: Annotated[
        bool,
        typer.Option("--lines", help=tr("A line per object.")),
    ] = False,
    top: Top = None,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Show the error list."""
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    folder = run_of(workspace, known_environment(env), run)
    asked = Asked(
        types=tuple(kinds or ()),
        codes=tuple(code or ()),
        classes=tuple(classes or ()),
        steps=tuple(step or ()),
        holders=tuple(holder or ()),
        link=link,
        pseudonym=pseudonym,
        notices=notices,
    )
    with remarks_of(workspace.root) as remarks:
        holder_at = _holder_at(remarks)
        takes = chooser(asked, _types_of(folder) if kinds else (), holder_at)
        found = Grouped(takes, takes_notices(asked), holder_at)
        with screen.progress(tr("reading the error list")), closing(issues_of(folder)) as issues:
            table, _machine = write_error_list(folder, _counted(issues, found))
        sample = read_sample(folder)
        say_sample(screen, sample)
        screen.say(_headline(folder, found))
        if each:
            with _chosen(folder, found, top) as chosen:
                _say_lines(screen, chosen)
        else:
            _say_groups(screen, found.groups(), top)
        _say_end(screen, found, asked, table)
        if found.total:
            screen.next(f"kt-migrate errors export --format xlsx --env {env} --run {folder.name}")
        with _chosen(folder, found, top if each else None) as chosen:
            screen.document_with(
                {
                    "run": folder.name,
                    "env": env,
                    "total": found.total,
                    "shown": found.shown,
                    "hidden_notices": found.hidden,
                    "groups": [g.as_json() for g in islice(found.groups(), top)],
                    "path": str(table),
                    **sample_json(sample),
                },
                "errors",
                (line for of_one in chosen for line in lines(of_one)),
            )


def _holder_at(remarks: Remarks) -> HolderAt:
    """Return who acts on a line: who a person named, else who the catalogue does."""
    if not remarks.count():
        return default_holder
    return lambda i: remarks.of(i.link, i.code, i.path).holder or default_holder(i)


def _types_of(folder: Path) -> list[str]:
    with Plan(folder / "plan.sqlite") as plan:
        return list(plan.books().per_type())


def _counted(issues: Iterable[IssueRow], found: Grouped) -> Iterator[IssueRow]:
    for issue in issues:
        found.add(issue)
        yield issue


@contextmanager
def _chosen(folder: Path, found: Grouped, top: int | None) -> Iterator[Iterator[Lines]]:
    """Give the lines that are asked for, per object, for as long as the block runs."""
    with closing(issues_of(folder)) as issues:
        objects = groupby(filter(found.takes_line, issues), lambda i: (i.source_type, i.link))
        yield islice((list(of_one) for _object, of_one in objects), top)


def _headline(folder: Path, found: Grouped) -> str:
    reasons = len(found.groups())
    return tr(
        "Error list {name_of}: {total} errors; shown: {shown} lines, {reasons} reasons.",
        name_of=name_of(folder),
        total=found.total,
        shown=found.shown,
        reasons=reasons,
    )


def _say_groups(screen: Screen, groups: list[Group], top: int | None) -> None:
    """Print a block per reason."""
    for group in groups[:top]:
        entry = group.entry
        holders = f"{tr('action holder')} {counted_words(group.holders)}"
        screen.say(f"\n{group.count:>7}  {group.code}")
        for line in (
            f"{entry.error_class.value}, {tr('step')} {entry.step}, {holders}",
            shown(entry.title),
            f"{tr('Do')}: {shown(entry.advice)}",
            counted_words(group.types, always=True),
            *example_words(group.example.source_type, group.example.link, group.example.path),
            group.example.detail,
        ):
            if line:
                screen.block(line, _INDENT)
    if top is not None and len(groups) > top:
        more = len(groups) - top
        screen.say(tr("\n… and {more} reasons more (--top).", more=more))


def _say_lines(screen: Screen, objects: Iterable[Lines]) -> None:
    """Print a line per object: what is wrong with it, and what fits of its link."""
    width = screen.out.width
    for found in objects:
        link = found[0].link
        reasons = "; ".join(
            f"{code} {', '.join(i.path for i in of_one if i.path)}".rstrip()
            for code, of_one in groupby(found, lambda i: i.code)
        )
        line = f"{short_name(link) or '-':<15} {found[0].source_type} {reasons}"
        room = width - len(line) - 1
        if room >= min(_LEAST, len(link)):
            line += f" {_end_of(link, room)}"
        screen.line(line if len(line) <= width else f"{line[: width - 1]}…")


def _end_of(link: str, room: int) -> str:
    """Return the end of a link: there it differs from the others."""
    return link if len(link) <= room else f"…{link[len(link) - room + 1 :]}"


def _say_end(screen: Screen, found: Grouped, asked: Asked, table: Path) -> None:
    screen.say("")
    if not found.shown and asked.any:
        screen.say(tr("No line fits these filters."))
    screen.say(
        tr(
            "{shown} lines, {hidden} notices hidden (--notices).",
            shown=found.shown,
            hidden=found.hidden,
        )
    )
    screen.line(str(table))
