"""The account of the source elements: read by rules, ignored for a reason, or unread."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from kt_migrate.mapping.coverage import Status
from kt_migrate.model import Json
from kt_migrate.plan.rows import ElementRow
from kt_migrate.reports.error_list import safe_cell

NAME = "elements.csv"
COLUMNS = ("type", "element", "objects", "status", "rules", "because")


def element_json(row: ElementRow) -> dict[str, Json]:
    """Return one element as `--json` and rapport.json have it."""
    return {
        "source_type": row.source_type,
        "path": row.path,
        "count": row.count,
        "status": row.status,
        "rules": list(row.rules),
        "because": row.because,
    }


def losses(rows: Iterable[ElementRow]) -> list[Json]:
    """Return what is left behind, on purpose or not: of that, `rule` is empty."""
    return [
        {
            "source_type": row.source_type,
            "path": row.path,
            "rule": row.rule,
            "because": row.because,
            "count": row.count,
        }
        for row in rows
        if row.status != Status.READ
    ]


def unread(rows: Iterable[ElementRow]) -> list[ElementRow]:
    """Return what no rule reads and nobody left behind on purpose, the most frequent first."""
    found = (row for row in rows if row.status == Status.UNREAD)
    return sorted(found, key=lambda row: (-row.count, row.source_type, row.path))


def how_many(rows: Iterable[ElementRow]) -> dict[str, int]:
    """Return how many elements have each status."""
    counts = Counter(row.status for row in rows)
    return {status.value: counts[status.value] for status in Status}


def write_elements(folder: Path, rows: Iterable[ElementRow]) -> Path:
    """Write elements.csv into a run folder; a spreadsheet opens it without running anything."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        texts = (row.source_type, row.path, str(row.count), row.status, row.rule, row.because)
        writer.writerow([safe_cell(text) for text in texts])
    path = folder / NAME
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(text.getvalue().encode("utf-8-sig"))
    unfinished.chmod(0o600)
    unfinished.replace(path)
    return path
