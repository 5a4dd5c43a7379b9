"""The commands of the algorithm, of three modules, as one group."""

from __future__ import annotations

import typer

from kt_migrate.cli import differing, explaining, testing


def add_to(app: typer.Typer) -> None:
    """Add the group and its commands."""
    explaining.add_to(app)
    testing.add_to(explaining.algorithms)
    differing.add_to(explaining.algorithms)
