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
            f"Elementen in het archief: {counts['read']} gelezen, {counts['ignored']} bewust "
            f"genegeerd, {counts['unread']} ongelezen ({NAME}).",
            f"Elements in the archive: {counts['read']} read, {counts['ignored']} ignored on "
            f"purpose, {counts['unread']} unread ({NAME}).",
        )
    )
    if left:
        screen.table(
            tr("Door geen regel gelezen", "Read by no rule"),
            (tr("objecten", "objects"), tr("soort", "type"), tr("element", "element")),
            [(row.count, row.source_type, row.path) for row in left[:SHOWN]],
        )
    if len(left) > SHOWN:
        more = len(left) - SHOWN
        screen.say(tr(f"… en nog {more}: {NAME}", f"… and {more} more: {NAME}"))
