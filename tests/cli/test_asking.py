"""errors export, and what plan says of an enrichment: in counts, lines and links, never values."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from inside import typed
from kt_migrate.errors import ExitCode
from support import EXAMPLE

RUN = Path("runs/local/001")
SECRET = "1980-13-01"


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    """Return a working folder with a plan of the example, without its enrichment."""
    assert typed("init", "EXAMPLE", cwd=tmp_path).code == 0
    folder = tmp_path / "EXAMPLE"
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    return folder


def test_a_plan_says_what_became_of_the_rows(domain: Path) -> None:
    """Counts and the first lines on screen, all of it in `--json`; a field gets its right name."""
    patient = "https://epd.voorbeeld.example/fhir/Koppeltaal/Patient/9"
    rows = ["link;field;value", f"{patient};birthdate;{SECRET}", f"Jansen;Jansen;{SECRET}"]
    rows += [f"{patient};gender;", f"{patient};birthDate;{SECRET}"]
    (domain / "enrichment" / "meer.csv").write_text("\n".join(rows))

    done = typed("plan", "--json", cwd=domain)

    assert done.code == 0
    found = done.document["enrichment"]
    assert (found["used"], found["unused"], found["unknown"], found["empty"]) == (5, 1, 1, 1)
    assert found["reasons"] == {"unused": {"no-object": 1}, "unknown": {"no-rule": 1}}
    assert [(r["file"], r["line"], r["field"], r["hint"]) for r in found["rows"]] == [
        ("meer.csv", 2, "", "birthDate"),
        ("meer.csv", 3, "", ""),
    ]
    assert "meer.csv:2" in done.err
    assert "(birthDate?)" in done.err
    assert "meer.csv:3" in done.err
    assert not any(word in done.out + done.err for word in (SECRET, "Jansen", "birthdate"))


def test_without_an_enrichment_nothing_is_said_of_it(domain: Path) -> None:
    """And `--json` has its zeros."""
    shutil.rmtree(domain / "enrichment")
    (domain / "enrichment").mkdir()
    done = typed("plan", "--json", cwd=domain)

    assert "Verrijking" not in done.err
    assert done.document["enrichment"]["used"] == 0
    assert done.document["enrichment"]["rows"] == []


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ((), RUN / "verrijking.csv"),
        (("--format", "xlsx"), RUN / "verrijking.xlsx"),
        (("-o", "vraag.xlsx"), Path("vraag.xlsx")),
        (("-o", "vraag.txt"), Path("vraag.txt")),
        (("--output", "vraag.txt", "--format", "xlsx"), Path("vraag.txt")),
    ],
)
def test_the_form_is_written_where_and_as_it_is_asked(
    domain: Path, more: tuple[str, ...], name: Path
) -> None:
    """And never over one that is there: somebody may have filled it in."""
    assert typed("plan", cwd=domain).code == 0
    command = ("errors", "export", "--as-enrichment", *more)

    done = typed(*command, "--json", cwd=domain)
    again = typed(*command, cwd=domain)

    assert done.code == 0
    assert done.document["asked"] == 7
    assert (domain / name).is_file()
    zipped = (domain / name).read_bytes().startswith(b"PK")
    assert zipped == ("xlsx" in (*more, name.suffix[1:]))
    assert again.code == ExitCode.USAGE
    assert again.err


def test_it_must_be_said_what_to_export_and_how(domain: Path) -> None:
    """Nothing is guessed."""
    assert typed("plan", cwd=domain).code == 0
    assert typed("errors", "export", cwd=domain).code == ExitCode.USAGE
    odd = typed("errors", "export", "--as-enrichment", "--format", "ods", cwd=domain)
    assert odd.code == ExitCode.USAGE


def test_another_algorithm_than_the_plans_asks_nothing(domain: Path) -> None:
    """Its rules would ask for something else."""
    assert typed("plan", cwd=domain).code == 0
    own = domain / "eigen.yaml"
    own.write_text("schema: kt-migrate-algorithm/1\nname: eigen\nversion: '1'\nextends: standard\n")
    done = typed("errors", "export", "--as-enrichment", "--algorithm", "eigen.yaml", cwd=domain)

    assert done.code == ExitCode.PLAN_STALE
