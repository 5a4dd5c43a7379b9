"""What a document becomes: plain rows, each content once, and the census beside it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson
import pytest
from archives import HOST, Sent, patient, version
from histories import answer

from kt_migrate.history import census, prepare
from kt_migrate.history.prepare import Prepared
from kt_migrate.kt13.carried import Carried
from kt_migrate.kt13.read import read_document
from kt_migrate.kt13.sealed import Seals
from kt_migrate.model import Document, Issue, NoMessage, SourceFile, Unreadable

P1, P2 = f"{HOST}/Patient/1", f"{HOST}/Patient/2"
ISSUE = Issue(code="archive-refused", detail="too-large")
TXT = NoMessage(kind=".txt")
SENT = Sent("m-1", {P1: patient(), P2: patient()}, assigned={P1: version(1)}, base={P2: version(2)})


@pytest.fixture(autouse=True)
def _forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test know what another one sent."""
    monkeypatch.setattr(prepare, "_SEALS", Seals())


def file(name: str, content: bytes) -> SourceFile:
    """Return a file of the archive."""
    return SourceFile(name=name, sha256="", size=len(content), content=content)


def texts(read: object) -> list[bytes]:
    """Return the texts that a document came with."""
    assert isinstance(read, Prepared)
    return [thing.text for carried in read.carried for thing in carried]


def test_another_process_sends_each_text_once() -> None:
    """Over all its batches."""
    some = [Sent("m", {P1: patient(name)}).queue() for name in ("A", "B")]

    def sent(*contents: bytes) -> list[bool]:
        return [bool(text) for read in prepare._prepare([*contents]) for text in texts(read)]

    assert sent(SENT.queue(), SENT.queue()) == [True, False, False, False]
    assert sent(some[0], SENT.queue()) == [True, False, False]
    assert sent(some[1], some[0]) == [True, False]


def test_this_process_sends_each_text_once_per_archive() -> None:
    """The history keeps what it had; another history has nothing yet."""
    files = [file(n, SENT.queue()) for n in "ab"]
    for _history in range(2):
        found = list(prepare.read_files(files, 1))
        assert "".join(one.name for one, _read in found) == "ab"
        assert [[bool(t) for t in texts(read)] for _one, read in found] == [
            [True, False],
            [False, False],
        ]


def test_a_document_becomes_plain_rows() -> None:
    """Its messages without their objects; those as canonical text with its digest."""
    document = read_document(SENT.queue())
    assert isinstance(document, Document)
    (found,) = prepare._prepare([SENT.queue()])
    (message,) = document.messages
    text = orjson.dumps(message.objects[0].body, option=orjson.OPT_SORT_KEYS)
    digest = hashlib.sha256(text).hexdigest()

    assert found == Prepared(
        kind="queue-message",
        messages=(replace(message, objects=()),),
        carried=(
            (
                Carried("Patient", P1, version(1), digest, text),
                Carried("Patient", P2, "", digest, b""),
            ),
        ),
        response=None,
        issues=(),
        counted=frozenset(census.count(SENT.queue())),
    )
    assert text.index(b"birthDate") < text.index(b"gender") < text.index(b"name")
    assert len(found.counted) == 2


def test_the_order_of_elements_makes_no_other_content() -> None:
    """Nor of those within elements."""
    turned = dict(reversed(patient().items()))
    turned["name"] = [dict(reversed(turned["name"][0].items()))]
    (one,), (two,) = (prepare._prepare([Sent("m", {P1: p}).queue()]) for p in (patient(), turned))
    assert isinstance(one, Prepared)
    assert isinstance(two, Prepared)
    assert one.carried[0][0].digest == two.carried[0][0].digest


def test_what_is_no_message_or_cannot_be_read_comes_with_the_reason() -> None:
    """Nothing of it is counted by either road."""
    nothing = Prepared("", (), (), None, (ISSUE,), frozenset())
    broken = Issue(code="file-unreadable", detail="json")
    whole = orjson.loads(SENT.queue())
    nameless = orjson.loads(Sent("", {P1: patient()}).sender())
    merged = orjson.dumps({**whole, "entry": [*nameless["entry"], *whole["entry"]]})
    contents: list[bytes | Unreadable | NoMessage] = [
        TXT,
        Unreadable(issue=ISSUE),
        b"{",
        SENT.answer({P1: version(3)}),
        merged,
    ]

    txt, refused, unreadable, answered, partly = prepare._prepare(contents)

    assert txt == TXT
    assert refused == nothing
    assert unreadable == nothing._replace(issues=(broken,))
    assert answered == answer("m-1", (P1, version(3)))._replace(counted=frozenset())
    assert isinstance(partly, Prepared)
    assert [issue.code for issue in partly.issues] == ["message-incomplete"]
    assert [message.identifier for message in partly.messages] == ["m-1"]


def test_the_census_looks_only_when_it_is_asked_to() -> None:
    """What is read is the same, in this process and in another."""
    (whole,), (only,) = (work([SENT.queue()]) for work in (prepare._prepare, prepare._prepare_only))
    assert isinstance(whole, Prepared)
    assert isinstance(only, Prepared)
    assert [len(found.counted) for found in (whole, only)] == [2, 0]
    assert texts(only) == [b"", b""]
    ((_file, here),) = prepare.read_files([file("a", SENT.queue())], 1, counts=False)
    assert here == whole._replace(counted=frozenset())
