"""What `kt-migrate inspect` found, as one document: inspectie.html for people, inspectie.json.

The same archive and algorithm give the same bytes: no clock, no paths, no order of reading.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.history.careplans import CAREPLAN, STATUS, SUB_ACTIVITY
from kt_migrate.history.inspection import Inspection
from kt_migrate.reports.page.html import write_page
from kt_migrate.reports.page.inspected import inspection_page
from kt_migrate.reports.page.model import Page
from kt_migrate.reports.page.workbook import write_workbook

SCHEMA = "kt-migrate-inspection/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What becomes of a type in KT 2.0, by the algorithm.

    Attributes:
        fate: `migrated`, `merged` (into what becomes of another type), `by_parts` (no object of
            its own, but its activities are), `no_home` (left behind on purpose) or `no_rule`
            (the algorithm does not know the type: all is rejected).
        target: R4 type, when migrated.
        rule: id of the rule that leaves it behind.
    """

    fate: str
    target: str = ""
    rule: str = ""


def homes(types: Iterable[str], algorithm: Algorithm) -> dict[str, Home]:
    """Say of each type what becomes of it."""
    return {source_type: _home(source_type, algorithm) for source_type in types}


def _home(source_type: str, algorithm: Algorithm) -> Home:
    as_tasks = algorithm.policies.sub_activities == "tasks"
    if source_type == STATUS:
        return Home(fate="merged")
    if source_type in algorithm.not_migrated and not (source_type == SUB_ACTIVITY and as_tasks):
        fate = "by_parts" if source_type == CAREPLAN else "no_home"
        return Home(fate=fate, rule=algorithm.not_migrated[source_type])
    if source_type in algorithm.types:
        return Home(fate="migrated", target=algorithm.types[source_type].target)
    return Home(fate="no_rule")


def document(found: Inspection, places: dict[str, Home]) -> dict[str, Any]:
    """Return what `--json` prints and inspectie.json holds. Its fields: docs/inspection.md."""
    return {
        "schema": SCHEMA,
        **found.as_json(),
        "kt2": {source_type: asdict(home) for source_type, home in places.items()},
    }


def write_inspection(page: Path, found: Inspection, places: dict[str, Home]) -> tuple[Path, Path]:
    """Write the page, and beside it the same as a spreadsheet and as JSON.

    Args:
        page: where the page comes; the others get the same name with `.xlsx` and `.json`.
        found: what is in the archive.
        places: what becomes of each type.

    Returns:
        The page, and the JSON.
    """
    machine = page.with_suffix(".json")
    said = page_of(found, places)
    write_page(said, page)
    write_workbook(said, page.with_suffix(".xlsx"))
    _write(machine, orjson.dumps(document(found, places), option=orjson.OPT_INDENT_2) + b"\n")
    return page, machine


def page_of(found: Inspection, places: dict[str, Home]) -> Page:
    """Return what the page says."""
    fates = {name: (home.fate, home.target, home.rule) for name, home in places.items()}
    return inspection_page(found, fates)


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    unfinished.replace(path)
