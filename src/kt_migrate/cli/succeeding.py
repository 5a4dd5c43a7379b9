"""Whether a run is within the success criteria, on the screen."""

from __future__ import annotations

from kt_migrate.algorithm.success import Judgement
from kt_migrate.cli.screen import Screen
from kt_migrate.language import tr
from kt_migrate.reports.success import success_lines, verdict_text


def say_success(screen: Screen, found: Judgement) -> None:
    """Print every criterion with what was found, and what that comes to."""
    if found.judged:
        screen.table(
            tr("Success criteria (K.4)"),
            (tr("demanded"), tr("found"), ""),
            success_lines(found),
        )
    screen.say(f"{tr('Success criteria')}: {verdict_text(found.verdict)}.")
