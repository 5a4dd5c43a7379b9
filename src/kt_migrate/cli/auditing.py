"""`verify --audit`: what the server's AuditEvents say of a run, beside its journal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.catalogue import CATALOGUE
from kt_migrate.cli.journals import WrittenByRuns
from kt_migrate.cli.looking import looked
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Environment, Workspace
from kt_migrate.errors import CouldNotLookError, ExitCode
from kt_migrate.kt2.client import FhirClient
from kt_migrate.language import shown, tr
from kt_migrate.plan.runs import is_undone
from kt_migrate.plan.store import Plan
from kt_migrate.verify.audit import AuditResult
from kt_migrate.verify.audit import audit as audit_run

SHOWN = 20
"""Lines on screen; verify.json has more."""

Audit = Annotated[
    bool,
    typer.Option(
        "--audit",
        help=tr("Also hold the AuditEvents of the run against the journal."),
    ),
]


def audited(
    screen: Screen, workspace: Workspace, environment: Environment, folder: Path
) -> AuditResult:
    """Read the AuditEvents, and compare.

    Raises:
        CouldNotLookError, LoginError, ServerUnavailableError: they could not be looked at.
    """
    if is_undone(folder):
        raise CouldNotLookError(
            "This run was undone: its AuditEvents tell of more than its journal.",
            where=folder.name,
            fix="Give verify without --audit; undoing proves itself on the server.",
        )
    doing = tr("reading AuditEvents")
    return looked(screen, doing, workspace, environment, folder, _audit)


def _audit(
    plan: Plan,
    client: FhirClient,
    folder: Path,
    progress: Callable[[int], None],
    *,
    written: WrittenByRuns,
    own_device: str,
    others: Mapping[str, FhirClient],
) -> Awaitable[AuditResult]:
    """Ask as the environment's own client: the trace is one, whoever of ours wrote under it."""
    del others
    return audit_run(plan, client, folder, progress, written=written, own_device=own_device)


def show_audit(screen: Screen, result: AuditResult) -> None:
    """Print effects per action and type, the first differences, and the verdict."""
    screen.table(
        tr("Journal and AuditEvents"),
        (
            tr("action"),
            tr("type"),
            tr("journal"),
            "AuditEvents",
            tr("missing"),
            tr("unclaimed"),
        ),
        [
            (_action(row.action), row.r4_type, row.claimed, row.found, row.missing, row.unclaimed)
            for row in result.rows
        ],
    )
    for difference in result.differences[:SHOWN]:
        title = CATALOGUE[difference.code].title
        line = f"{difference.code} {difference.r4_type} {difference.link}".rstrip()
        screen.say(f"{line}\n  {shown(title)}")
    total = sum(result.calls.values())
    screen.say(
        tr(
            "{total} AuditEvents read; {others} effects of others in this trace.",
            total=total,
            others=result.others,
        )
    )
    screen.say(
        tr("The AuditEvents confirm the journal.")
        if result.passed
        else tr("The AuditEvents differ: {sum} differences.", sum=sum(result.counts.values()))
    )


def _action(letter: str) -> str:
    match letter:
        case "C":
            return tr("created")
        case "U":
            return tr("updated")
        case _:
            return tr("deleted")


def ending(verified: ExitCode, result: AuditResult | None) -> ExitCode:
    """Return the exit code: what the verification found goes first."""
    if verified is not ExitCode.OK or result is None or result.passed:
        return verified
    return ExitCode.AUDIT
