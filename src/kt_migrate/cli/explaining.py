"""The commands about the algorithm: check, explain, schema."""

from __future__ import annotations

from typing import Annotated

import typer

from kt_migrate.algorithm.explain import explained
from kt_migrate.algorithm.load import Loaded, load_whole
from kt_migrate.algorithm.schema import schema_text
from kt_migrate.cli.chosen import say_choices
from kt_migrate.cli.completing import algorithm_names
from kt_migrate.cli.options import DomainDir, workspace_of
from kt_migrate.cli.screen import Screen
from kt_migrate.language import tr
from kt_migrate.reports.explained import explained_text

algorithms = typer.Typer(
    help=tr("Het algoritme (draaiboek K.5).", "The algorithm (draaiboek K.5)."),
    no_args_is_help=True,
    rich_markup_mode=None,
)
"""The group of commands; other rooms add theirs to it."""

Name = Annotated[
    str,
    typer.Argument(
        help=tr("Naam of pad; anders dat van het domein.", "Name or path; else the domain's."),
        autocompletion=algorithm_names,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.add_typer(algorithms, name="algorithm")


def loaded(name: str, domain_dir: DomainDir) -> Loaded:
    """Read the algorithm of this name or path; without one that of the working folder."""
    if name:
        return load_whole(name)
    workspace = workspace_of(domain_dir)
    return load_whole(workspace.domain.algorithm, workspace.root)


@algorithms.command(
    "check",
    help=tr("Is dit algoritme goed? (bestand:regel:kolom)", "Is this algorithm right? (file:line)"),
)
def algorithm_check(name: Name = "", domain_dir: DomainDir = None) -> None:
    """Check an algorithm."""
    found = loaded(name, domain_dir).algorithm
    rules = sum(len(t.rules) for t in found.types.values())
    ignored = sum(len(t.ignored) for t in found.types.values())
    screen = Screen(json=False)
    screen.say(
        tr(
            f"Goed: {found.name}. {len(found.types)} soorten, {rules} regels, {ignored} elementen "
            f"bewust niet gemigreerd, {len(found.not_migrated)} soorten zonder plaats in KT 2.0.\n"
            f"Digest {found.digest}",
            f"Right: {found.name}. {len(found.types)} types, {rules} rules, {ignored} elements "
            f"left behind on purpose, {len(found.not_migrated)} types without a home in KT 2.0.\n"
            f"Digest {found.digest}",
        )
    )
    say_choices(screen, found)


@algorithms.command(
    "explain",
    help=tr(
        "Wat wordt wat, waarom, en welk bestand besluit dat (draaiboek K.5).",
        "What becomes what, why, and which file decides it (draaiboek K.5).",
    ),
)
def algorithm_explain(
    name: Name = "",
    source_type: Annotated[
        str,
        typer.Option(
            "--type",
            help=tr("Alleen dit soort object van KT 1.3.", "Only this type of object of KT 1.3."),
        ),
    ] = "",
    json: Annotated[
        bool, typer.Option("--json", help=tr("Als één JSON-document.", "As one JSON document."))
    ] = False,
    domain_dir: DomainDir = None,
) -> None:
    """Explain an algorithm."""
    found = explained(loaded(name, domain_dir), source_type)
    screen = Screen(json=json)
    screen.line(explained_text(found))
    screen.document(found)


@algorithms.command(
    "schema",
    help=tr(
        "De taal van het algoritme als JSON Schema, voor uw editor.",
        "The algorithm's language as JSON Schema, for your editor.",
    ),
)
def algorithm_schema() -> None:
    """Print the JSON Schema."""
    typer.echo(schema_text().decode(), nl=False)
