"""The report of a run, as the commands that change something make it again, and say where it is."""

from __future__ import annotations

from pathlib import Path

from kt_migrate.cli.screen import Screen
from kt_migrate.language import tr
from kt_migrate.reports.actions import Actions
from kt_migrate.reports.plan_report import write_plan_report
from kt_migrate.reports.result import RunResult
from kt_migrate.reports.summary import forget_report, write_report
from kt_migrate.verify.record import forget_verified


def withdraw(folder: Path) -> None:
    """Take back what was said of a run: an approval does not outlive what it approved.

    The report says what the last verification said, so that it goes too; whoever changes
    something, or looks again, makes it anew when that has ended.
    """
    forget_verified(folder)
    forget_report(folder)


def renew_report(screen: Screen, folder: Path, result: RunResult | None = None) -> Path:
    """Make the report of a run, and say where it is.

    Raises:
        JournalError: something in the run folder is damaged.
    """
    html, _machine = write_report(folder, result)
    screen.say(f"{tr('Report')}: {html}")
    return html


def plan_report(screen: Screen, folder: Path, result: RunResult, actions: Actions) -> Path:
    """Make the page of a plan, and say where it is."""
    html = write_plan_report(folder, result, actions)
    screen.say(f"{tr('What will happen')}: {html}")
    return html
