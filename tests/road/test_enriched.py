"""What is missing is asked, filled in and given back: exactly those objects then migrate (M.4)."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import openpyxl
import pytest

from inside import typed
from kt_migrate.model import Outcome
from kt_migrate.plan.store import Plan
from support import EXAMPLE

pytestmark = pytest.mark.integration

ANSWERS = {
    "birthDate": "1950-01-02",
    "email": "behandelaar@zorg.example",
    "endpoint": "https://adres.example/launch",
    "gender": "female",
    "identifier": "http://fhir.nl/fhir/NamingSystem/agb-z|01234567",
    "relationship": "FTH",
    "status": "Available",
}


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    """Return a working folder with the example and no enrichment."""
    assert typed("init", "EXAMPLE", cwd=tmp_path).code == 0
    folder = tmp_path / "EXAMPLE"
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    shutil.rmtree(folder / "enrichment")
    (folder / "enrichment").mkdir()
    return folder


def rejected(folder: Path) -> set[tuple[str, str]]:
    """Return (type, link) of everything that the plan of a run rejects."""
    with Plan(folder / "plan.sqlite") as plan:
        return {(o.source_type, o.link) for o in plan.objects() if o.outcome is Outcome.REJECTED}


def fill_csv(path: Path) -> list[tuple[str, str]]:
    """Fill a form in; return (type, link) of what was filled in."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    filled = []
    for row in rows:
        row["value"] = ANSWERS.get(row["field"], "")
        filled += [(row["type"], row["link"])] if row["value"] else []
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return filled


def fill_xlsx(path: Path) -> list[tuple[str, str]]:
    """Fill a form in; return (type, link) of what was filled in."""
    book = openpyxl.load_workbook(path)
    filled = []
    for link, field, value, kind, *_more in book.worksheets[0].iter_rows(min_row=2):
        if str(field.value) in ANSWERS:
            value.value = ANSWERS[str(field.value)]
            filled.append((str(kind.value), str(link.value)))
    book.save(path)
    return filled


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_filled_in_migrates_and_nothing_else_changes_for_the_worse(
    domain: Path, form: str
) -> None:
    """Plan, export, fill in, plan: fewer rejects, those that were filled in and what followed them."""
    assert typed("plan", cwd=domain).code == 0
    before = rejected(domain / "runs/local/001")
    path = domain / "enrichment" / f"ingevuld.{form}"
    command = ("errors", "export", "--as-enrichment", "-o", str(path))
    assert typed(*command, cwd=domain).code == 0
    asked = typed("plan", "--json", cwd=domain).document

    filled = (fill_csv if form == "csv" else fill_xlsx)(path)
    after_all = typed("plan", "--json", cwd=domain)

    assert asked["run"] == "001", "a form without values changes nothing"
    assert after_all.document["run"] == "002"
    assert after_all.document["enrichment"]["unused"] == 0
    after = rejected(domain / "runs/local/002")
    assert after < before
    assert len(filled) >= 5
    assert not after & set(filled)
    with Plan(domain / "runs/local/002/plan.sqlite") as plan:
        used = {(row.source_type, row.link) for row in plan.supplied() if row.status == "used"}
        written = {(write.source_type, write.link) for write in plan.writes()}
    assert used == set(filled) <= written
    values = [value for field, value in ANSWERS.items() if field in ("birthDate", "email")]
    assert not any(value in after_all.out + after_all.err for value in values)
    assert typed("errors", "list", "--notices", cwd=domain).code == 0
    listed = (domain / "runs/local/002/foutenlijst.csv").read_text("utf-8-sig")
    assert not any(value in listed for value in values)
