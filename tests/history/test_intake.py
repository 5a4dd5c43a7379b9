"""What comes in is kept and counted, each content once."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import orjson
import pytest
from histories import (
    T1,
    T2,
    Copy,
    answer,
    decided,
    document,
    file_of,
    taken_in,
    thing,
)

from kt_migrate.history import intake
from kt_migrate.history.store import History
from kt_migrate.model import Body, Form, Issue, NoMessage

UNREADABLE = Issue(code="file-unreadable", detail="json")


def rows(history: History, sql: str) -> list[tuple[object, ...]]:
    """Return what stands in the history, in no order that counts."""
    return sorted(history.db.execute(sql), key=repr)


def test_every_file_is_counted_under_what_it_turned_out_to_be() -> None:
    """By kind; one that cannot be read, and one that no message can be, as well."""
    with taken_in(
        Copy("a"), document(kind="sender-message"), document(kind="", issues=[UNREADABLE])
    ) as history:
        history.add_no_message(file_of("x.txt", b"12"), NoMessage(kind=".txt"))
        assert history.documents() == {
            "no-message .txt": 1,
            "queue-message": 1,
            "sender-message": 1,
            "unreadable": 1,
        }
        assert list(history.documents()) == sorted(history.documents())
        assert list(history.manifest()) == [
            *((f"{n}.json", f"sha-{n}.json") for n in range(3)),
            ("x.txt", "sha-x.txt"),
        ]
        assert rows(history, "SELECT size FROM file WHERE name = 'x.txt'") == [(2,)]


def test_a_file_that_cannot_be_read_is_one_refused_document() -> None:
    """Under its own name, without an event, with the first reason; nothing of it is read."""
    broken = document(Copy("a", [thing()]), kind="", issues=[UNREADABLE, Issue(code="other")])
    with decided(broken) as (history, _states):
        assert list(history.refusals()) == [("Document", "0.json", "", UNREADABLE)]
        assert history.counted() == [("Document", "", 1)]
        assert rows(history, "SELECT identifier, event, form, timestamp, focal FROM copy") == [
            ("0.json", "", "refused", "", "")
        ]


def test_messages_of_a_document_that_cannot_be_read_are_numbered() -> None:
    """From one on, each with its own reason; the others come in."""
    issues = [Issue(code="message-incomplete", detail=d) for d in ("event", "identifier")]
    with decided(document(Copy("a", [thing()]), issues=issues)) as (history, _states):
        assert list(history.refusals()) == [
            ("Document", f"0.json#message-{n}", "", issue) for n, issue in enumerate(issues, 1)
        ]
        assert history.counted() == [
            ("Document", "", 2),
            ("MessageHeader", "Event", 1),
            ("Patient", "Event", 1),
        ]


def test_a_copy_keeps_all_that_its_message_says() -> None:
    """What orders it, who sent it, where it belongs."""
    copy = Copy(
        "m",
        form=Form.SENDER,
        iid=7,
        timestamp="2021",
        focal="f",
        event="E",
        domain="D",
        sender="S",
        status="Failed",
    )
    with taken_in(copy) as history:
        assert rows(
            history,
            "SELECT identifier, event, form, iid, timestamp, domain, sender, status, focal FROM copy",
        ) == [("m", "E", "sender", 7, "2021", "D", "S", "Failed", "f")]


@pytest.mark.parametrize(("form", "headers"), [(Form.QUEUE, 1), (Form.SENDER, 1), (Form.SEARCH, 0)])
def test_a_message_has_a_header_and_a_search_has_none(form: Form, headers: int) -> None:
    """It is an object under the message's identifier, with a sighting per copy."""
    with decided(Copy("m", [thing()], form=form)) as (history, _states):
        found = [(h.link, h.message, h.event, h.body) for h in history.headers()]
        assert found == [("m", "m", "Event", {})] * headers
        assert history.types() == ["MessageHeader"] * headers + ["Patient"]


def test_the_servers_answer_is_kept_per_object() -> None:
    """Which version it gave, to the request that it answers."""
    with taken_in(answer("m", ("p", T1), ("q", T2))) as history:
        assert rows(history, "SELECT request, link, version FROM response") == [
            ("m", "p", T1),
            ("m", "q", T2),
        ]
        assert history.counted() == []


def test_a_sighting_is_a_version_of_an_object_in_a_copy() -> None:
    """Counted per type and event; one content is kept once, with its text from whoever sent it."""
    first = thing("p", T1, "A")
    known = thing("q", T2, "A", "Practitioner")._replace(text=b"")
    with taken_in(
        Copy("a", [first, known, first]), Copy("b", [known, thing("p", "", "B")], event="Other")
    ) as history:
        assert history.counted() == [
            ("MessageHeader", "Event", 1),
            ("MessageHeader", "Other", 1),
            ("Patient", "Event", 2),
            ("Patient", "Other", 1),
            ("Practitioner", "Event", 1),
            ("Practitioner", "Other", 1),
        ]
        assert rows(
            history,
            "SELECT c.identifier, s.source_type, s.link, s.version, CAST(t.body AS TEXT),"
            " t.digest FROM sighting s JOIN copy c ON c.id = s.copy"
            " JOIN content t ON t.id = s.content",
        ) == sorted(
            [
                ("a", "Patient", "p", T1, '{"name":["A"]}', first.digest),
                ("a", "Patient", "p", T1, '{"name":["A"]}', first.digest),
                ("a", "Practitioner", "q", T2, '{"name":["A"]}', first.digest),
                ("b", "Practitioner", "q", T2, '{"name":["A"]}', first.digest),
                ("b", "Patient", "p", "", '{"name":["B"]}', thing("p", "", "B").digest),
            ],
            key=repr,
        )


def test_entries_that_cannot_be_read_are_numbered_per_type() -> None:
    """As objects of their message: another copy may have lost another entry."""
    broken = [("object-without-link", t) for t in ("Patient", "CarePlan", "Patient")]
    with decided(Copy("m", [thing()], broken=broken)) as (history, _states):
        assert list(history.refusals()) == [
            (t, f"m#entry-{n}", "Event", Issue(code="object-without-link", path=t))
            for t, n in (("CarePlan", 1), ("Patient", 1), ("Patient", 2))
        ]
        assert history.counted() == [
            ("CarePlan", "Event", 1),
            ("MessageHeader", "Event", 1),
            ("Patient", "Event", 3),
        ]


def test_a_refused_message_is_one_document_and_keeps_its_contents_for_others(
    tmp_path: Path,
) -> None:
    """The text of a content came in once, with the message that was refused."""
    history = History(tmp_path)
    issue = Issue(code="domain-other", detail="ANDER")
    carried = thing("p", T1, "A")
    history.refuse_message(Copy("a").message(), [carried, thing("q")], issue)
    later = document(Copy("b", [carried._replace(text=b"")]))
    history.add_document(file_of(), later)
    history.index()

    assert rows(history, "SELECT source_type, link FROM sighting") == [
        ("Document", "a"),
        ("MessageHeader", "b"),
        ("Patient", "p"),
    ]
    (number,) = history.db.execute("SELECT id FROM sighting WHERE link = 'p'").fetchone()
    assert history.body(number) == {"name": ["A"]}
    assert rows(history, "SELECT code, path, detail FROM refusal") == [
        ("domain-other", "", "ANDER")
    ]
    assert history.counted()[0] == ("Document", "Event", 1)
    history.close()


@pytest.mark.parametrize(
    ("others", "is_a"),
    [
        ([("CareTeam", "o")], "CareTeam"),
        ([("CareTeam", "o"), ("CareTeam", "o"), ("Other", "o")], "CareTeam"),
        ([("CareTeam", "x")], "Other"),
        ([("CareTeam", "o"), ("StorageItem", "o")], "Other"),
        ([("MessageHeader", "o")], "Other"),
        ([], "Other"),
    ],
)
def test_an_other_without_usage_is_the_one_typed_object_with_its_link(
    others: list[tuple[str, str]], is_a: str
) -> None:
    """It is counted with that, and no longer as an `Other`; its own event stays."""
    copies = [Copy("m", [thing(link, "", "T", kind) for kind, link in others], event="Typed")]
    with taken_in(Copy("u", [thing("o", "", "U", "Other")]), *copies) as history:
        found = history.db.execute(
            "SELECT s.source_type FROM sighting s JOIN copy c ON c.id = s.copy"
            " WHERE c.identifier = 'u' AND s.link = 'o'"
        ).fetchall()
        counted = [(t, e, n) for t, e, n in history.counted() if e == "Event"]

    assert found == [(is_a,)]
    assert counted == sorted([("MessageHeader", "Event", 1), (is_a, "Event", 1)])


def test_a_broken_entry_of_an_other_stays_what_it_is() -> None:
    """It has no link of its own."""
    with taken_in(
        Copy("m", broken=[("object-without-link", "Other")]),
        Copy("n", [thing("m#entry-1", "", "A", "CareTeam")]),
    ) as history:
        assert ("Other", "Event", 1) in history.counted()


def test_contents_are_kept_as_they_came() -> None:
    """Byte for byte: the text is canonical already."""
    body: Body = {"b": [{"a": ["é", "1"]}]}
    with taken_in(Copy("a", [thing("p", "", body)])) as history:
        ((text,),) = history.db.execute("SELECT body FROM content")
    assert text == orjson.dumps(body)


def test_a_document_is_taken_in_whole_or_not_at_all(tmp_path: Path) -> None:
    """Objects that belong to no message of it, or the reverse, are nobody's guess."""
    history = History(tmp_path)
    whole = document(Copy("a"), Copy("b"))
    for broken in (whole._replace(carried=((),)), whole._replace(messages=whole.messages[:1])):
        with pytest.raises(ValueError, match="zip"):
            history.add_document(file_of(), broken)
    history.close()


def test_a_history_leaves_nothing_behind(tmp_path: Path) -> None:
    """It holds patient data: its file has no name, and is gone when it is closed."""
    history = History(tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert history.db.execute("PRAGMA temp_store").fetchone() == (1,)
    history.close()
    with pytest.raises(sqlite3.ProgrammingError):
        history.db.execute("SELECT 1")


def test_a_content_that_never_came_is_no_empty_one(tmp_path: Path) -> None:
    """Its text was given to another history, say: that may not pass for an object without any."""
    history = History(tmp_path)
    history.add_document(file_of(), document(Copy("a", [thing()._replace(text=b"")])))
    with pytest.raises(ValueError, match="never came"):
        history.index()
    history.close()


@pytest.mark.parametrize(
    ("rows_at_once", "bytes_at_once", "expected"),
    [(2, 10_000, [0, 0, 2, 2, 2, 5]), (10_000, 30, [0, 0, 2, 2, 4, 4])],
)
def test_not_much_waits_to_be_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rows_at_once: int,
    bytes_at_once: int,
    expected: list[int],
) -> None:
    """So many rows, or so many bytes: an archive does not fit into the memory."""
    monkeypatch.setattr(intake, "_WAITING", rows_at_once)
    monkeypatch.setattr(intake, "_BYTES", bytes_at_once)
    history = History(tmp_path)
    written = []
    for number in range(6):
        copy = Copy(f"m-{number}", [thing(f"p{number}", "", f"text {number}")])
        history.add_document(file_of(), document(copy))
        written.append(len(rows(history, "SELECT id FROM sighting WHERE content IS NOT NULL")))
    history.index()

    assert written == expected
    assert len(rows(history, "SELECT s.id FROM sighting s JOIN content t ON t.id = s.content")) == 6
    history.close()
