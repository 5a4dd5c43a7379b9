"""errors export and errors import: what people fill in comes back, and is shown nowhere else."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from inside import inside, typed
from kt_migrate.errors import ExitCode
from support import EXAMPLE

CANARIES = ("Pietersen", "19840229", "pietersen@voorbeeld.example", "123456782")
WROTE = f"{CANARIES[0]} ({CANARIES[1]}, bsn {CANARIES[3]}) mailt {CANARIES[2]}"
RUN = Path("runs/local/001")


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory, new_workspace: Path) -> Path:
    """Return a working folder with a plan of the example, without its enrichment."""
    folder = tmp_path_factory.mktemp("planned") / "EXAMPLE"
    shutil.copytree(new_workspace, folder)
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    shutil.move(folder / "enrichment", folder / "later")
    (folder / "enrichment").mkdir()
    assert typed("plan", cwd=folder).code == 0
    return folder


@pytest.fixture
def domain(planned: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copytree(planned, tmp_path / "EXAMPLE"))


def fill(path: Path, column: str, text: str, code: str = "value-missing") -> None:
    """Fill in one column of the first row that has this code, as a person does."""
    book = openpyxl.load_workbook(path)
    for sheet in book.worksheets[1:]:
        names = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            if row[names.index("code")].value == code:
                row[names.index(column)].value = text
                book.save(path)
                return
    raise AssertionError(code)


def corrected(domain: Path) -> None:
    """Make a second plan, with the enrichment."""
    shutil.copytree(domain / "later", domain / "enrichment", dirs_exist_ok=True)
    assert typed("plan", cwd=domain).code == 0


def test_what_was_filled_in_is_in_the_next_list(domain: Path) -> None:
    """Exported, filled in, imported; a later run's list has it, and says of how many lines."""
    assert typed("errors", "export", "--format", "xlsx", cwd=domain).code == 0
    fill(domain / RUN / "actielijst.xlsx", "opmerking", "=nee", "code-unknown")
    refused = typed("errors", "import", str(RUN / "actielijst.xlsx"), cwd=domain)
    fill(domain / RUN / "actielijst.xlsx", "opmerking", WROTE, "code-unknown")
    fill(domain / RUN / "actielijst.xlsx", "status", "opgelost", "code-unknown")

    done = typed("errors", "import", str(RUN / "actielijst.xlsx"), "--json", cwd=domain)
    corrected(domain)
    again = typed("errors", "export", "-o", "nieuw.csv", "--json", cwd=domain)

    assert refused.code == ExitCode.CONFIGURATION
    assert "een formule" in refused.out
    assert (done.code, done.document["changed"], done.document["problems"]) == (0, 1, [])
    assert again.document["taken_over"] == again.document["statuses"]["solved"] == 1
    assert "1 regels staan op opgelost, en zijn er nog" in again.err
    assert WROTE in (domain / "nieuw.csv").read_text("utf-8-sig")


def test_a_list_that_is_there_is_never_written_over(domain: Path) -> None:
    """Whoever filled it in keeps it."""
    for form, name in (("csv", ""), ("xlsx", ""), ("json", "own.txt")):
        more = ["-o", name] if name else []
        command = ("errors", "export", "--format", form, *more)
        path = domain / (name or RUN / f"actielijst.{form}")
        first = typed(*command, cwd=domain)
        path.write_bytes(b"filled in")
        again = typed(*command, cwd=domain)

        assert (first.code, again.code) == (ExitCode.OK, ExitCode.USAGE)
        assert path.read_bytes() == b"filled in"


def test_a_list_that_waits_is_named_until_it_is_imported(domain: Path) -> None:
    """What is on it, is not in the new one."""
    assert typed("errors", "export", "-o", "a.xlsx", cwd=domain).code == 0
    fill(domain / "a.xlsx", "opmerking", WROTE)
    waits = typed("errors", "export", "-o", "b.csv", "--json", cwd=domain)
    assert typed("errors", "import", "a.xlsx", cwd=domain).code == 0
    after = typed("errors", "export", "-o", "c.csv", "--json", cwd=domain)

    assert waits.document["not_imported"] == [str(domain / "a.xlsx")]
    assert f"kt-migrate errors import {domain / 'a.xlsx'}" in waits.err
    assert after.document["not_imported"] == []


def test_two_who_changed_one_line_are_told(domain: Path) -> None:
    """By file, sheet and line; `--replace` lets one go first."""
    for name, text in (("ann.xlsx", "ann"), ("bob.xlsx", "bob")):
        assert typed("errors", "export", "-o", name, cwd=domain).code == 0
        fill(domain / name, "opmerking", text)
    assert typed("errors", "import", "bob.xlsx", cwd=domain).code == 0
    refused = typed("errors", "import", "ann.xlsx", "--json", cwd=domain)
    forced = typed("errors", "import", "ann.xlsx", "--replace", "--json", cwd=domain)

    assert refused.code == ExitCode.CONFIGURATION
    (problem,) = refused.document["problems"]
    assert problem["wrong"] == "conflict"
    assert problem["where"].startswith("ann.xlsx:2:")
    assert "--replace" in refused.err
    assert (forced.code, forced.document["changed"]) == (0, 1)


def test_many_problems_are_cut_on_screen(domain: Path) -> None:
    """Twenty of them, and how many more."""
    rows = [f"urn:{n};value-missing;p;x" for n in range(25)]
    (domain / "a.csv").write_text("\n".join(["link;code;path;remark", *rows]))

    done = typed("errors", "import", "a.csv", cwd=domain)

    assert done.code == ExitCode.CONFIGURATION
    assert done.out.count("geen run heeft deze regel") == 20
    assert "… en nog 5." in done.out
    assert "25 regels kunnen niet" in done.out


def test_a_list_that_is_not_there(domain: Path) -> None:
    """Is a mistake of the command line."""
    assert typed("errors", "import", "no.csv", cwd=domain).code == ExitCode.USAGE


LOOKING = (
    "errors list",
    "errors list --lines --notices --json",
    "errors list --holder KT2-Support",
    "errors diff",
    "errors diff 001 002 --notices --json",
    "errors export -o d.csv --json",
    "errors import d.csv",
    "errors import doubled.csv",
    "errors import wrong.csv --json",
    "errors import a.xlsx",
    "report",
    "draaiboek",
    "status",
    "trace --env local {link}",
    "scope --list",
)


def test_what_people_wrote_is_in_the_lists_and_the_store_and_nowhere_else(domain: Path) -> None:
    """No screen, no document, no error and no other file has a word of it."""
    assert typed("errors", "export", "-o", "a.xlsx", cwd=domain).code == 0
    fill(domain / "a.xlsx", "opmerking", WROTE)
    fill(domain / "a.xlsx", "actiehouder", "KT2-Support")
    fill(domain / "a.xlsx", "opmerking", WROTE, "code-unknown")
    assert typed("errors", "import", "a.xlsx", cwd=domain).code == 0
    corrected(domain)
    assert typed("errors", "export", "-o", "b.csv", cwd=domain).code == 0
    rows = (domain / "b.csv").read_text("utf-8-sig").splitlines()
    said = next(row for row in rows if WROTE in row)
    link = said.split(";")[2]
    (domain / "doubled.csv").write_text("\n".join([rows[0], said, said]))
    (domain / "wrong.csv").write_text(
        "\n".join([rows[0], said.replace("value-", "x"), said.replace(WROTE, f"{WROTE}!"), said])
    )
    heard = ""
    with inside(domain):
        for line in LOOKING:
            for language in ("nl", "en"):
                if "export" in line:
                    (domain / "d.csv").unlink(missing_ok=True)
                done = typed("--lang", language, *line.format(link=link).split(), cwd=domain)
                heard += done.out + done.err

    lists = {"a.xlsx", "b.csv", "d.csv", "doubled.csv", "wrong.csv"}
    files = [
        p for p in domain.rglob("*") if p.is_file() and p.parent.name not in ("remarks", "archive")
    ]
    found = {p.name for p in files if any(c.encode() in p.read_bytes() for c in CANARIES)}
    assert WROTE in (domain / "b.csv").read_text("utf-8-sig")
    assert [word for word in CANARIES if word in heard] == []
    assert found <= lists
    assert (domain / "remarks" / "remarks.sqlite").stat().st_mode & 0o777 == 0o600
