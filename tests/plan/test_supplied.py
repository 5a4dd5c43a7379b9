"""What became of every row of an enrichment: in the plan, with its line and without its value."""

from __future__ import annotations

import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from archives import HOST, activity, careplan, patient

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.model import Outcome
from kt_migrate.plan.enrichment import Enrichment, read_enrichment
from kt_migrate.plan.store import Plan
from plan.small import NONE, STANDARD, definition, plan_files, queue, with_rules

P1, P2, P3 = (f"{HOST}/Patient/{n}" for n in (1, 2, 3))
BSN = "http://fhir.nl/fhir/NamingSystem/bsn"
NUMBER, STAFF = "999990019", "http://epd.example/personeel"
SECRET = "1980-13-01"


def numbered(*identifiers: tuple[str, str]) -> dict[str, Any]:
    """Return a patient with these identifiers."""
    return patient(identifier=[{"system": s, "value": v} for s, v in identifiers])


def read(folder: Path, *rows: str, header: str = "link;identifier;field;value") -> Enrichment:
    """Read a CSV of these rows, the first of which is line 2."""
    (folder / "v.csv").write_text("\n".join([header, *rows]) + "\n")
    return read_enrichment([folder / "v.csv"])


def planned(folder: Path, files: list[bytes], *rows: str, algorithm: Algorithm = STANDARD) -> Plan:
    """Plan documents with an enrichment of these rows."""
    return plan_files(folder / "made", files, algorithm, read(folder, *rows))


def became(plan: Plan) -> list[tuple[int, str, str, str, str, str]]:
    """Return (line, field, link, rule, status, reason) of every row."""
    return [(r.line, r.field, r.link, r.rule, r.status, r.reason) for r in plan.supplied()]


def fates(plan: Plan) -> dict[str, tuple[str, str]]:
    """Return the fate of every object but headers."""
    return {
        o.link: (o.outcome.value, o.reason)
        for o in plan.objects()
        if o.source_type != "MessageHeader"
    }


TWO = queue({P1: patient(), P2: patient("Vries")})


def test_a_value_that_was_used_says_where_it_came_from_and_not_what_it_is(tmp_path: Path) -> None:
    """The rule, the object, the file and the line; the resource has the value."""
    with planned(tmp_path, TWO, f"{P1};;birthDate;1950-01-02", f"{P1};;name.given;Bo") as plan:
        assert became(plan) == [
            (2, "birthDate", P1, "patient-birth-date", "used", ""),
            (3, "name.given", P1, "patient-name", "used", ""),
        ]
        assert {row.file for row in plan.supplied()} == {"v.csv"}
        assert [row.source_type for row in plan.supplied(P1)] == ["Patient", "Patient"]
        assert list(plan.supplied(P2)) == []
        births = {w.link: w.resource["birthDate"] for w in plan.writes()}
        notices = [(i.link, i.code, i.detail) for i in plan.issues()]
        path = plan.path

    assert births == {P1: "1950-01-02", P2: "1980-01-02"}
    assert notices == [(P1, "enriched", "v.csv:2"), (P1, "enriched", "v.csv:3")]
    with sqlite3.connect(path) as db:
        tables = [
            row for table in ("enrichment", "issue") for row in db.execute(f"SELECT * FROM {table}")
        ]
    assert "1950-01-02" not in repr(tables)


def test_what_cannot_be_is_refused_with_its_line_and_without_its_value(tmp_path: Path) -> None:
    """As a message with that birthday would be."""
    with planned(tmp_path, TWO, f"{P1};;birthDate;{SECRET}") as plan:
        said = [(i.link, i.code, i.detail) for i in plan.issues()]
        assert fates(plan) == {P1: ("rejected", "value-invalid"), P2: ("migrated", "")}
        assert became(plan)[0][3:] == ("patient-birth-date", "used", "")

    assert said == [(P1, "value-invalid", "v.csv:2")]


def test_the_line_is_named_when_only_the_profile_refuses_a_value(tmp_path: Path) -> None:
    """Which says so long after the mapping."""
    with planned(tmp_path, queue({P1: patient()}), f"{P1};;name.family;koos\x07naam") as plan:
        (issue,) = [i for i in plan.issues() if i.code == "profile-violation"]
        assert [o.outcome for o in plan.objects() if o.link == P1] == [Outcome.REJECTED]

    assert issue.path.startswith("Patient.name")
    assert issue.detail.endswith("v.csv:2")
    assert "koos" not in issue.detail


def test_a_reference_that_was_supplied_to_nothing_names_its_line(tmp_path: Path) -> None:
    """As a mandatory reference of a message does not exist either."""
    files = queue({f"{HOST}/CarePlan/1": careplan(activity("a-1")), P1: patient()})
    with planned(tmp_path, files, f"a-1;;owner;{HOST}/Practitioner/99") as plan:
        (issue,) = [i for i in plan.issues() if i.link == "a-1" and i.code != "enriched"]

    assert issue.code == "reference-missing"
    assert issue.detail.endswith("v.csv:2")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (f"{P3};;birthDate;1950-01-02", ("birthDate", "", "unused", "no-object", "")),
        ("Jansen;;birthDate;1950-01-02", ("birthDate", "", "unused", "no-object", "")),
        ("Jansen;;Jansen;1950-01-02", ("", "", "unused", "no-object", "")),
        (f";{BSN}|1;birthDate;1950-01-02", ("birthDate", "", "unused", "no-object", "")),
        (f"{P1};;birthdate;1950-01-02", ("", P1, "unknown", "no-rule", "birthDate")),
        (f"{P1};;Jansen;1950-01-02", ("", P1, "unknown", "no-rule", "")),
        (f"{P1};;owner;x", ("owner", P1, "unknown", "no-rule", "")),
        (f"{P1};;group;g", ("group", P1, "unknown", "no-group", "")),
        (";;birthDate;1950-01-02", ("", "", "unknown", "no-key", "")),
        (f"{P1};;;1950-01-02", ("", "", "unknown", "no-field", "")),
        (f";{NUMBER};birthDate;1950-01-02", ("", "", "unknown", "no-system", "")),
    ],
)
def test_a_row_that_is_not_used_says_why(
    tmp_path: Path, row: str, expected: tuple[str, str, str, str, str]
) -> None:
    """And shows nothing that is no link of an object and no field of a rule."""
    with planned(tmp_path, TWO, row) as plan:
        (found,) = plan.supplied()
        assert {fate for fate, _reason in fates(plan).values()} == {"migrated"}

    assert (found.field, found.link, found.status, found.reason, found.hint) == expected
    assert (found.file, found.line) == ("v.csv", 2)


def test_rows_for_what_is_not_mapped_are_not_used(tmp_path: Path) -> None:
    """An object out of scope, or one that KT 2.0 has no place for."""
    care = f"{HOST}/CarePlan/1"
    files = queue({P1: patient(), care: careplan(activity("a-1"))})
    rows = (f"{P1};;birthDate;1950-01-02", f"{care};;title;x")
    only = with_rules(scope={"types": ["CarePlan"]})
    with planned(tmp_path, files, *rows, algorithm=only) as plan:
        found = [(r.link, r.status, r.reason) for r in plan.supplied()]

    assert found == [(P1, "unused", "out_of_scope"), (care, "unused", "not_migrated")]


def test_two_values_reject_the_object_and_name_both_lines(tmp_path: Path) -> None:
    """Neither is a guess; to take the message's would migrate what somebody wanted corrected."""
    rows = (f"{P1};;birthDate;1950-01-02", f"{P2};;gender;F", f"{P1};;birthDate;1950-01-03")
    with planned(tmp_path, TWO, *rows) as plan:
        assert fates(plan)[P1] == ("rejected", "enrichment-conflict")
        assert fates(plan)[P2] == ("migrated", "")
        assert became(plan) == [
            (2, "birthDate", P1, "", "conflict", "two-values"),
            (3, "gender", P2, "patient-gender", "used", ""),
            (4, "birthDate", P1, "", "conflict", "two-values"),
        ]
        assert [i.detail for i in plan.issues() if i.link == P1] == ["v.csv:2 v.csv:4"]


def test_two_values_for_a_field_that_no_rule_takes_stop_nothing(tmp_path: Path) -> None:
    """They are unknown, both."""
    with planned(tmp_path, TWO, f"{P1};;owner;a", f"{P1};;owner;b") as plan:
        assert fates(plan)[P1] == ("migrated", "")
        assert [row[4:] for row in became(plan)] == [("unknown", "no-rule")] * 2


@pytest.mark.parametrize("system", [BSN, "bsn"])
def test_an_object_can_be_named_by_its_identifier(tmp_path: Path, system: str) -> None:
    """By the system's name in KT 1.3, or that in KT 2.0; the identifier is shown nowhere."""
    files = queue({P1: numbered(("bsn", NUMBER)), P2: numbered((STAFF, NUMBER))})
    row = f";{system}|{NUMBER};birthDate;1950-01-02"
    with planned(tmp_path, files, row) as plan:
        assert became(plan) == [(2, "birthDate", P1, "patient-birth-date", "used", "")]
        births = {w.link: w.resource["birthDate"] for w in plan.writes()}

    assert births == {P1: "1950-01-02", P2: "1980-01-02"}


def test_a_definition_is_named_by_its_identifier_without_a_system(tmp_path: Path) -> None:
    """KT 1.3 writes it as a bare text."""
    link = f"{HOST}/AD/1"
    with planned(tmp_path, queue({link: definition("d-1")}), ";|d-1;title;Anders") as plan:
        titles = [w.resource["title"] for w in plan.writes() if w.link == link]

    assert titles == ["Anders"]


def test_an_identifier_that_fits_several_objects_is_a_conflict_and_applied_to_none(
    tmp_path: Path,
) -> None:
    """Each of them is named, with the line."""
    files = queue({P1: numbered(("bsn", NUMBER)), P2: numbered(("bsn", NUMBER))})
    with planned(tmp_path, files, f";{BSN}|{NUMBER};birthDate;1950-01-02") as plan:
        assert became(plan) == [
            (2, "birthDate", P1, "", "conflict", "several-objects"),
            (2, "birthDate", P2, "", "conflict", "several-objects"),
        ]
        said = [(i.link, i.detail) for i in plan.issues() if i.code == "enrichment-ambiguous"]
        births = {w.resource["birthDate"] for w in plan.writes()}
        path = plan.path

    assert said == [(P1, "v.csv:2"), (P2, "v.csv:2")]
    assert births == {"1980-01-02"}
    with sqlite3.connect(path) as db:
        rows = repr([*db.execute("SELECT * FROM enrichment"), *db.execute("SELECT * FROM issue")])
    assert NUMBER not in rows


@pytest.mark.parametrize(
    ("values", "conflict"),
    [
        (("1950-01-02", "1950-01-02"), False),
        (("1950-01-02", "1950-01-03"), True),
    ],
)
def test_a_link_and_an_identifier_of_one_object_are_held_against_each_other(
    tmp_path: Path, values: tuple[str, str], *, conflict: bool
) -> None:
    """The same twice is once; other values are a conflict that names both lines."""
    files = queue({P1: numbered(("bsn", NUMBER))})
    rows = (f"{P1};;birthDate;{values[0]}", f";{BSN}|{NUMBER};birthDate;{values[1]}")
    with planned(tmp_path, files, *rows) as plan:
        assert fates(plan)[P1][0] == ("rejected" if conflict else "migrated")
        details = [i.detail for i in plan.issues()]

    assert details == (["v.csv:2 v.csv:3"] if conflict else ["v.csv:2"])


def test_two_values_by_one_identifier_are_a_conflict_of_its_object(tmp_path: Path) -> None:
    """And of nobody when it has none."""
    key = f";{BSN}|{NUMBER};birthDate"
    with planned(tmp_path, queue({P1: numbered(("bsn", NUMBER))}), f"{key};a", f"{key};b") as plan:
        assert fates(plan)[P1] == ("rejected", "enrichment-conflict")
        assert [row[4:] for row in became(plan)] == [("conflict", "two-values")] * 2
    (tmp_path / "other").mkdir()
    bare = queue({P1: patient()})
    with planned(tmp_path / "other", bare, f"{key};a", f"{key};b") as plan:
        assert [row[4:] for row in became(plan)] == [("unused", "no-object")] * 2


def test_an_object_that_is_excluded_is_out_of_scope(tmp_path: Path) -> None:
    """Counted with its own reason; a patient's dossier goes along, so that nothing dangles."""
    files = queue(
        {f"{HOST}/CarePlan/1": careplan(activity("a-1")), P1: patient(), P2: patient("Vries")}
    )
    with planned(tmp_path, files, f"{P1};;exclude;on-request", f"{P3};;exclude;other") as plan:
        found = fates(plan)
        assert found[P1] == found["a-1"] == ("out_of_scope", "excluded")
        assert found[P2] == ("migrated", "")
        assert [row[3:] for row in became(plan)] == [
            ("exclude", "used", ""),
            ("", "unused", "no-object"),
        ]
        assert plan.books().unbalanced() == ()


def test_what_is_excluded_does_not_come_along_with_what_needs_it(tmp_path: Path) -> None:
    """Other than what is merely out of scope: somebody said that it must not come."""
    owner = f"{HOST}/Organization/1"
    practice = {"resourceType": "Organization", "name": "Praktijk"}
    files = queue({P1: patient(managingOrganization={"reference": owner}), owner: practice})
    only = with_rules(scope={"types": ["Patient", "MessageHeader"]})
    with planned(tmp_path, files, algorithm=only) as plan:
        assert fates(plan) == {P1: ("migrated", ""), owner: ("migrated", "")}
    (tmp_path / "other").mkdir()
    row = f"{owner};;exclude;on-request"
    with planned(tmp_path / "other", files, row, algorithm=only) as plan:
        assert fates(plan) == {P1: ("migrated", ""), owner: ("out_of_scope", "excluded")}
        assert became(plan) == [(2, "exclude", owner, "exclude", "used", "")]
        assert plan.books().unbalanced() == ()


def test_the_group_of_a_patient_is_used_also_when_it_leaves_the_patient_out(tmp_path: Path) -> None:
    """It decided."""
    group = {"name": "weg", "patients": {"group": "g"}, "dossiers": "none"}
    scoped = with_rules(scope={"groups": [group]})
    rows = (f"{P1};;group;g", f"{P2};;group;onbekend")
    with planned(tmp_path, TWO, *rows, algorithm=scoped) as plan:
        assert [fates(plan)[link][0] for link in (P1, P2)] == ["out_of_scope", "migrated"]
        assert became(plan) == [
            (2, "group", P1, "scope", "used", ""),
            (3, "group", P2, "", "unknown", "no-group"),
        ]


def test_a_workbook_names_by_identifier_and_ticks_a_cell(tmp_path: Path) -> None:
    """Its rows are those of the sheet; a ticked cell is `true` or `false`."""
    book = openpyxl.Workbook()
    for row in (
        ("identifier", "field", "value", "note"),
        (f"bsn|{NUMBER}", "active", False, "eigen notitie"),
        (None, None, None, None),
        (f"bsn|{NUMBER}", "birthDate", dt.date(1950, 1, 2), None),
    ):
        book.worksheets[0].append(row)
    book.save(tmp_path / "v.xlsx")
    found = read_enrichment([tmp_path / "v.xlsx"])
    files = queue({P1: numbered(("bsn", NUMBER))})
    with plan_files(tmp_path / "made", files, STANDARD, found) as plan:
        assert [row[:2] for row in became(plan)] == [(2, "active"), (4, "birthDate")]
        (made,) = (write.resource for write in plan.writes())

    assert (made["active"], made["birthDate"]) == (False, "1950-01-02")


def test_an_object_that_is_excluded_for_no_known_reason_is_rejected(tmp_path: Path) -> None:
    """Neither migrated nor silently left out: a free text is no reason, and is not repeated."""
    with planned(tmp_path, TWO, f"{P1};;exclude;mevrouw Jansen wil niet") as plan:
        assert fates(plan)[P1] == ("rejected", "value-invalid")
        (issue,) = plan.issues()

    assert issue.detail == "v.csv:2"


def test_without_an_enrichment_the_plan_has_no_rows_of_it(tmp_path: Path) -> None:
    """And an empty file is the same."""
    with plan_files(tmp_path / "made", TWO, STANDARD, NONE) as plan:
        assert list(plan.supplied()) == []
        assert plan.supplied_counts() == {}


def test_rows_are_counted_per_status_and_reason(tmp_path: Path) -> None:
    """A row that stands for several objects counts once."""
    files = queue({P1: numbered(("bsn", NUMBER)), P2: numbered(("bsn", NUMBER))})
    rows = (f";{BSN}|{NUMBER};gender;F", f"{P1};;birthDate;1950-01-02", f"{P3};;gender;F")
    with planned(tmp_path, files, *rows) as plan:
        assert plan.supplied_counts() == {
            "conflict": {"several-objects": 1},
            "unused": {"no-object": 1},
            "used": {"": 1},
        }


def test_the_digest_is_of_identifiers_too(tmp_path: Path) -> None:
    """Another key, field or value is another enrichment; an empty one says nothing."""
    digests = {
        read(tmp_path, row).digest
        for row in ("a;;f;v", ";a|a;f;v", ";a|b;f;v", ";a|a;g;v", ";a|a;f;w", "a;;f;", "a;b|c;f;v")
    }
    assert len(digests) == 6
    assert read(tmp_path, "a;;f;").empty == 1


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    """Also below a value of several lines, and an empty line."""
    found = read(tmp_path, 'a;;f;"een', 'twee"', "", "b;;f;v")
    assert [found.by_link[link]["f"].line for link in "ab"] == [2, 5]


def test_a_cell_that_a_report_kept_from_being_a_formula_is_read_as_it_was(tmp_path: Path) -> None:
    """So that what `errors export` wrote can be read back."""
    found = read(tmp_path, "'=a;;f;'+31", "'t;;f;'s")
    assert {link: row["f"].value for link, row in found.by_link.items()} == {
        "=a": "+31",
        "'t": "'s",
    }
