"""The two accounts balance, or there is no plan; an object has one fate, or there is no plan."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from archives import HOST, life, patient, write

from kt_migrate.errors import BooksError, ExitCode
from kt_migrate.history import last_states
from kt_migrate.history.intake import Intake
from kt_migrate.history.settling import settle
from kt_migrate.model import Outcome
from kt_migrate.plan.ledger import Ledger, Subject
from kt_migrate.plan.schema import TABLES
from plan.small import plan_roots

P1 = f"{HOST}/Patient/1"


def archive(tmp_path: Path) -> Path:
    """Return an archive with two versions of one patient."""
    return write(
        tmp_path / "archive", [s.queue() for s in life([{P1: patient("A")}, {P1: patient()}])]
    )


@pytest.mark.parametrize("more", [1, -1])
def test_a_sighting_too_many_or_too_few_fails_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    """What came in is counted apart from the rows that were kept of it."""
    honest = Intake.index

    def miscounts(self: Intake) -> None:
        self.count("Patient", "CreateOrUpdatePatient", more)
        honest(self)

    monkeypatch.setattr(Intake, "index", miscounts)
    with pytest.raises(BooksError) as caught:
        plan_roots([archive(tmp_path)], tmp_path / "plan.sqlite")

    assert caught.value.where == "Patient / CreateOrUpdatePatient"
    assert caught.value.exit_code is ExitCode.BOOKS
    assert not (tmp_path / "plan.sqlite").exists()


def test_a_sighting_that_nothing_superseded_fails_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It ended nowhere: the first account does not balance."""

    def forgets(db: sqlite3.Connection) -> None:
        settle(db)
        db.execute("DELETE FROM superseded")

    monkeypatch.setattr(last_states, "settle", forgets)

    with pytest.raises(BooksError):
        plan_roots([archive(tmp_path)], tmp_path / "plan.sqlite")


def test_an_object_without_a_fate_fails_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second account does not balance, although the first does."""
    honest = Ledger.fate_of_all

    def forgets(
        self: Ledger, source_type: str, outcome: Outcome, reason: str, *, content: bool
    ) -> None:
        if source_type != "MessageHeader":
            honest(self, source_type, outcome, reason, content=content)

    monkeypatch.setattr(Ledger, "fate_of_all", forgets)
    with pytest.raises(BooksError) as caught:
        plan_roots([archive(tmp_path)], tmp_path / "plan.sqlite")

    assert caught.value.where.startswith("MessageHeader")


def test_the_ledger_refuses_a_second_fate() -> None:
    """Whatever the first was."""
    ledger = Ledger(sqlite3.connect(":memory:"))
    subject = Subject(source_type="Patient", link=P1, event="E")
    ledger.fate(subject, Outcome.OUT_OF_SCOPE, "scope-types")

    with pytest.raises(BooksError) as caught:
        ledger.fate(subject, Outcome.MIGRATED, "")

    assert P1 in caught.value.where


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (
            ["(1, 'T', 'E', 'l', '', '', NULL, '')", "(2, 'T', 'E', 'l', '', '', NULL, '')"],
            "UNIQUE",
        ),
        (["(1, 'T', 'E', 'l', '', '', NULL, 'copy')"], "CHECK"),
        (["(1, 'T', 'E', 'l', '', '', NULL, '')", "(2, 'T', 'E', 'l', '', '', 1, '')"], "CHECK"),
    ],
)
def test_the_plan_refuses_two_last_states_and_a_loss_without_reason(
    rows: list[str], complaint: str
) -> None:
    """A constraint of the database, not a convention."""
    db = sqlite3.connect(":memory:")
    db.executescript(TABLES)

    with pytest.raises(sqlite3.IntegrityError, match=complaint):
        db.executescript(";".join(f"INSERT INTO sighting VALUES {row}" for row in rows))


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (
            [
                "('T', 'l', 1, 'E', 'rejected', 'r', NULL)",
                "('T', 'l', 2, 'F', 'not_migrated', 'r', NULL)",
            ],
            "UNIQUE",
        ),
        (["('T', 'l', 1, 'E', 'superseded', 'r', NULL)"], "CHECK"),
        (["('T', 'l', 1, 'E', 'migrated', '', NULL)"], "CHECK"),
        (["('T', 'l', 1, 'E', 'rejected', 'r', 1)"], "CHECK"),
        (
            [
                "('T', 'l', 1, 'E', 'rejected', 'r', NULL)",
                "('T', 'm', 1, 'E', 'rejected', 'r', NULL)",
            ],
            "UNIQUE",
        ),
    ],
)
def test_the_plan_refuses_a_second_fate(rows: list[str], complaint: str) -> None:
    """Nor a fate that is none, a migrated object without a write, or two objects of one sighting."""
    db = sqlite3.connect(":memory:")
    db.executescript(TABLES)

    with pytest.raises(sqlite3.IntegrityError, match=complaint):
        db.executescript(";".join(f"INSERT INTO object VALUES {row}" for row in rows))
