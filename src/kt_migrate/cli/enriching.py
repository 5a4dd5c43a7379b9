"""What became of the rows of an enrichment, for the commands that plan."""

from __future__ import annotations

from pathlib import Path

from kt_migrate.cli.screen import Screen
from kt_migrate.errors import said
from kt_migrate.language import shown, tr
from kt_migrate.plan.rows import SuppliedRow
from kt_migrate.plan.store import Plan

SHOWN, LISTED = 20, 1_000
"""Rows of an enrichment that were not used: on screen, and in `--json`; the plan has all."""

_STATUS = {
    "used": said("used"),
    "unused": said("not used"),
    "conflict": said("in conflict"),
    "unknown": said("unknown"),
}
_REASONS = {
    "": "",
    "no-object": said("the archive has no such object"),
    "out_of_scope": said("out of scope"),
    "excluded": said("is excluded"),
    "not_migrated": said("is not migrated"),
    "rejected": said("is rejected before"),
    "migrated": said("no rule took it"),
    "two-values": said("two values for one field"),
    "several-objects": said("fits more than one object"),
    "no-rule": said("no rule takes this field here"),
    "no-group": said("the scope has no such group"),
    "no-key": said("names no object"),
    "no-field": said("names no field"),
    "no-system": said("an identifier without |"),
}


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
    words = ", ".join(f"{totals[status]} {shown(words)}" for status, words in _STATUS.items())
    screen.say(tr("Enrichment, in rows: {said}; {empty} without a value.", said=words, empty=empty))
    for row in left[:SHOWN]:
        words = " ".join(filter(None, (row.field, row.source_type, row.link)))
        hint = f" ({row.hint}?)" if row.hint else ""
        reason = shown(_REASONS.get(row.reason, row.reason))
        screen.say(f"  {row.file}:{row.line} {words}: {reason}{hint}".replace(" :", ":"))
    if more > SHOWN:
        screen.say(tr("  … and {n} more.", n=more - SHOWN))


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
