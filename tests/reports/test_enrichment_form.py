"""The file that asks for what is missing: what would cure a reject, and nothing else."""

from __future__ import annotations

import csv
import stat
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from archives import HOST, activity, careplan, patient

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.language import set_language
from kt_migrate.plan.enrichment import read_enrichment
from kt_migrate.plan.store import Plan
from kt_migrate.reports.enrichment_form import COLUMNS, Ask, asks, write_csv, write_xlsx
from kt_migrate.reports.field_words import asked
from plan.small import STANDARD, definition, plan_files, queue

P1, P2 = f"{HOST}/Patient/1", f"{HOST}/Patient/2"
D1 = f"{HOST}/Practitioner/1"
ASKS = [
    Ask(link="=1+1", source_type="Patient", field="birthDate", reason="value-missing"),
    Ask(link=P1, source_type="Patient", field="name.family", reason="value-missing"),
]


def without(thing: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return an object without some of its elements."""
    return {name: value for name, value in thing.items() if name not in names}


def asked_of(folder: Path, *contents: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Plan these, and return (link, field, reason) of what is asked."""
    with plan_files(folder / "made", queue(*contents)) as plan:
        return [(one.link, one.field, one.reason) for one in asks(plan, STANDARD)]


DOCTOR = {
    "resourceType": "Practitioner",
    "name": [{"use": "official", "family": ["A"], "given": ["B"]}],
}


@pytest.mark.parametrize(
    ("link", "thing", "expected"),
    [
        (P1, without(patient(), "birthDate"), [("birthDate", "value-missing")]),
        (P1, patient(birthDate="1980-13-01"), [("birthDate", "value-invalid")]),
        (P1, patient(gender={"coding": [{"code": "?"}]}), [("gender", "code-unknown")]),
        (P1, {**patient(), "name": [{"use": "official", "family": ["A"]}]}, [("name.given", "value-missing")]),
        (P1, {**patient(), "name": [{"use": "official", "given": ["A"]}]}, [("name.family", "value-missing")]),
        (
            P1,
            without(patient(), "name", "birthDate"),
            [("name.family", "value-missing"), ("name.given", "value-missing"), ("birthDate", "value-missing")],
        ),
        (D1, DOCTOR, [("email", "value-missing")]),
        (P1, patient(), []),
    ],
)  # fmt: skip
def test_what_would_cure_an_object_is_asked(
    tmp_path: Path, link: str, thing: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Each field once; of a name the parts that it cannot do without."""
    found = asked_of(tmp_path, {link: thing})

    assert sorted(found) == sorted((link, *row) for row in expected)


def test_what_follows_by_itself_is_not_asked(tmp_path: Path) -> None:
    """An activity of a patient who is rejected; of one whom the archive does not have it is."""
    care = careplan(activity("a-1"))
    bare = without(patient(), "birthDate")
    assert asked_of(tmp_path, {f"{HOST}/CarePlan/1": care, P1: bare}) == [
        (P1, "birthDate", "value-missing")
    ]
    (tmp_path / "other").mkdir()
    assert asked_of(tmp_path / "other", {f"{HOST}/CarePlan/1": care}) == [
        ("a-1", "patient", "reference-missing"),
        ("a-1", "owner", "reference-missing"),
    ]


def test_an_application_without_an_address_is_asked_once(tmp_path: Path) -> None:
    """Its definitions follow."""
    files = {f"{HOST}/AD/{n}": definition(f"d-{n}", "ONBEKEND") for n in (1, 2)}
    assert asked_of(tmp_path, files) == [("ONBEKEND", "endpoint", "application-unknown")]


@pytest.fixture
def forms(tmp_path: Path) -> dict[str, Path]:
    """Return a form in both formats."""
    paths = {"csv": tmp_path / "a.csv", "xlsx": tmp_path / "b.xlsx"}
    assert write_csv(paths["csv"], ASKS) == 2
    assert write_xlsx(paths["xlsx"], ASKS) == 2
    return paths


def rows_of(path: Path) -> list[list[str]]:
    """Return what a person sees in a form."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, delimiter=";"))
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return [[str(cell.value or "") for cell in row] for row in sheet.iter_rows()]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_form_has_links_fields_and_codes_with_empty_values(
    forms: dict[str, Path], form: str
) -> None:
    """For its owner only, and with nothing that a spreadsheet would run."""
    header, first, second = rows_of(forms[form])

    assert tuple(header) == COLUMNS
    assert second == [P1, "name.family", "", "Patient", "Achternaam", "value-missing"]
    assert first[0] == ("'=1+1" if form == "csv" else "=1+1")
    assert stat.S_IMODE(forms[form].stat().st_mode) == 0o600
    if form == "xlsx":
        sheet = openpyxl.load_workbook(forms[form]).worksheets[0]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {
            "s",
            "n",
            "inlineStr",
        }
        assert sheet["A2"].data_type != "f"
        assert sheet["C2"].number_format == "@"


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_form_that_is_filled_in_is_an_enrichment(forms: dict[str, Path], form: str) -> None:
    """Whatever its links begin with; what is left empty is passed over, and counted."""
    path = forms[form]
    if form == "csv":
        path.write_text(path.read_text("utf-8-sig").replace("birthDate;", "birthDate;1950-01-02"))
    else:
        book = openpyxl.load_workbook(path)
        book.worksheets[0]["C2"] = "1950-01-02"
        book.save(path)

    found = read_enrichment([path])

    assert found.get("=1+1", "birthDate") == "1950-01-02"
    assert list(found.by_link) == ["=1+1"]
    assert found.empty == 1


def test_a_link_that_no_workbook_can_hold_is_in_the_csv_only(tmp_path: Path) -> None:
    """It would break the file for all others."""
    odd = [*ASKS, Ask(link="a\x07b", source_type="Patient", field="email", reason="x")]
    assert write_csv(tmp_path / "a.csv", odd) == 3
    assert write_xlsx(tmp_path / "a.xlsx", odd) == 2


@pytest.mark.parametrize("source_type", STANDARD.types)
def test_every_field_is_asked_in_words_of_both_languages(source_type: str) -> None:
    """Of the standard algorithm; one of a domain's own by its name."""
    fields = {
        f for rule in load_algorithm("standard").types[source_type].rules for f in rule.fields
    }
    dutch = {field: asked(field) for field in fields}
    set_language("en")
    try:
        english = {field: asked(field) for field in fields}
    finally:
        set_language("nl")

    assert all(words != field for field, words in dutch.items())
    assert all(english[field] != words for field, words in dutch.items() if field not in SAME)
    assert asked("eigen.veld") == "eigen.veld"


SAME = {"status"}
"""Fields of which both languages say the same."""


def test_the_form_holds_nothing_of_the_objects(tmp_path: Path) -> None:
    """No name, no birthday, no number."""
    secret = patient("Geheimnaam", birthDate="1980-13-01", telecom=[{"value": "0612345678"}])
    with plan_files(tmp_path / "made", queue({P1: secret})) as plan:
        write_csv(tmp_path / "a.csv", asks(plan, STANDARD))
    text = (tmp_path / "a.csv").read_text("utf-8-sig")

    assert P1 in text
    assert not any(word in text for word in ("Geheimnaam", "1980-13", "0612345678", "Test"))
    assert isinstance(plan, Plan)
