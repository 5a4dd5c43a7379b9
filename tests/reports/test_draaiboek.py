"""The domain's runbook: the draaiboek's steps, real commands, and the plan's actions in their place."""

from __future__ import annotations

import io
import shlex
import stat
from pathlib import Path

import openpyxl
import pytest
import typer.main

from inside import inside, typed
from kt_migrate.books import HashTotal
from kt_migrate.cli.app import app
from kt_migrate.config import ENVIRONMENTS
from kt_migrate.errors import ExitCode
from kt_migrate.language import shown
from kt_migrate.plan.actions import Action
from kt_migrate.plan.estimate import estimate_of
from kt_migrate.reports.actions import Actions
from kt_migrate.reports.draaiboek.files import markdown, page
from kt_migrate.reports.draaiboek.lines import Line, Runbook, column_names, runbook_of
from kt_migrate.reports.draaiboek.steps import all_sections
from kt_migrate.reports.draaiboek.workbook import workbook
from reports.world import Page

STEPS = [
    *[f"L.{n}" for n in range(9, 14)],
    *[f"M.{n}" for n in range(1, 7)],
    *[f"O.{n}" for n in range(1, 11)],
    *[f"P.{n}" for n in range(1, 9)],
    *[f"Q.{n}" for n in range(1, 12)],
    "J.7",
    "R",
]
EVIL = "=cmd|'/c calc'!A1 <script>x</script> `a` | b\nc"


def action(number: int, client: str = "client-1") -> Action:
    """Return an action."""
    return Action(
        number=number,
        r4_type="Patient",
        source_types=("Patient",),
        system="urn:s",
        client=client,
        credentials="configs/x.yaml",
        stage=number - 1,
        first=number,
        last=number,
        count=1,
        versions=0,
        seconds=None,
        after=(1,) if number > 1 else (),
        gates=("O.10",),
        scope="system/Patient.crus",
        endpoints=("Endpoint/1",),
        completes=number == 2,
        total=HashTotal(2, 5),
    )


def runbook(env: str, *, client: str = "client-1", domain: str = "EXAMPLE") -> Runbook:
    """Return the runbook of an environment with two actions."""
    found = Actions(
        env=env,
        run="007",
        writes=2,
        estimate=estimate_of(0, 16),
        actions=(action(1, client), action(2, client)),
    )
    return runbook_of(domain, "standard 1", "0" * 64, found, {env: "007", "mgr2": "003"})


def lines(found: Runbook) -> list[Line]:
    """Return every line."""
    return [line for chapter in found.chapters for line in chapter.lines]


def test_the_steps_are_those_of_the_draaiboek_in_their_order() -> None:
    """L.9 to L.13, M, O, P, Q, the start of production, and the way back."""
    assert [step.id for section in all_sections() for step in section.steps] == STEPS
    assert all(shown(step.en) != step.en for section in all_sections() for step in section.steps)


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_every_command_that_is_named_exists(env: str) -> None:
    """With its options, as they would be typed: nothing is invented."""
    root = typer.main.get_command(app)
    found = [command for line in lines(runbook(env)) for command in line.commands]
    assert len(found) > 20

    for command in found:
        program, *words = shlex.split(command)
        assert program == "kt-migrate"
        group = root
        while hasattr(group, "commands"):
            assert words[0] in group.commands, command
            group = group.commands[words.pop(0)]
        group.make_context(command, words)  # refuses an option or argument that is not there
        assert "{" not in command


@pytest.mark.parametrize("env", ENVIRONMENTS)
def test_a_command_is_for_the_environment_of_its_step(env: str) -> None:
    """A trial never names production; production's runbook checks the trial on mgr2."""
    named = {line.number: line.commands for line in lines(runbook(env))}

    for verb in ("trial", "cleanup"):
        assert not any(verb in c and "prd2" in c for commands in named.values() for c in commands)
    if env == "local":
        assert all(
            "--env local" in c for commands in named.values() for c in commands if "--env" in c
        )
        assert "kt-migrate trial --env local" in named["P.8"]
    else:
        assert "kt-migrate verify --env mgr2" in named["O.4"]
        assert "kt-migrate verify --env prd2" in named["Q.2"]
        assert not any("trial" in command for command in named["P.8"])


def test_a_command_about_a_run_names_it_or_is_left_out() -> None:
    """The newest run of the step's own environment."""
    named = {line.number: line.commands for line in lines(runbook("prd2"))}

    ask = "kt-migrate errors export --env {} --as-enrichment"
    assert named["M.4"][1:3] == (ask.format("mgr2"), "kt-migrate plan --env mgr2 --compare 003")
    assert named["Q.5"][1:3] == (ask.format("prd2"), "kt-migrate plan --env prd2 --compare 007")
    assert not any("--compare" in command for command in named["L.11"])


@pytest.mark.parametrize(
    ("env", "step"),
    [("acc21", "L.10"), ("acc22", "L.10"), ("mgr2", "M.2"), ("prd2", "P.8"), ("local", "P.8")],
)
def test_the_actions_stand_below_the_step_that_they_fill_in(env: str, step: str) -> None:
    """And nowhere else; each says what before, what after, and how long."""
    found = lines(runbook(env))
    at = [line.number for line in found].index(step)
    one, two = found[at + 1 : at + 3]

    assert [line.number for line in found if line.is_action] == [f"{step}-1", f"{step}-2"]
    assert one.before == "stap O.10; token met system/Patient.crus; al op de server: Endpoint/1"
    assert two.before.startswith("actie 1; stap O.10")
    assert one.check == "1 afgehandeld; Patient is compleet na een latere actie"
    assert two.check == f"verify: 2 Patient, hashtotaal {'0' * 63}5"
    assert (one.time, one.who) == ("onbekend", "client client-1 (configs/x.yaml)")


def test_what_is_done_by_hand_is_said_to_be() -> None:
    """In each of the files; a detailed action is no step by hand."""
    found = runbook("prd2")
    by_hand = sum(not line.commands and not line.is_action for line in lines(found))

    assert by_hand > 5
    assert markdown(found).decode().count("| met de hand |") == by_hand
    assert page(found).decode().count("<td>met de hand</td>") == by_hand
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(found))).worksheets[0]
    assert [cell.value for cell in sheet["D"]].count("met de hand") == by_hand


def test_date_and_initials_are_empty_for_every_line() -> None:
    """They are for a person to fill in."""
    found = runbook("mgr2")
    rows = len(lines(found))

    text = markdown(found).decode()
    assert sum(line.endswith("|  |  |") for line in text.splitlines()) == rows
    tables = Page(page(found).decode()).tables[1:]
    assert sum(row[-2:] == ["", ""] for table in tables for row in table[1:]) == rows
    assert all(len(row) == len(column_names()) for table in tables for row in table)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(found))).worksheets[0]
    assert {cell.value for column in "HI" for cell in sheet[column]} == {None, "datum", "paraaf"}


def test_the_page_is_one_file_that_prints_on_a4_in_light_and_dark() -> None:
    """Nothing comes from elsewhere."""
    raw = page(runbook("prd2")).decode()

    assert [
        word for word in ("http://", "https://", "url(", "@import", "<script") if word in raw
    ] == []
    for part in ("@page{size:A4", "@media print", "prefers-color-scheme:dark"):
        assert part in raw


def test_no_text_from_elsewhere_is_markup_or_a_formula() -> None:
    """A client id is a person's text: it stays text."""
    found = runbook("prd2", client=EVIL)

    raw = page(found).decode()
    assert "<script>" not in raw
    assert "script" in raw
    rows = [line for line in markdown(found).decode().splitlines() if line.startswith("| P.8-1")]
    assert len(rows) == 1
    cells = rows[0].replace("\\|", "").split("|")
    assert len(cells) == len(column_names()) + 2
    assert "<script>" not in rows[0]
    book = openpyxl.load_workbook(io.BytesIO(workbook(found)))
    types = {cell.data_type for sheet in book for row in sheet for cell in row if cell.value}
    assert types == {"s"}


def test_a_text_that_starts_as_a_formula_is_none() -> None:
    """Also as the very first character of a cell."""
    found = runbook("prd2", domain='=HYPERLINK("x")\x01')
    book = openpyxl.load_workbook(io.BytesIO(workbook(found)))
    values = [cell for sheet in book for row in sheet for cell in row if cell.value]

    started = [cell for cell in values if str(cell.value).startswith("=")]
    assert started
    assert {cell.data_type for cell in started} == {"s"}
    assert all(cell.quotePrefix for cell in started)


def test_the_workbook_keeps_its_header_in_sight_and_can_be_filtered() -> None:
    """Over all of its rows."""
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(runbook("mgr2")))).worksheets[0]

    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:I{sheet.max_row}"
    assert [cell.value for cell in sheet[1]] == list(column_names())


def test_the_command_writes_into_the_run_folder_for_its_owner_only(tried: Path) -> None:
    """All formats unless told otherwise; whole, or not at all."""
    with inside(tried):
        done = typed("draaiboek", "--env", "local", cwd=tried)
    folder = tried / "runs" / "local" / "001"

    assert done.code == ExitCode.OK
    for name in ("draaiboek.md", "draaiboek.html", "draaiboek.xlsx"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert name in done.out
    assert list(folder.glob("*.unfinished")) == []
    text = (folder / "draaiboek.md").read_text("utf-8")
    assert "| P.8-1 | Schrijf" in text
    assert "Gemeten in local/001" in text.replace("\\", "")


def test_a_person_chooses_format_folder_and_language(tried: Path) -> None:
    """One file of the three, somewhere else, in English."""
    with inside(tried):
        done = typed(
            "--lang", "en", "draaiboek", "--format", "md", "-o", "papers", cwd=tried
        )  # fmt: skip
        wrong = typed("draaiboek", "--format", "md,pdf", cwd=tried)

    assert done.code == ExitCode.OK
    assert [path.name for path in (tried / "papers").iterdir()] == ["draaiboek.md"]
    text = (tried / "papers" / "draaiboek.md").read_text("utf-8")
    assert "| by hand |" in text
    assert "The care provider orders the migration" in text.replace("GO: the", "The")
    assert wrong.code == ExitCode.USAGE
    assert "Dit formaat is er niet" in wrong.err
