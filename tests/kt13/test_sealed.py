"""What was read before is not read again, and nobody can tell from what comes out."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt13.both_ways import agrees
from kt13.forms import Paper, Part, header
from kt_migrate.kt13 import sealed
from kt_migrate.kt13.carried import Sealed, read_sealed
from kt_migrate.kt13.envelope import MAX_DEPTH
from kt_migrate.kt13.json_body import body_of
from kt_migrate.kt13.read import read_document
from kt_migrate.kt13.sealed import Seals
from kt_migrate.model import Body, Issue, Unreadable

Json = dict[str, Any]
HEAD: Json = {
    "resourceType": "MessageHeader",
    "identifier": "m",
    "event": {"code": "E"},
}
TOO_DEEP = Unreadable(issue=Issue(code="file-unreadable", detail="too-deep"))
NUMBERS = ["0", "-0", "10", "10.0", "10.00", "1e2", "18446744073709551616", "-1", "true", "null"]

texts = st.sampled_from(["a", "", "-0 ", "1.0", "é", '"', "\\", "\b", "\x85"])
numbers = st.sampled_from(NUMBERS).map(lambda text: f"@{text}@")
names = st.sampled_from(["code", "_code", "name", "_name", "div", "id", "_id", "url", "value"])
values = st.recursive(
    st.one_of(texts, numbers, st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(names, inner, max_size=3)),
    max_leaves=8,
)
contents = st.builds(
    lambda kind, more: {**kind, **more},
    st.sampled_from([{"resourceType": "Patient"}, {"resourceType": "Other"}, {}, HEAD]),
    st.dictionaries(names, values, max_size=4),
)
entries = st.builds(
    lambda link, content: {"id": link, "content": content},
    st.sampled_from(["http://a/1", "http://a/1/_history/2", ""]),
    contents,
)


def bundle(*found: Json) -> bytes:
    """Return a message as JSON; `@10.0@` stands for a number of which every digit counts."""
    made = {"resourceType": "Bundle", "category": [{"term": "x"}], "entry": [*found]}
    return json.dumps(made).replace('"@', "").replace('@"', "").encode()


def carrying(*more: Json) -> bytes:
    """Return a message with some contents, each under a link of its own."""
    found = [{"id": f"http://a/{n}", "content": one} for n, one in enumerate(more)]
    return bundle({"content": HEAD}, *found)


def texts_of(found: object) -> list[bytes]:
    """Return the texts that came with what a document carries."""
    assert isinstance(found, Sealed)
    return [one.text for carried in found.carried for one in carried]


@given(st.lists(st.lists(entries, max_size=4), min_size=1, max_size=4), st.integers(0, 3))
@settings(max_examples=60)
def test_json_reads_the_same_whatever_was_read_before(
    documents: list[list[Json]], remembered: int
) -> None:
    """With or without a header, whole or broken, however little is remembered."""
    made = [bundle({"content": HEAD}, *found) for found in documents]
    made += [bundle(*found) for found in documents]
    seals = Seals(remembered)
    known: set[str] = set()
    for content in [*made, *made]:
        found, expected = read_sealed(content, seals), read_document(content)
        assert agrees(expected, content, Seals())
        if isinstance(found, Sealed):
            for one in (one for carried in found.carried for one in carried):
                assert one.text or one.digest in known
                known.add(one.digest)
            assert _bare(found) == _bare(read_sealed(content, Seals()))
        else:
            assert found == expected


def _bare(found: object) -> object:
    assert isinstance(found, Sealed)
    carried = [[one._replace(text=b"") for one in some] for some in found.carried]
    return found.document, carried


bodies = st.recursive(
    # A resource has no value of its own: beside an id it would be written as one.
    st.dictionaries(
        names.filter(lambda n: n[0] != "_" and n != "value"), st.just(["x"]), max_size=3
    ),
    lambda inner: st.dictionaries(
        st.sampled_from(["name", "part"]), st.lists(inner, min_size=1, max_size=2), max_size=2
    ),
    max_leaves=6,
)


@given(st.lists(bodies, min_size=1, max_size=3), st.integers(0, 3))
@settings(max_examples=30)
def test_xml_and_json_of_one_content_have_one_digest(found: list[Any], remembered: int) -> None:
    """Whichever came first, and however little is remembered."""
    seals = Seals(remembered)
    parts = (Part(kind="Patient", body=one, link=f"http://a/{n}") for n, one in enumerate(found))
    paper = Paper(parts=(Part(kind="MessageHeader", body=header()), *parts))
    digests = set()
    for content in (*paper.both(), *paper.both()):
        read = read_sealed(content, seals)
        assert isinstance(read, Sealed)
        digests.add(tuple(one.digest for some in read.carried for one in some))
    assert len(digests) == 1


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_keeps_its_digits_here_too(number: str) -> None:
    """The fast parser would lose them."""
    content = carrying({"resourceType": "Patient", "value": f"@{number}@"})
    (text,) = texts_of(read_sealed(content, Seals()))
    assert orjson.loads(text) == ({} if number == "null" else {"value": [number]})


def test_each_text_is_given_once_and_again_when_it_was_forgotten() -> None:
    """Whoever keeps it keeps it for good; forgetting costs time only."""
    one, two = ({"resourceType": "Patient", "id": name} for name in "ab")
    seals = Seals()
    assert [bool(t) for t in texts_of(read_sealed(carrying(one, one, two), seals))] == [
        True,
        False,
        True,
    ]
    assert texts_of(read_sealed(carrying(two, one), seals)) == [b"", b""]
    assert all(texts_of(read_sealed(carrying(one), Seals(0))))


@pytest.mark.parametrize(
    "lost",
    [
        bundle({"content": {"resourceType": "MessageHeader"}}, {"id": "x", "content": {}}),
        carrying({"resourceType": "Patient", "id": "a"}, {"resourceType": "Patient", "a": "@1.0@"}),
        bundle({"content": HEAD}, {"content": {"resourceType": "Patient", "id": "a"}}),
        bundle(
            {"content": {"resourceType": "MessageHeader"}},
            {"id": "http://a/1", "content": {"resourceType": "Patient", "id": "a"}},
        ),
        bundle({"id": "http://a/1", "content": {"resourceType": "Patient", "id": "a"}}),
    ],
)
def test_a_text_that_went_no_further_is_given_to_who_asks_next(lost: bytes) -> None:
    """A message that is refused, an entry without a link, a document that is no message."""
    seals = Seals()
    given_before = read_sealed(lost, seals)
    known = set(texts_of(given_before)) if isinstance(given_before, Sealed) else set()
    (text,) = texts_of(read_sealed(carrying({"resourceType": "Patient", "id": "a"}), seals))
    assert text or b'{"id":["a"]}' in known


def test_what_nests_too_deep_is_refused_here_too() -> None:
    """In a content, seen before or not, and around it."""
    deep: Json = {"a": "x"}
    for _level in range(MAX_DEPTH):
        deep = {"a": deep}
    fits = carrying({"resourceType": "Patient", **deep})
    too_deep = carrying({"resourceType": "Patient", "b": deep})
    seals = Seals()
    assert isinstance(read_sealed(fits, seals), Sealed)
    for _time in range(2):
        assert read_sealed(too_deep, seals) == read_document(too_deep) == TOO_DEEP
    around = fits.replace(b'"Bundle"', b'"Bundle", "x": ' + b"[" * 1010 + b"]" * 1010)
    very = carrying({"resourceType": "Patient", "x": "@" + "[" * 400 + "]" * 400 + "@"})
    for content in (around, very):
        assert read_sealed(content, seals) == read_document(content) == TOO_DEEP


def test_what_is_asked_for_is_remembered_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of four contents three are remembered when the first is asked for all the time."""
    read: list[Json] = []

    def spied(resource: Json) -> Body:
        read.append(resource)
        return body_of(resource)

    monkeypatch.setattr(sealed, "body_of", spied)
    seals = Seals(4)
    for name in "abacadaea":
        read_sealed(carrying({"resourceType": "Patient", "id": name}), seals)

    assert [one["id"] for one in read if "id" in one] == ["a", "b", "c", "d", "e"]
    assert len(seals._young) <= 2
    assert len(seals._old) <= 2
    assert len(seals._given) <= 4
    assert len(seals._fresh) <= 1


def test_what_only_looks_like_a_bundle_is_none_here_too() -> None:
    """Its entries are nobody's."""
    other = carrying({"resourceType": "Patient"}).replace(b'"Bundle"', b'"List"')
    assert read_sealed(other, Seals()) == read_document(other)
    assert isinstance(read_document(other), Unreadable)
