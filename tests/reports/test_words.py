"""What a report says in words: the verdict, the headings, and each line of what went wrong."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kt_migrate.books import HashTotal
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.language import set_language
from kt_migrate.load.journal import State
from kt_migrate.model import Outcome
from kt_migrate.plan.rows import IssueRow
from kt_migrate.reports import summary
from kt_migrate.reports.result import run_result
from kt_migrate.reports.summary import write_report
from reports.test_numbers import MIGRATED, RIGHT, reported
from reports.world import COLLISION, SAID, Thing, World, Write, build

HEADINGS = {
    "nl": ["objecten", "gemigreerd", "niet gemigreerd", "uitgevallen", "buiten scope"],
    "en": ["objects", "migrated", "not migrated", "rejected", "out of scope"],
}


@pytest.fixture(params=["nl", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speak a language for the while."""
    set_language(request.param)
    yield request.param
    set_language("nl")


@pytest.mark.parametrize(
    ("found", "missing", "texts"),
    [
        (
            None,
            0,
            {
                "nl": "Volgens ons eigen journaal wel; de server is nog niet teruggelezen.",
                "en": "By our own record yes; the server was not read back yet.",
            },
        ),
        (
            RIGHT.found,
            0,
            {
                "nl": "Ja: alles wat mee moest staat in KT 2.0.",
                "en": "Yes: everything that had to come is in KT 2.0.",
            },
        ),
        (
            RIGHT.found,
            1,
            {
                "nl": "Nee: de server is niet zoals gepland.",
                "en": "No: the server is not what was planned.",
            },
        ),
    ],
)
def test_a_verdict_is_said_in_words(
    language: str, found: dict[str, HashTotal] | None, missing: int, texts: dict[str, str]
) -> None:
    """That nothing was verified is no approval, and says so."""
    _report, page = reported(World([MIGRATED], found=found, missing=missing))

    assert texts[language] in page.text
    other = texts["en" if language == "nl" else "nl"]
    assert other not in page.text


def test_the_page_names_its_language_and_its_columns(language: str) -> None:
    """A reader's voice and a machine go by it."""
    with tempfile.TemporaryDirectory() as root:
        build(Path(root), World([MIGRATED]))
        html, machine = write_report(Path(root))
        text = html.read_text("utf-8")
        modes = [path.stat().st_mode & 0o777 for path in (html, machine)]
        names = sorted(path.name for path in Path(root).glob("rapport*"))
        lines = machine.read_text("utf-8").splitlines()
    _report, page = reported(World([MIGRATED]))

    assert f'<html lang="{language}">' in text
    assert page.keyed["books"][0][2:] == HEADINGS[language]
    assert modes == [0o600, 0o600]
    assert names == ["rapport.html", "rapport.json", "rapport.xlsx"]
    assert lines[:2] == ["{", '  "schema": "kt-migrate-report/1",']


def test_a_report_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped at the last moment, there is none; and what is there is its owner's."""

    def stop(_path: Path, _target: Path) -> Path:
        raise KeyboardInterrupt

    build(tmp_path, World([MIGRATED]))
    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_report(tmp_path)

    (left,) = tmp_path.glob("rapport*")
    assert left.name == "rapport.unfinished"
    assert left.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("write", "code", "path", "detail"),
    [
        (Write("Patient", None), "server-unavailable", "", ""),
        (Write("Patient", State.WAITING), "server-unavailable", "", ""),
        (Write("Patient", State.BLOCKED), "reference-not-written", "", ""),
        (Write("Patient", State.REJECTED), "server-rejected", "Task.owner", f"HTTP 422 {SAID}"),
        (Write("Patient", State.CREATED, COLLISION), COLLISION, "", "create"),
    ],
)
def test_a_line_says_what_the_server_said_and_no_more(
    tmp_path: Path, write: Write, code: str, path: str, detail: str
) -> None:
    """Of what failed and of what a person must know; by the object's link."""
    build(tmp_path, World([Thing("Patient", ("Create",), Outcome.MIGRATED, "", (write,), 0)]))

    assert run_result(tmp_path).issues == (
        IssueRow(
            source_type="Patient",
            event="",
            link="urn:0",
            code=code,
            path=path,
            rule="",
            detail=detail,
        ),
    )


@pytest.mark.parametrize(
    ("code", "answer"), [("server-rejected", True), ("reference-not-written", False)]
)
def test_what_is_held_back_is_no_answer_of_a_server(code: str, answer: bool) -> None:  # noqa: FBT001 (a case)
    """Its detail names the object that holds it back."""
    row = {"step": "write", "class": CATALOGUE[code].error_class.value, "code": code}
    assert summary._is_answer(row) is answer
    assert not summary._is_answer({**row, "step": "map"})
