"""What people fill in on the error list: it survives, and is nowhere but in the list."""

from __future__ import annotations

import csv
import io
import re
import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import ConfigurationError, JournalError
from kt_migrate.language import set_language
from kt_migrate.plan.runs import next_run
from kt_migrate.pseudonyms import pseudonym
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.errors.actions import COLUMNS, action_list, column_words
from kt_migrate.reports.errors.reading import Filled, Wrong, read_back
from kt_migrate.reports.errors.remarks import (
    MOST,
    NOTHING,
    Line,
    Remark,
    Status,
    changing,
    file_digest,
    remarks_of,
    store_of,
)
from kt_migrate.reports.errors.taking import Taken, take_back
from kt_migrate.reports.errors.writing import WRITERS, guarded, unguarded
from reports.lists import P1, P2, ROWS, Row, run_with
from reports.test_errors_grouped import issue

MISSING: Row = ("Patient", P1, "value-missing", "Patient.birthDate")
INVALID: Row = ("Patient", P2, "value-invalid", "Patient.name")
LINE, OTHER = (P1, "value-missing", "Patient.birthDate"), (P2, "value-invalid", "Patient.name")


def exported(root: Path, run: str, name: str) -> Path:
    """Write a list, notices too; the name's ending says in which format."""
    path = root / name
    path.unlink(missing_ok=True)
    with action_list(root, root / "runs" / run, notices=True) as found:
        WRITERS[path.suffix[1:]](path, found)
    return path


def cells(path: Path) -> list[dict[str, str]]:
    """Return the rows of a list as a person sees them, by the machine's names."""
    if path.suffix == ".csv":
        text = path.read_bytes().decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]
        return [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    book = openpyxl.load_workbook(path)
    return [
        dict(zip(COLUMNS, ["" if value is None else str(value) for value in row], strict=True))
        for sheet in book.worksheets[1:]
        for row in sheet.iter_rows(min_row=2, values_only=True)
    ]


def filled(path: Path, change: Callable[[dict[str, str]], dict[str, str]]) -> Path:
    """Change the rows of a list as a spreadsheet does."""
    if path.suffix == ".csv":
        rows = [change(row) for row in cells(path)]
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=";")
        writer.writerow(column_words())
        writer.writerows(row.values() for row in rows)
        path.write_text(text.getvalue(), "utf-8-sig", newline="")
        return path
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[1:]:
        for row in sheet.iter_rows(min_row=2):
            values = [str(c.value or "") for c in row]
            changed = change(dict(zip(COLUMNS, values, strict=True)))
            for cell, value in zip(row, changed.values(), strict=True):
                cell.value = value
                cell.data_type = "s"
    book.save(path)
    return path


def saying(line: Line, **values: str) -> Callable[[dict[str, str]], dict[str, str]]:
    """Return what fills in the row of one line."""
    return lambda row: row | values if (row["link"], row["code"], row["path"]) == line else row


def taken(root: Path, path: Path, *, replace_newer: bool = False) -> Taken:
    """Import a list."""
    return take_back(root, path, root, replace=replace_newer)


def kept(root: Path) -> dict[Line, Remark]:
    """Return what the store says."""
    with remarks_of(root) as remarks:
        return dict(remarks.lines())


def wrongs(found: Taken) -> list[tuple[str, Wrong]]:
    """Return what is wrong, and where."""
    return [(problem.where, problem.wrong) for problem in found.problems]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a working folder with a run of two lines."""
    run_with(tmp_path, "mgr2/001", [MISSING, INVALID])
    return tmp_path


TEXTS = st.lists(
    st.sampled_from(["=", "+", "-", "@", "\t", "\r", "\n", ";", '"', "'", ",", " ", "a", "é"]),
    max_size=8,
).map("".join)
REMARKS = st.builds(Remark, st.sampled_from(["", "KT2-Support"]), st.sampled_from(Status), TEXTS)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@settings(max_examples=12, deadline=None)
@given(rows=ROWS, said=st.lists(REMARKS, min_size=7, max_size=7))
def test_every_remark_survives_the_next_run(
    tmp_path_factory: pytest.TempPathFactory, kind: str, rows: list[Row], said: list[Remark]
) -> None:
    """Written, filled in, read back, and written again for a run after it: each row as it was."""
    root = tmp_path_factory.mktemp("root")
    run_with(root, "mgr2/001", rows)
    wanted = {
        (link, code, path): r for (_t, link, code, path), r in zip(rows, said, strict=False) if link
    }

    def fill(row: dict[str, str]) -> dict[str, str]:
        found = wanted.get(
            (unguarded(row["link"]) if kind == "csv" else row["link"], row["code"], row["path"])
        )
        if found is None:
            return row
        text = guarded(found.text) if kind == "csv" else found.text
        words = {
            "holder": found.holder or row["holder"],
            "remark": text,
            "status": found.status.value,
        }
        return row | words

    done = taken(root, filled(exported(root, "mgr2/001", f"list.{kind}"), fill))
    run_with(root, "mgr2/002", rows)
    again = exported(root, "mgr2/002", f"again.{kind}")
    before = kept(root)
    twice = taken(root, again)

    assert (done.problems, twice.problems) == ((), ())
    assert twice.changed == 0
    assert before == kept(root)
    assert before.keys() <= wanted.keys()
    for line, remark in before.items():
        told = wanted[line]
        assert (
            remark.text
            == "".join(
                " " if c == "\t" else c for c in told.text.replace("\r\n", "\n").replace("\r", "\n")
            ).strip()
        )
        assert (remark.status, remark.holder) == (told.status, told.holder)
    for line, told in wanted.items():
        if told.status is not Status.OPEN or told.holder or told.text.strip():
            assert line in before


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_later_run_takes_over_what_was_filled_in(root: Path, kind: str) -> None:
    """Of another environment too; a solved line's is kept, and comes back with it."""
    path = exported(root, "mgr2/001", f"list.{kind}")
    taken(
        root,
        filled(path, saying(LINE, remark="bel 1", status="geaccepteerd", holder="KT2 support")),
    )
    run_with(root, "prd2/001", [INVALID])
    gone = cells(exported(root, "prd2/001", f"gone.{kind}"))
    run_with(root, "prd2/002", [MISSING, INVALID])
    back = cells(exported(root, "prd2/002", f"back.{kind}"))

    assert [row["remark"] for row in gone] == [""]
    shown = {row["link"]: (row["remark"], row["status"], row["holder"]) for row in back}
    assert shown[P1] == ("bel 1", "geaccepteerd", "KT2-Support")
    assert kept(root) == {LINE: Remark("KT2-Support", Status.ACCEPTED, "bel 1")}


def test_what_is_taken_out_again_is_gone(root: Path) -> None:
    """An emptied row is a row that says nothing."""
    taken(root, filled(exported(root, "mgr2/001", "a.csv"), saying(LINE, remark="x")))
    taken(root, filled(exported(root, "mgr2/001", "b.csv"), saying(LINE, remark="")))

    assert kept(root) == {}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"holder": "Jan"}, Wrong.HOLDER),
        ({"status": "klaar"}, Wrong.STATUS),
        ({"remark": "x" * (MOST + 1)}, Wrong.TOO_LONG),
        ({"link": "", "pseudonym": "", "remark": "x"}, Wrong.NO_OBJECT),
        ({"pseudonym": "QPCA-M8NV-D9F48", "status": "solved"}, Wrong.NO_OBJECT),
        ({"code": "nonsense", "remark": "x"}, Wrong.NO_CODE),
        ({"link": P2, "remark": "x"}, Wrong.APART),
        ({"path": "Patient.elsewhere", "remark": "x"}, Wrong.UNKNOWN),
    ],
)
def test_one_row_that_cannot_be_stops_all_of_a_file(
    root: Path, kind: str, values: dict[str, str], wrong: Wrong
) -> None:
    """It is named by file and line, and the other row is not taken over either."""
    path = exported(root, "mgr2/001", f"list.{kind}")
    other = saying(OTHER, remark="good")

    found = taken(root, filled(filled(path, other), saying(LINE, **values)))

    place = "list.csv:3" if kind == "csv" else "list.xlsx:2:3"
    assert wrongs(found) == [(place, wrong)]
    assert (found.changed, kept(root)) == (0, {})


@pytest.mark.parametrize("column", ["holder", "remark", "status", "link", "reason"])
def test_a_formula_is_refused(root: Path, column: str) -> None:
    """In a workbook wherever it stands; in CSV whatever begins as one without an apostrophe."""
    table = filled(exported(root, "mgr2/001", "list.csv"), saying(LINE, **{column: "=1+1"}))
    book_path = exported(root, "mgr2/001", "list.xlsx")
    book = openpyxl.load_workbook(book_path)
    book.worksheets[1].cell(3, COLUMNS.index(column) + 1).value = "=1+1"
    book.save(book_path)

    assert wrongs(taken(root, table)) == [("list.csv:3", Wrong.FORMULA)]
    assert wrongs(taken(root, book_path)) == [("list.xlsx:2:3", Wrong.FORMULA)]
    assert kept(root) == {}


def test_a_line_that_is_there_twice(root: Path) -> None:
    """With the same it is mentioned; with something else neither counts."""
    path = filled(exported(root, "mgr2/001", "list.csv"), saying(LINE, remark="x"))
    rows = path.read_text("utf-8-sig").splitlines()
    path.write_text("\n".join([*rows, rows[2]]), "utf-8-sig")
    same = taken(root, path)
    path.write_text("\n".join([*rows, rows[2].replace(";x;", ";y;")]), "utf-8-sig")
    other = taken(root, path)

    assert (same.changed, same.doubled, same.problems) == (1, ("list.csv:4",), ())
    assert wrongs(other) == [("list.csv:4", Wrong.TWICE)]
    assert kept(root) == {LINE: Remark(text="x")}


def test_two_people_with_one_list_are_both_heard(root: Path) -> None:
    """Each on rows of their own; a row that nobody touched takes nothing back."""
    ann = filled(exported(root, "mgr2/001", "ann.csv"), saying(LINE, remark="ann"))
    bob = filled(exported(root, "mgr2/001", "bob.csv"), saying(OTHER, remark="bob"))

    assert taken(root, ann).changed == taken(root, bob).changed == 1
    late = taken(root, filled(exported(root, "mgr2/001", "late.csv"), saying(LINE, remark="late")))
    stale = taken(root, ann)

    assert late.changed == 1
    assert wrongs(stale) == [("ann.csv:3", Wrong.CONFLICT)]
    assert kept(root) == {LINE: Remark(text="late"), OTHER: Remark(text="bob")}


def test_two_people_on_one_line_are_a_conflict(root: Path) -> None:
    """Until somebody says that a file goes first; what that file did not touch stays."""
    taken(root, filled(exported(root, "mgr2/001", "z.csv"), saying(OTHER, remark="old")))
    ann = filled(exported(root, "mgr2/001", "ann.csv"), saying(LINE, remark="ann"))
    bob = exported(root, "mgr2/001", "bob.csv")
    bob = filled(filled(bob, saying(LINE, remark="bob")), saying(OTHER, status="solved"))

    assert taken(root, bob).changed == 2
    assert wrongs(taken(root, ann)) == [("ann.csv:3", Wrong.CONFLICT)]
    assert kept(root)[LINE] == Remark(text="bob")
    found = taken(root, ann, replace_newer=True)
    assert (found.changed, found.kept) == (1, 1)
    assert kept(root) == {LINE: Remark(text="ann"), OTHER: Remark("", Status.SOLVED, "old")}


def test_columns_may_be_moved_and_left_out(root: Path) -> None:
    """A pseudonym is enough to say which object; without the marks nothing is written over."""
    path = root / "own.csv"
    path.write_text(
        f"Opmerking,CODE,Path,pseudonym\nhallo,value-missing,Patient.birthDate,{pseudonym(P1).lower()}\n"
    )
    first = taken(root, path)
    path.write_text(f"remark;pad;code;link\nanders;Patient.birthDate;value-missing;{P1}\n")
    second = taken(root, path)

    assert (first.changed, first.problems) == (1, ())
    assert wrongs(second) == [("own.csv:2", Wrong.CONFLICT)]
    assert kept(root) == {LINE: Remark(text="hallo")}


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.csv", b"\xff\xfe", "no UTF-8"),
        ("a.csv", b"link;field;value\nx;y;z\n", "no list of errors"),
        ("a.csv", b"", "no list of errors"),
        ("a.csv", b"link;code;path;remark;opmerking\n", "twice"),
        ("a.csv", b'link;code;path;remark\nx;"y"z;p;SECRET\n', "no CSV"),
        ("a.xlsx", b"SECRET", "no XLSX"),
    ],
)
def test_a_file_that_is_no_list_of_ours_is_refused(
    root: Path, name: str, content: bytes, what: str
) -> None:
    """By name, and without what stands in it."""
    (root / name).write_bytes(content)

    with pytest.raises(ConfigurationError, match=what) as caught:
        list(read_back(root / name))

    assert "SECRET" not in f"{caught.value.what}{caught.value.where}{caught.value.fix}"
    assert caught.value.__cause__ is None


def test_everything_with_a_remark_in_it_is_its_owners(root: Path) -> None:
    """The lists, the store, and nothing in git."""
    paths = [exported(root, "mgr2/001", f"list.{kind}") for kind in WRITERS]
    taken(root, filled(paths[0], saying(LINE, remark="x")))

    store = store_of(root)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (*paths[1:], store)]
    assert modes == [0o600] * 3
    assert stat.S_IMODE(store.parent.stat().st_mode) == 0o700
    assert (store.parent / ".gitignore").read_text() == "*\n"
    assert [p.name for p in store.parent.iterdir() if p != store] == [".gitignore"]


@pytest.mark.parametrize("kind", WRITERS)
def test_the_same_list_gives_the_same_bytes(root: Path, kind: str) -> None:
    """Whenever it is made; and nothing of it is a moment."""
    first = exported(root, "mgr2/001", f"a.{kind}").read_bytes()
    second = exported(root, "mgr2/001", f"b.{kind}").read_bytes()

    assert first == second
    if kind == "xlsx":
        with zipfile.ZipFile(io.BytesIO(first)) as packed:
            moments = re.findall(rb"\d{4}-\d\d-\d\dT[0-9:]+Z", packed.read("docProps/core.xml"))
            assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 31, 0, 0, 0)}
        assert set(moments) == {b"1980-01-01T00:00:00Z"}


@settings(max_examples=12, deadline=None)
@given(ROWS, TEXTS)
def test_no_cell_of_a_list_is_a_formula(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], text: str
) -> None:
    """Whatever stands in the objects, and whatever people write."""
    root = tmp_path_factory.mktemp("root")
    run_with(root, "mgr2/001", rows, details=[("=rule", text)] * len(rows))
    with changing(root) as remarks:
        for _kind, link, code, path in rows:
            remarks.put((link, code, path), Remark(text=text))

    for row in cells(exported(root, "mgr2/001", "list.csv")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())
    book = openpyxl.load_workbook(exported(root, "mgr2/001", "list.xlsx"))
    for sheet in book:
        assert "f" not in {cell.data_type for line in sheet for cell in line}
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:")


@pytest.mark.parametrize(
    ("text", "kept"),
    [("a_x0041_b", "a_x0041_b"), ("a\rb\x00c", "a b c"), ("\uffff", " "), ("é😀" * 20_000, None)],
)
def test_what_a_cell_cannot_hold_costs_no_row(root: Path, text: str, kept: str | None) -> None:
    """A text that looks like an escape stays itself; one that is too long is cut, and read back."""
    run_with(root, "mgr2/002", [MISSING], details=[("=rule", text)])
    with changing(root) as remarks:
        remarks.put(LINE, Remark(text="a_x0041_b"))
    path = exported(root, "mgr2/002", "list.xlsx")

    (row,) = read_back(path)
    (cell,) = (row["detail"].replace("_x005F_", "_") for row in cells(path))

    assert isinstance(row, Filled)
    assert ((row.link, row.code, row.path), row.remark.text) == (LINE, "a_x0041_b")
    assert cell == (text[:16_000] if kept is None else kept)


def test_a_workbook_has_a_sheet_per_holder_and_a_summary(root: Path) -> None:
    """By who acts now: a person may have said so."""
    run_with(root, "mgr2/002", [MISSING, INVALID, ("Document", "a.xml", "file-unreadable", "")])
    with changing(root) as remarks:
        remarks.put(OTHER, Remark("KT2-Support", Status.ACCEPTED, "JANSEN"))
    book = openpyxl.load_workbook(exported(root, "mgr2/002", "list.xlsx"))

    assert book.sheetnames == ["Overzicht", "zorgaanbieder", "IT-deelnemer", "KT2-Support"]
    summary = [[cell.value for cell in row][:6] for row in book["Overzicht"]]
    assert summary[1:] == [
        ["zorgaanbieder", "value-missing", 1, 1, 0, 0],
        ["IT-deelnemer", "file-unreadable", 1, 1, 0, 0],
        ["KT2-Support", "value-invalid", 1, 0, 0, 1],
    ]
    assert "JANSEN" not in str([[cell.value for cell in row] for row in book["Overzicht"]])
    assert [row[2].value for row in book["KT2-Support"]] == ["link", P2]


def test_a_row_has_what_a_person_needs(root: Path) -> None:
    """In Dutch or English; lines that are the same are one row."""
    run_with(
        root,
        "mgr2/002",
        [MISSING, MISSING, MISSING],
        details=[("r1", "a"), ("r2", "b"), ("r1", "a")],
    )
    set_language("en")
    try:
        path = exported(root, "mgr2/002", "list.json")
    finally:
        set_language("nl")

    (row,) = orjson.loads(path.read_bytes())["lines"]
    assert row == {
        "pseudonym": pseudonym(P1),
        "type": "Patient",
        "link": P1,
        "code": "value-missing",
        "reason": "KT 2.0 requires this element and KT 1.3 does not have it.",
        "class": "gegevensverwerking",
        "step": "map",
        "rule": "r1; r2",
        "path": "Patient.birthDate",
        "detail": "a; b",
        "advice": "Supply the value in the enrichment file, or correct it at the source.",
        "holder": "zorgaanbieder",
        "remark": "",
        "status": "open",
        "since": "mgr2/001",
        "mark": "",
    }


@settings(max_examples=10, deadline=None)
@given(st.lists(st.booleans(), min_size=1, max_size=5))
def test_since_is_the_first_run_of_an_unbroken_row(
    tmp_path_factory: pytest.TempPathFactory, there: list[bool]
) -> None:
    """Of the runs of this environment; a line that was solved between begins anew."""
    root = tmp_path_factory.mktemp("root")
    run_with(root, "acc21/001", [MISSING])
    for has in [*there, True]:
        folder = next_run(root, "mgr2")
        folder.rmdir()
        run_with(root, f"mgr2/{folder.name}", [MISSING] if has else [])
    (row,) = cells(exported(root, f"mgr2/{len(there) + 1:03}", "list.csv"))

    back = [*reversed(there), False].index(False)
    assert row["since"] == f"mgr2/{len(there) + 1 - back:03}"


def test_a_run_that_cannot_be_read_is_passed_over(root: Path) -> None:
    """And named: the row of runs is not broken by it."""
    for name in ("mgr2/002", "mgr2/003"):
        run_with(root, name, [MISSING])
    (root / "runs/mgr2/002/plan.sqlite").write_bytes(b"damaged")
    with action_list(root, root / "runs/mgr2/003", notices=True) as found:
        (row,) = found.rows()

        assert (row.since, found.passed_over) == ("mgr2/001", ("mgr2/002",))


def test_a_list_that_changed_and_was_not_imported_is_named(root: Path) -> None:
    """Until it is; one that was taken away is nobody's."""
    path = exported(root, "mgr2/001", "list.csv")
    with changing(root) as remarks:
        remarks.give(path, file_digest(path), "mgr2/001")
        fresh = remarks.not_taken()
    filled(path, saying(LINE, remark="x"))
    with remarks_of(root) as remarks:
        changed = remarks.not_taken()
    taken(root, path)
    with remarks_of(root) as remarks:
        imported = remarks.not_taken()

    assert (fresh, changed, imported) == ([], [path], [])


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"x" * 2000])
def test_a_damaged_store_is_said_to_be_damaged(root: Path, content: bytes) -> None:
    """Never taken for an empty one."""
    store_of(root).parent.mkdir()
    store_of(root).write_bytes(content)

    with pytest.raises(JournalError, match="remarks on the error list"):
        kept(root)


def test_a_change_that_fails_halfway_leaves_the_store_as_it_was(root: Path) -> None:
    """All of it, or nothing."""

    def fail() -> None:
        with changing(root) as remarks:
            remarks.put(LINE, Remark(text="new"))
            raise RuntimeError

    with changing(root) as remarks:
        remarks.put(OTHER, Remark(text="old"))
    with pytest.raises(RuntimeError):
        fail()

    assert kept(root) == {OTHER: Remark(text="old")}


def test_a_mark_tells_remarks_apart() -> None:
    """Each part of one counts, and nothing has none."""
    first = Remark("KT2-Support", Status.OPEN, "a")
    others = [
        replace(first, holder=""),
        replace(first, status=Status.SOLVED),
        replace(first, text="b"),
    ]

    assert NOTHING.mark == ""
    assert len({remark.mark for remark in (first, *others, NOTHING)}) == 5


def test_notices_are_rows_when_they_are_asked_for(root: Path) -> None:
    """Errors only, else."""
    row: Row = ("Patient", P1, "owner-first", "")
    folder = run_with(root, "mgr2/002", [MISSING, row])
    assert not is_error(issue(row))
    for notices, count in ((False, 1), (True, 2)):
        with action_list(root, folder, notices=notices) as found:
            assert len(list(found.rows())) == count
