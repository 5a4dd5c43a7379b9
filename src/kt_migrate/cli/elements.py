"""The account of the source elements on screen: how many, and what nobody reads."""

from __future__ import annotations

from collections.abc import Sequence

from kt_migrate.cli.screen import Screen
from kt_migrate.language import tr
from kt_migrate.plan.rows import ElementRow
from kt_migrate.reports.elements import NAME, how_many, unread

SHOWN = 10
"""Unread elements on screen; elements.csv has them all."""


def show_elements(screen: Screen, rows: Sequence[ElementRow]) -> None:
    """Print how many elements are read, ignored and unread, and the unread that occur most."""
    counts, left = how_many(rows), unread(rows)
    screen.say(
        tr(
            "Elements in the archive: {counts} read, {counts2} ignored on purpose, "
            "{counts3} unread ({name}).",
            counts=counts["read"],
            counts2=counts["ignored"],
            counts3=counts["unread"],
            name=NAME,
        )
    )
    if left:
        screen.table(
            tr("Read by no rule"),
            (tr("objects"), tr("type"), tr("element")),
            [(row.count, row.source_type, row.path) for row in left[:SHOWN]],
        )
    if len(left) > SHOWN:
        more = len(left) - SHOWN
        screen.say(tr("… and {more} more: {name}", more=more, name=NAME))
