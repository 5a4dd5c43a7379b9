"""The ledger: one fate per object, issues and elements counted, drafts kept as they came."""

from __future__ import annotations

import sqlite3

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import BooksError, ExitCode
from kt_migrate.model import Issue, Key, Outcome, Reference, Resource, Write
from kt_migrate.plan.ledger import Ledger, Subject, load_resource

P1 = Subject(source_type="Patient", link="http://a/1", event="E")
S1 = Subject(source_type="CarePlanActivityStatus", link="http://s/1", event="F")


@pytest.fixture
def ledger() -> Ledger:
    """Return an empty ledger."""
    return Ledger(sqlite3.connect(":memory:"))


def fates(ledger: Ledger) -> list[tuple[str, str, str, str]]:
    """Return every fate."""
    return list(ledger.db.execute("SELECT * FROM fate ORDER BY 1, 2"))


@pytest.mark.parametrize("first", Outcome)
@pytest.mark.parametrize("second", Outcome)
def test_an_object_has_one_fate_and_never_a_second(
    ledger: Ledger, first: Outcome, second: Outcome
) -> None:
    """Whatever both are; the first stands, and the object is named."""
    ledger.fate(P1, first, "reason")

    with pytest.raises(BooksError) as caught:
        ledger.fate(P1, second, "")

    assert caught.value.where == "Patient http://a/1"
    assert caught.value.exit_code is ExitCode.BOOKS
    assert "do not migrate" in caught.value.fix
    assert fates(ledger) == [("Patient", "http://a/1", first.value, "reason")]


def test_an_object_is_its_type_and_its_link_together(ledger: Ledger) -> None:
    """Two types may share a link, and two links a type."""
    ledger.fate(P1, Outcome.MIGRATED, "")
    ledger.fate(Subject(source_type="CareTeam", link=P1.link, event="E"), Outcome.REJECTED, "x")
    ledger.fate(Subject(source_type="Patient", link="http://a/2", event="E"), Outcome.REJECTED, "y")

    assert [(t, k) for t, k, _outcome, _reason in fates(ledger)] == [
        ("CareTeam", "http://a/1"),
        ("Patient", "http://a/1"),
        ("Patient", "http://a/2"),
    ]


@pytest.mark.parametrize(
    ("outcome", "reason", "expected"),
    [
        (Outcome.MIGRATED, "", ("migrated", "")),
        (Outcome.REJECTED, "value-missing", ("rejected", "reference-missing")),
        (Outcome.NOT_MIGRATED, "activity-removed", ("not_migrated", "activity-removed")),
        (Outcome.OUT_OF_SCOPE, "scope-types", ("out_of_scope", "scope-types")),
    ],
)
def test_a_follower_ends_where_what_it_follows_does(
    ledger: Ledger, outcome: Outcome, reason: str, expected: tuple[str, str]
) -> None:
    """With its reason; what follows a reject is rejected because of that."""
    ledger.fate(P1, outcome, reason)
    ledger.fate(Subject(source_type="Patient", link="other", event="E"), Outcome.MIGRATED, "")
    ledger.fate(Subject(source_type="Other", link=P1.link, event="E"), Outcome.MIGRATED, "")
    ledger.follow(S1, "Patient", "http://a/1")

    ledger.settle_followers()

    assert fates(ledger)[0] == (S1.source_type, S1.link, *expected)
    assert len(fates(ledger)) == 4


def test_a_follower_of_what_has_no_fate_has_none(ledger: Ledger) -> None:
    """So the books fail, and say where."""
    ledger.follow(S1, "Patient", "http://a/1")

    ledger.settle_followers()

    assert fates(ledger) == []


@pytest.fixture
def seen(ledger: Ledger) -> Ledger:
    """Return a ledger beside a history with two patients, one without content, and a team."""
    ledger.db.executescript(
        "CREATE TABLE object (source_type, link, sighting); CREATE TABLE sighting (id, content);"
        "INSERT INTO object VALUES ('Patient', 'a', 1), ('Patient', 'b', 2), ('Patient', 'c', 3),"
        " ('CareTeam', 'd', 4); INSERT INTO sighting VALUES (1, 7), (2, 7), (3, NULL), (4, 8);"
    )
    return ledger


@pytest.mark.parametrize(("content", "links"), [(True, ["a", "b"]), (False, ["c"])])
def test_a_type_ends_as_one_but_for_what_has_no_content_or_has(
    seen: Ledger, links: list[str], *, content: bool
) -> None:
    """Every object of the type, and none of another."""
    seen.fate_of_all("Patient", Outcome.NOT_MIGRATED, "no-home", content=content)

    assert fates(seen) == [("Patient", link, "not_migrated", "no-home") for link in links]


def test_a_type_does_not_end_as_one_when_an_object_of_it_has_ended(seen: Ledger) -> None:
    """A second fate is refused here too."""
    seen.fate(Subject(source_type="Patient", link="b", event="E"), Outcome.REJECTED, "x")

    with pytest.raises(sqlite3.IntegrityError):
        seen.fate_of_all("Patient", Outcome.NOT_MIGRATED, "no-home", content=True)


def test_a_reject_names_every_reason_and_ends_by_its_first(ledger: Ledger) -> None:
    """Each issue is one line, with all that it says."""
    issues = (
        Issue(code="value-missing", path="Patient.name", rule="patient-name", detail="d"),
        Issue(code="code-unknown", path="Patient.gender", rule="patient-gender"),
    )
    ledger.reject(P1, issues)
    ledger.issue(S1, Issue(code="activity-duplicate"))

    assert fates(ledger) == [("Patient", "http://a/1", "rejected", "value-missing")]
    assert list(ledger.problems()) == [
        ("CarePlanActivityStatus", "F", "http://s/1", "activity-duplicate", "", "", ""),
        ("Patient", "E", "http://a/1", "code-unknown", "Patient.gender", "patient-gender", ""),
        ("Patient", "E", "http://a/1", "value-missing", "Patient.name", "patient-name", "d"),
    ]


few = settings(max_examples=30, deadline=None)
LINES = st.tuples(*(st.sampled_from(["", "a", "b"]) for _column in range(7)))


@few
@given(st.lists(LINES, max_size=12))
def test_the_error_list_has_an_order_of_its_own(lines: list[tuple[str, ...]]) -> None:
    """Sorted by every column, whatever came first; equal lines stay two."""
    ledger = Ledger(sqlite3.connect(":memory:"))
    for source_type, event, link, code, path, rule, detail in lines:
        subject = Subject(source_type=source_type, link=link, event=event)
        ledger.issue(subject, Issue(code=code, path=path, rule=rule, detail=detail))

    assert list(ledger.problems()) == sorted(lines)


@few
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", "z"])), max_size=12),
    st.integers(0, 4),
)
def test_elements_are_counted_per_type_and_path(
    objects: list[tuple[str, str]], at_once: int
) -> None:
    """However many of them are counted in memory; sorted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kt_migrate.mapping.account.MOST", at_once)
        ledger = Ledger(sqlite3.connect(":memory:"))
        for source_type, name in objects:
            ledger.account(source_type, {name: ["v"]})

    assert list(ledger.elements()) == [(*one, objects.count(one)) for one in sorted(set(objects))]


def test_a_draft_keeps_the_resource_its_key_and_its_references(ledger: Ledger) -> None:
    """References are numbered per draft, in their order; paths as JSON."""
    target = Key(r4_type="Patient", system="s:p", value="1")
    resource: Resource = {"resourceType": "Task", "for": {"reference": target.reference}, "é": 1}
    references = (
        Reference(target=target, path=("for",), rule="r1"),
        Reference(target=target, path=("input", 0, "x"), remove=("input", 0), rule="r2"),
    )
    for value in ("a", "b"):
        key = Key(r4_type="Task", system="s:t", value=value)
        ledger.draft(P1, Write(key=key, resource=resource, references=references))

    drafts = list(
        ledger.db.execute(
            "SELECT r4_type, system, value, source_type, link, event, resource, alive FROM draft"
            " JOIN made ON made.draft = draft.id ORDER BY draft.id"
        )
    )
    body = orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
    assert drafts == [
        ("Task", "s:t", value, "Patient", "http://a/1", "E", body, 1) for value in "ab"
    ]
    assert load_resource(body) == resource
    assert list(
        ledger.db.execute(
            "SELECT draft, place, r4_type, system, value, path, remove, rule, dropped, target"
            " FROM draft_reference ORDER BY draft, place"
        )
    ) == [
        row
        for draft in (1, 2)
        for row in (
            (draft, 0, "Patient", "s:p", "1", '["for"]', "[]", "r1", 0, None),
            (draft, 1, "Patient", "s:p", "1", '["input",0,"x"]', '["input",0]', "r2", 0, None),
        )
    ]


def test_two_drafts_never_share_a_key(ledger: Ledger) -> None:
    """The database refuses it: a conditional create would write one of them only."""
    write = Write(key=Key(r4_type="Task", system="s", value="1"), resource={}, references=())
    ledger.draft(P1, write)

    with pytest.raises(sqlite3.IntegrityError):
        ledger.draft(S1, write)
