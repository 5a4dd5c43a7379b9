"""errors export: the list to fill in, or what is missing. And what became of an enrichment."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm as Rules
from kt_migrate.cli.options import (
    Algorithm,
    DomainDir,
    Env,
    Json,
    Run,
    known_environment,
    run_of,
    workspace_of,
)
from kt_migrate.cli.remarking import export_list
from kt_migrate.cli.screen import Screen
from kt_migrate.config import Workspace
from kt_migrate.errors import PlanStaleError, UsageError
from kt_migrate.language import tr
from kt_migrate.plan.binding import changed, read_binding
from kt_migrate.plan.rows import SuppliedRow
from kt_migrate.plan.store import Plan
from kt_migrate.reports.enrichment_form import asks, write_csv, write_xlsx
from kt_migrate.reports.errors.writing import WRITERS

SHOWN, LISTED = 20, 1_000
"""Rows of an enrichment that were not used: on screen, and in `--json`; the plan has all."""

_FORMATS = {"csv": write_csv, "xlsx": write_xlsx}
_STATUS = {
    "used": ("gebruikt", "used"),
    "unused": ("niet gebruikt", "not used"),
    "conflict": ("tegenstrijdig", "in conflict"),
    "unknown": ("onbekend", "unknown"),
}
_REASONS = {
    "": ("", ""),
    "no-object": ("het archief heeft dit object niet", "the archive has no such object"),
    "out_of_scope": ("valt buiten de scope", "out of scope"),
    "excluded": ("is uitgesloten", "is excluded"),
    "not_migrated": ("wordt niet gemigreerd", "is not migrated"),
    "rejected": ("valt eerder uit", "is rejected before"),
    "migrated": ("geen regel nam het", "no rule took it"),
    "two-values": ("twee waarden voor één veld", "two values for one field"),
    "several-objects": ("past op meer dan één object", "fits more than one object"),
    "no-rule": ("geen regel kent dit veld hier", "no rule takes this field here"),
    "no-group": ("de scope kent deze groep niet", "the scope has no such group"),
    "no-key": ("noemt geen object", "names no object"),
    "no-field": ("noemt geen veld", "names no field"),
    "no-system": ("identifier zonder |", "an identifier without |"),
}


def add_to(errors: typer.Typer) -> None:
    """Add the command to those of the error list."""
    errors.command(
        "export",
        help=tr(
            "Schrijf de foutenlijst om in te vullen (actiehouder, opmerking, status), of met"
            " --as-enrichment het bestand dat vraagt wat er ontbreekt (draaiboek M.3, M.4, Q.5).",
            "Write the error list to be filled in (action holder, remark, status), or with"
            " --as-enrichment the file that asks for what is missing (draaiboek M.3, M.4, Q.5).",
        ),
    )(errors_export)


def errors_export(
    env: Env = "local",
    run: Run = "",
    as_enrichment: Annotated[
        bool,
        typer.Option(
            "--as-enrichment",
            help=tr(
                "Als verrijkingsbestand, met lege waarden.",
                "As an enrichment file, with empty values.",
            ),
        ),
    ] = False,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            help=tr(
                "csv, xlsx of json; met --as-enrichment csv of xlsx.",
                "csv, xlsx or json; with --as-enrichment csv or xlsx.",
            ),
        ),
    ] = "",
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            help=tr(
                "Waarheen; anders actielijst of verrijking in de runmap.",
                "Where to; else actielijst or verrijking in the run folder.",
            ),
        ),
    ] = None,
    notices: Annotated[
        bool, typer.Option("--notices", help=tr("Ook de meldingen.", "Notices too."))
    ] = False,
    algorithm: Algorithm = "",
    domain_dir: DomainDir = None,
    json: Json = False,
) -> None:
    """Write the list to be filled in, or the file that asks for what is missing."""
    kind = _kind(form, output, as_enrichment=as_enrichment)
    screen = Screen(json=json)
    workspace = workspace_of(domain_dir)
    folder = run_of(workspace, known_environment(env), run)
    target = output or folder / f"{'verrijking' if as_enrichment else 'actielijst'}.{kind}"
    if target.exists():
        raise UsageError(
            "The file is there already: somebody may have filled it in.",
            where=str(target),
            fix="Name another with -o, or take it away.",
        )
    if not as_enrichment:
        export_list(screen, workspace.root, folder, target, kind, notices=notices)
        return
    rules = _rules_of(workspace, algorithm, folder)
    with Plan(folder / "plan.sqlite") as plan:
        count = _FORMATS[kind](target, asks(plan, rules))
    screen.say(
        tr(
            f"{count} waarden gevraagd. Vul de kolom value in, en zet het bestand in enrichment/.",
            f"{count} values asked. Fill in the column value, and put the file in enrichment/.",
        )
    )
    screen.line(str(target))
    screen.document({"run": folder.name, "env": env, "asked": count, "path": str(target)})


def _kind(form: str, output: Path | None, *, as_enrichment: bool) -> str:
    """Return the format: what is asked, else what the file's name ends with.

    Of an enrichment it is CSV when neither says so.
    """
    formats = _FORMATS if as_enrichment else WRITERS
    named = "" if output is None else output.suffix.lower().removeprefix(".")
    kind = form or (named if named in formats else "csv" if as_enrichment else "")
    if not kind:
        raise UsageError(
            "It is not said what to export.",
            where="errors export",
            fix="Give --format csv, xlsx or json, or --as-enrichment for what is missing.",
        )
    if kind not in formats:
        raise UsageError(
            "There is no such format.",
            where="--format",
            fix=f"Choose one of: {', '.join(formats)}.",
        )
    return kind


def _rules_of(workspace: Workspace, named: str, folder: Path) -> Rules:
    """Return the algorithm that the plan was made with.

    Raises:
        PlanStaleError: it is another one now, and would ask for something else.
    """
    rules = load_algorithm(named or workspace.domain.algorithm, workspace.root)
    bound = read_binding(folder).algorithm
    if rules.digest != bound:
        raise PlanStaleError(
            f"Changed since the plan was made: {changed('algorithm', bound, rules.digest)}.",
            where=str(folder),
            fix="Make a new plan with kt-migrate plan, and look at what it changes.",
        )
    return rules


def say_enrichment(screen: Screen, folder: Path) -> dict[str, object]:
    """Print what became of the rows of the enrichment; return the same for `--json`."""
    with Plan(folder / "plan.sqlite") as plan:
        counts = plan.supplied_counts()
        empty = int(plan.meta("enrichment_empty") or 0)
        left: list[SuppliedRow] = []
        more = 0
        for row in plan.supplied():
            if row.status == "used":
                continue
            more += 1
            if len(left) < LISTED:
                left.append(row)
    totals = {status: sum(counts.get(status, {}).values()) for status in _STATUS}
    if any(totals.values()) or empty:
        _say(screen, totals, empty, left, more)
    return {
        **totals,
        "empty": empty,
        "reasons": {s: found for s, found in counts.items() if s != "used"},
        "rows": [_as_json(row) for row in left],
    }


def _say(
    screen: Screen, totals: dict[str, int], empty: int, left: list[SuppliedRow], more: int
) -> None:
    said = ", ".join(f"{totals[status]} {tr(*words)}" for status, words in _STATUS.items())
    screen.say(
        tr(
            f"Verrijking, in regels: {said}; {empty} zonder waarde.",
            f"Enrichment, in rows: {said}; {empty} without a value.",
        )
    )
    for row in left[:SHOWN]:
        words = " ".join(filter(None, (row.field, row.source_type, row.link)))
        hint = f" ({row.hint}?)" if row.hint else ""
        reason = tr(*_REASONS.get(row.reason, (row.reason, row.reason)))
        screen.say(f"  {row.file}:{row.line} {words}: {reason}{hint}".replace(" :", ":"))
    if more > SHOWN:
        screen.say(tr(f"  … en {more - SHOWN} meer.", f"  … and {more - SHOWN} more."))


def _as_json(row: SuppliedRow) -> dict[str, object]:
    return {
        "file": row.file,
        "line": row.line,
        "field": row.field,
        "type": row.source_type,
        "link": row.link,
        "status": row.status,
        "reason": row.reason,
        "hint": row.hint,
    }
