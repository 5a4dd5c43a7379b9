"""What cannot be input is refused, with a reason that shows nothing of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kt13.both_ways import read_document
from kt13.forms import NS, Paper, Part, header
from kt_migrate.kt13.json_body import parse_json
from kt_migrate.kt13.xml_body import DoctypeError, parse_xml
from kt_migrate.model import Body, Node, Unreadable

pytestmark = pytest.mark.property


def nested(depth: int) -> Body:
    """Return a body that nests this deep."""
    node: Node = "x"
    for _ in range(depth):
        node = {"a": [node]}
    assert isinstance(node, dict)
    return node


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE feed SYSTEM "file:///etc/passwd"><feed/>',
        b"<!DOCTYPE feed><feed/>",
        b"<feed/><!DOCTYPE feed>",
        b'<feed>&x;</feed><!ENTITY x "y">',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE feed><feed/>'.encode("utf-16"),
    ],
)
def test_a_doctype_is_refused_before_it_can_do_anything(content: bytes) -> None:
    """In whatever encoding it hides."""
    with pytest.raises(DoctypeError):
        parse_xml(content)


def hidden(declarations: str) -> bytes:
    """Return a document whose DOCTYPE a search for the word does not find."""
    text = f'<?xml version="1.0" encoding="utf-16"?><!DOCTYPE feed {declarations}><feed>&x;</feed>'
    return text.encode("utf-16")


@pytest.mark.parametrize(
    "declarations",
    ['[<!ENTITY x SYSTEM "{}">]', 'SYSTEM "{}" [<!ENTITY x "y">]', '[<!ENTITY x SYSTEM "{}.no">]'],
)
def test_nothing_is_followed_before_the_doctype_is_seen(declarations: str, tmp_path: Path) -> None:
    """Neither an entity nor a DTD: what they name would end in another error."""
    trap = tmp_path / "trap"
    trap.write_text("<!ELEMENT", "utf-8")

    with pytest.raises(DoctypeError):
        parse_xml(hidden(declarations.format(trap.as_uri())))


def test_no_document_is_huge() -> None:
    """The parser itself stops at a depth that no message has."""
    with pytest.raises(ValueError, match="not well-formed"):
        parse_xml(b"<a>" * 1_000 + b"</a>" * 1_000)


@pytest.mark.parametrize(
    "content", [b"", b"<feed>", b"<feed>&x;</feed>", b"x", b"<a/><b/>", b"\xff<a/>"]
)
def test_what_is_no_xml_is_a_value_error_without_its_content(content: bytes) -> None:
    """The parser's own message would show a line of it."""
    with pytest.raises(ValueError, match=r"^not well-formed$") as caught:
        parse_xml(content)

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_json_document_is_an_object() -> None:
    """Not a list, a text or a number."""
    for content in (b"[1]", b"5", b'"x"', b"null"):
        with pytest.raises(ValueError, match="no object"):
            parse_json(content)


@pytest.mark.parametrize("content", [b"", b"[1]", b"5", b"null", b'{"a": }', b'"x"', b"\xff{}"])
def test_what_is_no_json_object_is_a_value_error(content: bytes) -> None:
    """A list too."""
    with pytest.raises(ValueError):  # noqa: PT011 (of three kinds)
        parse_json(content)


@pytest.mark.parametrize(
    "half", [rb"\ud83d", rb"\ude00", rb"\uD83Dx", rb"\uDFFF", rb"\ude00\ud83d", b"\xed\xa0\xbd"]
)
def test_half_a_character_is_no_text(half: bytes) -> None:
    """Escaped or raw, in a name or a value: what is made of it could not be written."""
    for document in (b'{"a": "%s"}', b'{"%s": "a"}'):
        with pytest.raises(ValueError):  # noqa: PT011 (of two kinds)
            parse_json(document.replace(b"%s", half))


def test_both_halves_are_one_character() -> None:
    """And a backslash may stand before a `u`; another encoding than UTF-8 is read too."""
    text = r'{"resourceType": "Bundle", "title": "\ud83d\ude00 \\ud83d", "entry": []}'

    assert parse_json(text.encode()).title == "\U0001f600 \\ud83d"
    assert parse_json(text.encode("utf-16-le")).title == "\U0001f600 \\ud83d"


@pytest.mark.parametrize(
    ("content", "code", "detail"),
    [
        (b"", "file-unreadable", "xml"),
        (b"tekst", "file-unreadable", "xml"),
        (b"<feed>", "file-unreadable", "xml"),
        (b"{", "file-unreadable", "json"),
        (b" \r\n\t[1]", "file-unreadable", "json"),
        (b"\xef\xbb\xbf {", "file-unreadable", "json"),
        (b"[" * 100_000, "file-unreadable", "too-deep"),
        (b"<a>" * 5_000, "file-unreadable", "xml"),
        (b"<!DOCTYPE a><a/>", "file-doctype", ""),
        (
            Paper(parts=(Part(kind="Patient", body=nested(99)),)).json(),
            "file-unreadable",
            "too-deep",
        ),
        (
            Paper(parts=(Part(kind="Patient", body=nested(99)),)).xml(),
            "file-unreadable",
            "too-deep",
        ),
        (b"<Patient/>", "file-not-a-message", "Patient"),
        (b"<Jan_Jansen/>", "file-not-a-message", "Unknown"),
        (b'{"resourceType": "Jan Jansen"}', "file-not-a-message", "Unknown"),
        (b'{"a": 1}', "file-not-a-message", "Unknown"),
    ],
)
def test_why_a_file_cannot_be_input_is_a_code_and_never_its_content(
    content: bytes, code: str, detail: str
) -> None:
    """By serialisation, or by the type that stands there instead."""
    found = read_document(content)

    assert isinstance(found, Unreadable)
    assert (found.issue.code, found.issue.detail, found.issue.path) == (code, detail, "")


def test_a_byte_order_mark_and_spaces_before_a_document_do_not_count() -> None:
    """E2, E3: in both forms; CRLF neither."""
    paper = Paper(parts=(Part(kind="MessageHeader", body=header()),))
    plain = read_document(paper.json())

    assert read_document(b"\xef\xbb\xbf" + paper.json()) == plain
    assert read_document(b" \r\n" + paper.json() + b"\r\n") == plain
    assert read_document(b"\xef\xbb\xbf" + paper.xml()) == plain
    assert read_document(paper.xml().replace(b"<entry>", b"\r\n\r\n<entry>\r\n")) == plain
    assert not isinstance(plain, Unreadable)
    assert NS
