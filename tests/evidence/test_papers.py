"""What of a run goes into its pack: fields by name, words by list, objects by pseudonym."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.books import Books
from kt_migrate.evidence.others import (
    count,
    digest,
    figures,
    probe_paper,
    rollback_paper,
    sample_paper,
    word,
)
from kt_migrate.evidence.papers import ERROR_COLUMNS, errors_paper
from kt_migrate.evidence.words import OTHER, event_word, path_word, rule_word, with_known_words
from kt_migrate.model import Outcome
from kt_migrate.plan.rows import IssueRow
from kt_migrate.plan.sampling.record import Sample
from kt_migrate.probing.record import ProbePoint, ProbeRecord, Verdict, write_probe
from kt_migrate.pseudonyms import pseudonym
from kt_migrate.undo.record import Record
from probing.services import GOOD

LINK = "https://epd.example/Patient/jan-jansen-1970"
types = st.sampled_from(["Patient", "Device", "Jansen", "Piet", ""])
rows = st.tuples(types, types, st.sampled_from(list(Outcome)), st.integers(0, 9), st.integers(0, 9))


def issue(**changes: str) -> IssueRow:
    """Return a line of the error list."""
    given = {
        "source_type": "Patient",
        "event": "CreateOrUpdatePatient",
        "link": LINK,
        "code": "value-missing",
        "path": "Patient.birthDate",
        "rule": "patient-birth-date",
        "detail": "Jan Jansen",
        **changes,
    }
    return IssueRow(**given)


def listed(*issues: IssueRow) -> list[dict[str, str]]:
    """Return the error list of a pack."""
    text = errors_paper(issues).decode()
    assert text.startswith(",".join(ERROR_COLUMNS))
    return list(csv.DictReader(io.StringIO(text)))


def test_an_error_goes_by_its_pseudonym() -> None:
    """Link and detail stay behind."""
    assert listed(issue()) == [
        {
            "pseudonym": pseudonym(LINK),
            "code": "value-missing",
            "class": "gegevensverwerking",
            "step": "map",
            "type": "Patient",
            "event": "CreateOrUpdatePatient",
            "path": "Patient.birthDate",
            "rule": "patient-birth-date",
        }
    ]


@pytest.mark.parametrize(
    ("changes", "column", "shown"),
    [
        ({"source_type": "JanJansen"}, "type", OTHER),
        ({"event": "JanJansen"}, "event", OTHER),
        ({"path": "Patient.name[Jan Jansen]"}, "path", ""),
        ({"rule": "Jan Jansen"}, "rule", ""),
        ({"link": ""}, "pseudonym", ""),
        ({"code": "server-rejected", "path": "Patient.jansen"}, "path", ""),
    ],
)
def test_what_an_archive_or_a_server_made_up_stays_behind(
    changes: dict[str, str], column: str, shown: str
) -> None:
    """Words are those of KT 1.3; a refused write's path is a server's."""
    assert listed(issue(**changes))[0][column] == shown


def test_lines_are_sorted_and_no_cell_is_a_formula() -> None:
    """So that the same list gives the same bytes."""
    one, other = issue(), issue(link="https://epd.example/Patient/2")

    assert errors_paper([one, other]) == errors_paper([other, one])
    assert listed(issue(path="-1.a"))[0]["path"] == "'-1.a"


@given(st.lists(rows))
def test_books_in_words_of_kt13_have_the_same_figures(
    every: list[tuple[str, str, Outcome, int, int]],
) -> None:
    """What has another name is booked together; what balanced balances."""
    books = Books()
    for source_type, event, outcome, objects, more in every:
        books.see(source_type, event, objects + more)
        books.supersede(source_type, event, more)
        books.know(source_type, event, objects)
        books.end(source_type, event, outcome, objects)
    known = with_known_words(books)

    assert not known.unbalanced()
    assert not {t for t, _e, _r in known.rows()} - {"Patient", "Device", OTHER, ""}
    assert {e for _t, e, _r in known.rows()} <= {OTHER, ""}
    assert _sum(known) == _sum(books)


def _sum(books: Books) -> list[int]:
    rows = [list(row.as_json().values()) for _t, _e, row in books.rows()]
    return [sum(column) for column in zip(*rows, strict=True)]


@given(st.text(max_size=30))
def test_a_word_is_known_or_left_out(text: str) -> None:
    """Nothing with a space, an at sign or a slash comes through."""
    for found in (event_word(text), path_word(text), rule_word(text), word(text)):
        assert not set(found) & set(" @/\\\"'<>\x1b\n")
        assert found in (text, "", OTHER)


@pytest.mark.parametrize("value", [-1, True, 1.5, "1", None, [1]])
def test_a_count_is_a_whole_number(value: object) -> None:
    """Anything else is none."""
    assert count(value) == 0
    assert count(7) == 7
    assert digest("A" * 64) == digest("a" * 63) == digest(value) == ""


def test_of_a_sample_the_figures_come_along() -> None:
    """A seed is what a person typed: a word, or nothing."""
    sample = Sample(
        plan="a" * 64,
        asked="30%",
        seed="de zoon van Piet",
        dossiers=13,
        dossiers_of=15,
        patients=13,
        patients_of=15,
        writes=37,
        writes_of=44,
        rejected=1,
        rejected_of=2,
        digest="b" * 64,
        strata=(),
    )
    paper = sample_paper(sample)

    assert paper is not None
    assert (paper["asked"], paper["seed"], paper["writes"]) == ("30%", "", 37)
    assert sample_paper(None) is None


def test_figures_are_numbers_and_plain_words() -> None:
    """A name that is none of those leaves its figure behind too."""
    found = figures({"Patient": [1, 2.5, None, True, "few-writes", "Jan Jansen"], "Jan J": 1})

    assert found == {"Patient": [1, 2.5, None, True, "few-writes", ""]}


def test_what_was_never_undone_or_probed_has_no_paper(tmp_path: Path) -> None:
    """It is absent, and not empty."""
    assert rollback_paper(tmp_path) is None
    assert probe_paper(tmp_path, "local") is None


def test_undoing_without_a_look_afterwards_has_no_proof(tmp_path: Path) -> None:
    """Its counts come from the record of undoing, not from the paper."""
    Record(tmp_path).close()
    said = {"types": {"Jan Jansen": {"x": 1}}, "proof": None}
    (tmp_path / "rollback.json").write_bytes(orjson.dumps(said))

    assert rollback_paper(tmp_path) == {
        "undone": 0,
        "left": 0,
        "pending": 0,
        "types": {"": {"x": 1}},
        "proof": None,
    }


def test_of_a_probe_the_words_stay_behind(tmp_path: Path) -> None:
    """A server chooses what it is called."""
    at = datetime(2026, 11, 28, tzinfo=UTC).isoformat()
    point = ProbePoint(id="software", verdict=Verdict.MET, found="Jan Jansen 1.0", needed="x")
    told = ProbePoint(id="clock", verdict=Verdict.UNKNOWN, found="", needed="")
    record = ProbeRecord(
        environment="local",
        environment_file="a" * 64,
        at=at,
        plan="b" * 64,
        points=(point, told),
        server=GOOD,
    )
    write_probe(tmp_path, record)
    paper = probe_paper(tmp_path, "local")

    assert paper is not None
    assert paper["points"] == [
        {"id": "software", "verdict": "met", "needed": True},
        {"id": "clock", "verdict": "unknown", "needed": False},
    ]
    assert (paper["plan"], paper["at"], paper["server"]) == ("b" * 64, at, GOOD.digest)
