"""What a plan will do, for people: plan.html and plan.xlsx in its run folder."""

from __future__ import annotations

from pathlib import Path

from kt_migrate.reports.actions import Actions
from kt_migrate.reports.page.html import write_page
from kt_migrate.reports.page.planned import plan_page
from kt_migrate.reports.page.standing import standing_of
from kt_migrate.reports.page.workbook import write_workbook
from kt_migrate.reports.result import RunResult, planned_result
from kt_migrate.reports.summary import summary

NAME = "plan.html"


def write_plan_report(folder: Path, result: RunResult, actions: Actions) -> Path:
    """Write the page of a plan, and the spreadsheet beside it.

    Args:
        folder: its run folder.
        result: where that stands.
        actions: what the plan does.

    Returns:
        The page.

    Raises:
        JournalError: something in the folder is damaged.
    """
    content = {**summary(folder, planned_result(folder)), "starts": [], "figures": None}
    page = plan_page(standing_of(folder, result), actions, content)
    write_workbook(page, (folder / NAME).with_suffix(".xlsx"))
    return write_page(page, folder / NAME)
