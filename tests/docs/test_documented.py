"""Nothing is there that is not documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer.main

from kt_migrate.algorithm.fields import EXCLUDE_REASONS
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.registry import FUNCTIONS
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.cli.app import app
from kt_migrate.errors import ExitCode
from kt_migrate.language import shown

DOCS = Path(__file__).parents[2] / "docs"


def text(name: str) -> str:
    """Return a page."""
    return (DOCS / name).read_text("utf-8")


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_error_code_is_documented_and_has_its_dutch(code: str) -> None:
    """In the error catalogue, in both languages."""
    assert f"`{code}`" in text("error-catalogue.md")
    assert shown(CATALOGUE[code].title) != CATALOGUE[code].title
    assert shown(CATALOGUE[code].advice) != CATALOGUE[code].advice


@pytest.mark.parametrize("code", list(ExitCode))
def test_every_exit_code_is_documented(code: ExitCode) -> None:
    """Number and name, in one row."""
    assert f"| {code.value} | {code.name} |" in text("commands.md")


def test_the_table_of_functions_is_that_of_the_registry() -> None:
    """Each with what it takes and what it does, in its own words; and no other."""
    load_algorithm("standard")
    page = text("algorithm-reference.md").partition("## Functions")[2].partition("\n## ")[0]
    rows = [
        f"| `{name}` | {found.takes_shown.replace('|', ' or ')} | {found.about} |"
        for name, found in sorted(FUNCTIONS.items())
    ]

    assert [line for line in page.splitlines() if line.startswith("| `")] == rows


@pytest.mark.parametrize("source_type", load_algorithm("standard").types)
def test_every_field_of_the_enrichment_is_documented(source_type: str) -> None:
    """With the elements that it is for, and no other."""
    rules = load_algorithm("standard").types[source_type]
    made: dict[str, list[str]] = {}
    for rule in rules.rules:
        required = " (required)" if rule.required else ""
        for field in rule.fields:
            made.setdefault(field, []).append(f"{rules.target}.{rule.to}{required}")
    page = [line for line in text("enrichment.md").splitlines() if f"| {source_type} |" in line]

    assert page == [f"| {source_type} | `{f}` | {', '.join(e)} |" for f, e in made.items()]


def test_every_reason_to_exclude_is_documented() -> None:
    """The value must be one of them."""
    assert all(f"`{reason}`" in text("enrichment.md") for reason in EXCLUDE_REASONS)


def commands() -> dict[str, Any]:
    """Return every command by its whole name."""
    found = dict(getattr(typer.main.get_command(app), "commands", {}))
    for name, command in list(found.items()):
        for sub, inner in getattr(command, "commands", {}).items():
            found[f"{name} {sub}"] = inner
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_documented_and_has_help(name: str) -> None:
    """Also those of sub-commands."""
    page, command = text("commands.md"), commands()[name]
    options = [o for p in command.params for o in p.opts if o.startswith("--") and o != "--help"]

    assert f"`{name}" in page or hasattr(command, "commands")
    assert command.help
    assert [option for option in options if option not in page] == []
