"""The census counts by a road of its own, and the plan must agree with it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from archives import HOST, Sent, activity, careplan, life, patient, status, version, write

from kt_migrate.errors import BooksError, CensusError, ExitCode
from kt_migrate.history import census, last_states
from kt_migrate.history.census import Found
from kt_migrate.history.settling import settle
from kt_migrate.kt13.carried import Sealed, read_sealed
from kt_migrate.kt13.read import read_document
from kt_migrate.kt13.sealed import Seals
from kt_migrate.model import Document
from support import EXAMPLE, SHARED, plan_of

P1, C1, S1 = f"{HOST}/Patient/1", f"{HOST}/CarePlan/1", f"{HOST}/Status/1"


def message() -> Sent:
    """Return a message with an object of each kind."""
    nameless = {"id": "anchor", "extension": [{"url": "urn:x", "valueString": "y"}]}
    plan = careplan(activity("a-1"), {}, nameless, {"prohibited": False})
    return life([{P1: patient(), C1: plan, S1: status("a-1", "Completed")}])[0]


def test_it_finds_links_and_identifiers_and_nothing_else() -> None:
    """An activity without an identifier is known by its care plan and its place or id."""
    found = census.count(message().queue())

    assert found == {
        Found(activity=False, source_type="Patient", link=P1),
        Found(activity=False, source_type="CarePlan", link=C1),
        Found(activity=False, source_type="CarePlanActivityStatus", link=S1),
        Found(activity=True, source_type="CarePlanActivity", link="a-1"),
        Found(activity=True, source_type="CarePlanActivity", link=f"{C1}#anchor"),
        Found(activity=True, source_type="CarePlanActivity", link=f"{C1}#3"),
    }


def test_what_stands_below_a_header_that_cannot_be_read_is_not_counted() -> None:
    """Its message is named as a document of its own; the next header's objects count."""
    whole = orjson.loads(message().queue())
    nameless = orjson.loads(Sent("", {f"{HOST}/Patient/9": patient()}).sender())
    whole["entry"] = [*nameless["entry"], *whole["entry"]]

    assert census.count(orjson.dumps(whole)) == census.count(message().queue())


def documents() -> Iterator[tuple[str, bytes]]:
    """Yield every file of the example domain and of the real messages."""
    folders = [EXAMPLE / "archive", SHARED / "examples" / "kt13"]
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".json", ".xml"):
                yield path.name, path.read_bytes()


def test_both_roads_find_the_same_objects_in_every_document() -> None:
    """Document by document, over the example domain and (where they lie) the real messages."""
    counted = 0
    for name, content in documents():
        document = read_document(content)
        if not isinstance(document, Document):
            continue
        links = {(o.source_type, o.link) for m in document.messages for o in m.objects}
        found = {(f.source_type, f.link) for f in census.count(content) if not f.activity}
        assert found == links, name
        counted += len(found)
    assert counted > 150


def test_a_census_that_misses_an_object_fails_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names it; no plan is left behind."""
    honest = census.count
    monkeypatch.setattr(
        census, "count", lambda content: {f for f in honest(content) if f.link != P1}
    )

    with pytest.raises(CensusError) as caught:
        plan_of([write(tmp_path / "archive", [message().queue()])], tmp_path / "plan.sqlite")

    assert P1 in caught.value.where
    assert caught.value.exit_code is ExitCode.CENSUS
    assert not (tmp_path / "plan.sqlite").exists()


def test_a_history_that_hides_an_object_fails_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that chose a copy per message did: here a whole group is never decided."""

    def hides(db: sqlite3.Connection) -> None:
        settle(db)
        db.execute("DELETE FROM object WHERE link = ?", (P1,))

    monkeypatch.setattr(last_states, "settle", hides)
    with pytest.raises((CensusError, BooksError)):
        plan_of([write(tmp_path / "archive", [message().queue()])], tmp_path / "plan.sqlite")


def test_an_object_that_was_never_seen_is_noticed_by_the_census_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The books balance: what never came in is in none of them."""

    def loses(content: bytes, seals: Seals) -> object:
        found = read_sealed(content, seals)
        assert isinstance(found, Sealed)
        (some,) = found.carried
        return found._replace(carried=(tuple(one for one in some if one.link != S1),))

    monkeypatch.setattr("kt_migrate.history.prepare.read_sealed", loses)
    with pytest.raises(CensusError) as caught:
        plan_of([write(tmp_path / "archive", [message().queue()])], tmp_path / "plan.sqlite")

    assert caught.value.where == f"CarePlanActivityStatus {S1}"


def test_the_error_names_no_more_than_ten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An archive of a thousand missing objects fits on a screen."""
    many = {f"{HOST}/Patient/{n}": patient() for n in range(30)}
    sent = Sent("m-1", many, assigned=dict.fromkeys(many, version(1)))
    monkeypatch.setattr(census, "count", lambda _content: set())

    with pytest.raises(CensusError) as caught:
        plan_of([write(tmp_path / "archive", [sent.queue()])], tmp_path / "plan.sqlite")

    assert len(caught.value.where.split("; ")) == 10


def test_objects_of_another_domain_are_not_counted(tmp_path: Path) -> None:
    """Their message is one rejected document, named in the error list."""
    content = (
        message()
        .queue()
        .replace(
            b'"category": [',
            b'"category": [{"scheme": "http://hl7.org/fhir/tag/security", "label": "ANDER"}, ',
        )
    )
    with plan_of(
        [write(tmp_path / "archive", [content])], tmp_path / "p.sqlite", domains=("D",)
    ) as plan:
        assert {(o.source_type, o.reason) for o in plan.objects()} == {("Document", "domain-other")}
        assert plan.census() == {}


CODING = {"system": "urn:x", "code": "CareTeam"}
KT = {"system": "http://ggz.koppeltaal.nl/fhir/Koppeltaal/Profile/OtherResourceUsage"}


@pytest.mark.parametrize(
    "change",
    [
        {"event": {"coding": [{"code": "CreateOrUpdatePatient"}]}},
        {"event": [{"code": "CreateOrUpdatePatient"}]},
        {"identifier": {"value": "m-1"}},
        {"identifier": "Jan Jansen"},
        {"event": {"display": "only"}},
    ],
)
@pytest.mark.parametrize(
    "content",
    [
        {"resourceType": "Other", "code": {"coding": [CODING, {**KT, "code": "UserMessage"}]}},
        {"resourceType": "Other", "code": {"coding": [CODING, {**CODING, "code": "UserMessage"}]}},
        {"resourceType": "Other", "code": {"coding": [{**KT, "code": "Jan Jansen"}]}},
        {"resourceType": "Other", "code": {"text": "x"}},
        {"resourceType": "x" * 5_000},
        {"resourceType": "a\u001b[2J"},
        {"resourceType": "Abc123"},
        {"resourceType": "Document"},
        {"resourceType": "CarePlanActivity"},
        *(
            {"resourceType": "Other", "code": {"coding": [{**KT, "code": name}]}}
            for name in ("MessageHeader", "Application", "CarePlanActivity", "CarePlanGoal")
        ),
    ],
)
def test_odd_codes_headers_and_types_do_not_part_the_two_roads(
    tmp_path: Path, content: dict[str, object], change: dict[str, object]
) -> None:
    """What one road reads in its own way, the other leaves open; nothing odd reaches a name."""
    whole = orjson.loads(message().queue())
    whole["entry"][0]["content"].update(change)
    whole["entry"].append({"id": "a-1", "content": content})
    files = [orjson.dumps(whole), Sent("m-2", {P1: patient()}).sender()]
    with plan_of([write(tmp_path / "archive", files)], tmp_path / "plan.sqlite") as plan:
        names = {(o.source_type, o.event) for o in plan.objects()}

    assert all(name.isalnum() and len(name) <= 64 for pair in names for name in pair if name)


def test_a_merged_document_loses_only_the_message_that_cannot_be_read(tmp_path: Path) -> None:
    """One named document; the other message's objects are migrated."""
    whole = orjson.loads(message().queue())
    nameless = orjson.loads(Sent("", {f"{HOST}/Patient/9": patient()}).sender())
    whole["entry"] = [*whole["entry"], *nameless["entry"]]
    archive = write(tmp_path / "archive", [orjson.dumps(whole)])
    with plan_of([archive], tmp_path / "plan.sqlite") as plan:
        documents = [o for o in plan.objects() if o.source_type == "Document"]
        patients = [o for o in plan.objects() if o.source_type == "Patient"]

    assert [(o.link, o.reason) for o in documents] == [
        ("0000.json#message-1", "message-incomplete")
    ]
    assert [o.link for o in patients] == [P1]
