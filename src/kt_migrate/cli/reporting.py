"""The report of a run, as the commands that change something make it again, and say where it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kt_migrate.cli.screen import Screen
from kt_migrate.errors import KtMigrateError
from kt_migrate.language import tr
from kt_migrate.reports.actions import Actions
from kt_migrate.reports.plan_report import write_plan_report
from kt_migrate.reports.result import RunResult
from kt_migrate.reports.summary import forget_report, write_report
from kt_migrate.verify.record import forget_verified


@contextmanager
def withdrawn(folder: Path) -> Iterator[None]:
    """Take back what was said of a run, while something is changed or looked at again.

    An approval does not outlive what it approved: the report says what the last verification
    said, so it goes too. Whoever comes to an end makes it anew; when an error stops that, a report
    that was there comes back, without the approval.
    """
    forget_verified(folder)
    there = forget_report(folder)
    try:
        yield
    except KtMigrateError:
        if there:
            with suppress(
                KtMigrateError, OSError
            ):  # what stopped the work is what a person must read
                write_report(folder)
        raise


def renew_report(screen: Screen, folder: Path, result: RunResult | None = None) -> Path:
    """Make the report of a run, and say where it is.

    Raises:
        JournalError: something in the run folder is damaged.
    """
    with screen.progress(tr("making the report")):
        html, _machine = write_report(folder, result)
    screen.line(f"{tr('Report')}: {html}")
    return html


def plan_report(screen: Screen, folder: Path, result: RunResult, actions: Actions) -> Path:
    """Make the page of a plan, and say where it is."""
    with screen.progress(tr("making the report")):
        html = write_plan_report(folder, result, actions)
    screen.line(f"{tr('What will happen')}: {html}")
    return html
