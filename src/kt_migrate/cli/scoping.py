"""scope: what a plan leaves out of scope, and why (draaiboek K.1, K.2). It reads a plan only."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated

import orjson
import typer

from kt_migrate.cli.documents import named
from kt_migrate.cli.options import (
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.screen import Screen
from kt_migrate.errors import said
from kt_migrate.language import shown, tr
from kt_migrate.plan.store import Plan

_REASONS = {
    "scope-types": said("its type takes no part (types)"),
    "scope-not-needed": said("nothing needs it (needed_only)"),
    "scope-none": said("no dossiers of this group (dossiers)"),
    "scope-dossiers": said("the dossier is open, or closed (dossiers)"),
    "scope-closed-since": said("ended before the day (closed_since)"),
    "scope-history": said("changed before the day (history)"),
}


def add_to(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command(
        help=tr("What stays out of scope, and why (draaiboek K.1, K.2); with --list each object."),
    )(scope)


def scope(
    env: Env = "local",
    run: Run = "",
    listed: Annotated[
        bool,
        typer.Option("--list", help=tr("Each object too, with its link.")),
    ] = False,
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Show what a plan leaves out of scope."""
    screen = Screen(json=json)
    folder = run_of(workspace_of(domain_dir), known_environment(env), run)
    with Plan(folder / "plan.sqlite") as plan:
        counts, needed = plan.out_of_scope(), plan.needed()
        columns = (tr("type"), tr("reason"), tr("count"), "")
        rows = [(t, reason, count, _said(reason)) for t, reason, count in counts]
        screen.table(tr("Out of scope"), columns, rows)
        if not rows:
            screen.say(tr("Nothing stays out of scope."))
        along = ", ".join(f"{t} {n}" for t, n in needed.items())
        if along:
            screen.say(tr("Comes along because something in scope needs it: {along}.", along=along))
        per_type: dict[str, dict[str, int]] = {}
        for source_type, reason, count in counts:
            per_type.setdefault(source_type, {})[reason] = count
        content = {"run": folder.name, "env": env, "out_of_scope": per_type, "needed": needed}
        if not listed:
            screen.document(content)
        elif json:
            _stream(content, plan)
        else:
            for source_type, link, reason in plan.left_out():
                screen.line(f"{source_type} {link} {reason}")


def _said(reason: str) -> str:
    return shown(_REASONS.get(reason.partition("/")[0], ""))


def _stream(content: Mapping[str, object], plan: Plan) -> None:
    """Print one document, object by object: there may be a million."""
    out = sys.stdout
    out.write(orjson.dumps(named(content)).decode()[:-1] + ',"objects":[')
    before = "\n"
    for source_type, link, reason in plan.left_out():
        row = {"type": source_type, "link": link, "reason": reason}
        out.write(before + orjson.dumps(row).decode())
        before = ",\n"
    out.write("]}\n")
