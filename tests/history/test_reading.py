"""From a folder to a decided history: what is told on the way, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from archives import HOST, Sent, activity, careplan, patient, status, version, write
from histories import Copy, document, thing

from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.errors import SourceError
from kt_migrate.history import reading
from kt_migrate.history.census import Census
from kt_migrate.history.prepare import Prepared, Read, read_files
from kt_migrate.history.reading import read_archive
from kt_migrate.history.store import History
from kt_migrate.model import SourceFile

P1, P2, C1 = f"{HOST}/Patient/1", f"{HOST}/Patient/2", f"{HOST}/CarePlan/1"
SECURITY = "http://hl7.org/fhir/tag/security"


def labelled(content: bytes, *labels: str) -> bytes:
    """Return a document with labels of domains."""
    bundle = orjson.loads(content)
    bundle["category"] += [{"scheme": SECURITY, "label": label} for label in labels]
    return orjson.dumps(bundle)


@contextmanager
def read(
    folder: Path, files: Sequence[bytes], domains: Sequence[str] = ()
) -> Iterator[tuple[History, Census]]:
    """Read files into a history and a census."""
    history = History(folder)
    census = Census(history.db)
    read_archive([write(folder / "archive", files)], history, census, domains)
    yield history, census
    history.close()


def test_an_archive_becomes_a_history_and_a_census(tmp_path: Path) -> None:
    """Every object has its last state, care plans are taken apart, and the census is settled."""
    carried = {P1: patient(), C1: careplan(activity("a-1"))}
    with read(tmp_path, [Sent("m-1", carried).queue()]) as (history, census):
        assert history.types() == ["CarePlan", "CarePlanActivity", "MessageHeader", "Patient"]
        assert census.counts() == {"CarePlan": 1, "CarePlanActivity": 1, "Patient": 1}


def test_progress_is_told_per_file_and_the_password_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted from one; a file that no message can be is one as well."""
    archive = write(tmp_path / "archive", [Sent("m-1", {P1: patient()}).queue()])
    (archive / "read.txt").write_text("x", encoding="utf-8")
    asked: list[object] = []

    def noting(roots: Sequence[Path], limits: object, passwords: object) -> Iterator[SourceFile]:
        asked.append((roots, limits, passwords))
        return walk(roots)

    def secret(container: str) -> str:
        return container

    monkeypatch.setattr(reading, "walk", noting)
    told: list[int] = []
    bounds = Limits(max_depth=3)
    history = History(tmp_path)

    read_archive([archive], history, Census(history.db), (), told.append, secret, limits=bounds)

    assert told == [1, 2]
    assert asked == [([archive], bounds, secret)]
    assert history.documents() == {"no-message .txt": 1, "queue-message": 1}
    history.close()


def test_an_archive_without_a_file_is_none(tmp_path: Path) -> None:
    """All its roots are named, with what to do; a listener is not needed."""
    history = History(tmp_path)
    roots = [tmp_path / "a", tmp_path / "b"]
    for root in roots:
        root.mkdir()

    with pytest.raises(SourceError) as caught:
        read_archive(roots, history, Census(history.db))

    assert caught.value.where == f"{roots[0]}, {roots[1]}"
    assert "not one file" in str(caught.value)
    assert "--archive" in caught.value.fix
    history.close()


OWN, OTHER = Sent("m-1", {P1: patient("A")}).queue(), Sent("m-2", {P2: patient("B")}).queue()


@pytest.mark.parametrize(
    ("files", "domains", "links", "refused"),
    [
        ([labelled(OWN, "D"), labelled(OTHER, "E")], ("D",), {P1}, {("m-2", "E")}),
        ([labelled(OWN, "D"), labelled(OTHER, "E")], ("D", "E"), {P1, P2}, set()),
        ([labelled(OWN, "D"), labelled(OTHER, "E")], (), {P1, P2}, set()),
        ([labelled(OWN, "D"), labelled(OTHER, "E")], ("F",), set(), {("m-1", "D"), ("m-2", "E")}),
        # A message without a label belongs to any domain.
        ([OWN, labelled(OTHER, "E")], ("D",), {P1}, {("m-2", "E")}),
    ],
)
def test_messages_of_another_domain_are_refused_by_name(
    tmp_path: Path,
    files: list[bytes],
    domains: tuple[str, ...],
    links: set[str],
    refused: set[tuple[str, str]],
) -> None:
    """Neither road counts their objects."""
    with read(tmp_path, files, domains) as (history, census):
        assert {one.link for one in history.last_states("Patient")} == links
        assert census.counts() == ({"Patient": len(links)} if links else {})
        assert {
            (link, issue.detail)
            for kind, link, _event, issue in history.refusals()
            if kind == "Document"
        } == refused
        assert all(issue.code == "domain-other" for *_rest, issue in history.refusals())


def test_a_merged_document_of_two_domains_loses_the_other_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The census cannot tell its messages apart, so it leaves that document out."""
    one, two = (
        Sent(f"m-{n}", {link: patient(link[-1])}, assigned={link: version(n)}).queue()
        for n, link in ((1, P1), (2, P2))
    )
    whole, more = orjson.loads(one), orjson.loads(two)
    whole["entry"] += more["entry"]

    def mixed(files: Iterable[SourceFile], *, counts: bool) -> Iterator[Read]:
        for file, found in read_files(files, counts=counts):
            assert isinstance(found, Prepared)
            labels = zip(found.messages, "DE", strict=True)
            changed = tuple(replace(message, domain=label) for message, label in labels)
            yield file, found._replace(messages=changed)

    monkeypatch.setattr(reading, "read_files", mixed)
    with read(tmp_path, [orjson.dumps(whole)], ("D",)) as (history, census):
        assert [one.link for one in history.last_states("Patient")] == [P1]
        assert [(t, link) for t, link, *_rest in history.refusals()] == [("Document", "m-2")]
        assert census.counts() == {}


def test_objects_without_their_message_are_never_taken_for_anothers(tmp_path: Path) -> None:
    """Which domain they are of would be a guess."""
    history = History(tmp_path)
    whole = document(Copy("a", [thing()], domain="D"), Copy("b"))
    for broken in (whole._replace(carried=((),)), whole._replace(messages=whole.messages[:1])):
        with pytest.raises(ValueError, match="zip"):
            reading._of_domains(broken, history, ("D",))
    history.close()


def test_a_status_finds_its_activity(tmp_path: Path) -> None:
    """Care plans are taken apart after the last states were decided."""
    files = [
        Sent("m-1", {C1: careplan(activity("a-1"))}, assigned={C1: version(1)}).queue(),
        Sent("m-2", {P1: status("a-1", "Completed")}, assigned={P1: version(2)}, iid=2).queue(),
    ]
    with read(tmp_path, files) as (history, _census):
        assert history.db.execute("SELECT activity FROM decider").fetchall() == [("a-1",)]
