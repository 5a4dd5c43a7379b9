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
    help=tr("The algorithm (draaiboek K.5)."),
    no_args_is_help=True,
    rich_markup_mode=None,
)
"""The group of commands; other rooms add theirs to it."""

Name = Annotated[
    str,
    typer.Argument(
        help=tr("Name or path; else the domain's."),
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
    help=tr("Is this algorithm right? (file:line)"),
)
def algorithm_check(name: Name = "", domain_dir: DomainDir = None) -> None:
    """Check an algorithm."""
    found = loaded(name, domain_dir).algorithm
    rules = sum(len(t.rules) for t in found.types.values())
    ignored = sum(len(t.ignored) for t in found.types.values())
    screen = Screen(json=False)
    screen.say(
        tr(
            "Right: {name}. {types} types, {rules} rules, {ignored} elements left behind "
            "on purpose, {not_migrated} types without a home in KT 2.0.\n"
            "Digest {digest}",
            name=found.name,
            types=len(found.types),
            rules=rules,
            ignored=ignored,
            not_migrated=len(found.not_migrated),
            digest=found.digest,
        )
    )
    say_choices(screen, found)
    screen.next(f"kt-migrate algorithm test {name}".rstrip())


@algorithms.command(
    "explain",
    help=tr("What becomes what, why, and which file decides it (draaiboek K.5)."),
)
def algorithm_explain(
    name: Name = "",
    source_type: Annotated[
        str,
        typer.Option(
            "--type",
            help=tr("Only this type of object of KT 1.3."),
        ),
    ] = "",
    json: Annotated[bool, typer.Option("--json", help=tr("As one JSON document."))] = False,
    domain_dir: DomainDir = None,
) -> None:
    """Explain an algorithm."""
    found = explained(loaded(name, domain_dir), source_type)
    screen = Screen(json=json)
    screen.line(explained_text(found))
    screen.document(found)


@algorithms.command(
    "schema",
    help=tr("The algorithm's language as JSON Schema, for your editor."),
)
def algorithm_schema() -> None:
    """Print the JSON Schema."""
    typer.echo(schema_text().decode(), nl=False)
