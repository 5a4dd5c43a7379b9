"""An XML content that was read before is cut out unread, and nobody can tell."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.kt13.carried import Carried, Sealed, read_sealed
from kt_migrate.kt13.read import read_document
from kt_migrate.kt13.sealed import Seals
from kt_migrate.kt13.slices import numbered, sliced
from kt_migrate.model import Document, SourceVersion, Unreadable

DECLARED = '<?xml version="1.0" encoding="utf-8"?>'
HEAD = (
    '<MessageHeader xmlns="http://hl7.org/fhir"><identifier value="m"/>'
    '<event><code value="E"/></event></MessageHeader>'
)
PATIENT = '<Patient xmlns="http://hl7.org/fhir" id="1"><gender value="x"/></Patient>'
CONTENTS = [
    PATIENT,
    f"\n{PATIENT}\n",
    "",
    " ",
    "text",
    "<Other><code><coding><code value='CareTeam'/></coding></code></Other>",
    f"{PATIENT}<Second/>",
    "<Patient><a:name xmlns:a='urn:a' value='x'/></Patient>",
    "<Patient><p:name value='x'/></Patient>",
    "<p:Patient><name value='x'/></p:Patient>",
    "<Patient><name value='&lt;&amp;&#65;é'/></Patient>",
    "<Patient><name value='&unknown;'/></Patient>",
    "<Patient><name value='>'/></Patient>",
    "<Patient><name value='<'/></Patient>",
    "<Patient><!-- </content> --><name value='x'/></Patient>",
    "<Patient><![CDATA[</content>]]><name value='x'/></Patient>",
    *(
        f"<Patient>{a}</content>{b}<name value='{value}'/>{a}<content type=\"text/xml\">{b}</Patient>"
        for a, b in (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?pi ", "?>"))
        for value in "xy"
    ),
    "<Patient><?pi </content>?><name value='x'/></Patient>",
    "<Patient><content><name value='x'/></content></Patient>",
    '<Patient><content type="text/xml"><name value="x"/></content></Patient>',
    "<Patient><contentReference value='x'/></Patient>",
    "<Patient xml:id='a'><name value='x'/></Patient>",
    "<Patient>]]></Patient>",
    "<Patient",
    "<Patient>",
    "</entry><entry>",
    "<known/>",
    "<PatientX><MessageHeader/></PatientX>",
    "<MessageHeaderOf><a value='x'/></MessageHeaderOf>",
    "<Patient>" + "<a>" * 70 + "</a>" * 70 + "</Patient>",
    "<Patient><a>" + "<div>" * 300 + "</div>" * 300 + "</a></Patient>",
]
TAGS = [
    ('<content type="text/xml">', "</content>"),
    ('<content type="text/xml" >', "</content>"),
    ("<content type='text/xml'>", "</content >"),
    ('<content a=">" type="text/xml">', "</content>"),
    ('<content xmlns="urn:x" type="text/xml">', "</content>"),
    ('<content type="text/xml" xmlns:p="urn:p">', "</content>"),
    ('<content n="0" type="text/xml">', "</content>"),
    ('<x:content type="text/xml" xmlns:x="urn:x">', "</x:content>"),
    ('<div><content type="text/xml">', "</content></div>"),
    ('<content type="text/xml"></content><content type="text/xml">', "</content>"),
    ('<content type="text/xml"><Two/></content><content type="text/xml">', "</content>"),
    ('<!-- <content type="text/xml"> --><content type="text/xml">', "</content>"),
    ('<![CDATA[<content type="text/xml">]]><content type="text/xml">', "</content>"),
    ('<title a=\'<content type="text/xml">\'/><content type="text/xml">', "</content>"),
]
ROOTS = [
    "<feed>",
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    '<feed xmlns:p="urn:p">',
    '<feed xmlns:p="urn:other" p:a="1">',
    '<feed><content type="text/xml"><Stray/></content>',
    "<other>",
]
STARTS = [
    "",
    DECLARED,
    '<?xml version="1.0" encoding="iso-8859-1"?>',
    "<?xml version='1.0'?>",
    "<!DOCTYPE feed>",
    '<!DOCTYPE feed [<!ENTITY unknown "x">]>',
    DECLARED + "<?pi x?>",
    "\ufeff" + DECLARED,
    " ",
]


def document(start: str, root: str, *found: tuple[tuple[str, str], str]) -> bytes:
    """Return a message as XML: a header, and a content between each pair of tags."""
    entries = [(TAGS[0], HEAD), *found]
    made = "".join(
        f"<entry><id>http://a/{number}</id>{before}{content}{after}</entry>"
        for number, ((before, after), content) in enumerate(entries)
    )
    name = "feed" if root.startswith("<feed") else "other"
    return f"{start}{root}{made}</{name}>".encode()


def all_agree(found: list[bytes]) -> bool:
    """Say whether each reads as it reads in full, with every text given by then, and once."""
    seals, given = Seals(), set[str]()
    for content in found:
        full, sealed = read_document(content), read_sealed(content, seals)
        if isinstance(full, Unreadable) or isinstance(sealed, Unreadable):
            assert full == sealed
            continue
        texts = [one for some in sealed.carried for one in some if one.text]
        assert given.isdisjoint(one.digest for one in texts)
        given.update(one.digest for one in texts)
        assert given.issuperset(one.digest for some in sealed.carried for one in some)
        assert bare(sealed) == in_full(full)
    return True


def in_full(found: Document) -> object:
    """Return what a document holds, each content as its digest."""
    carried = tuple(
        tuple(Carried(o.source_type, o.link, o.version or "", digest(o), b"") for o in m.objects)
        for m in found.messages
    )
    messages = tuple(replace(message, objects=()) for message in found.messages)
    return replace(found, messages=messages), carried


def digest(found: SourceVersion) -> str:
    """Return the digest of a content."""
    text = orjson.dumps(found.body, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()


def bare(found: Sealed) -> object:
    """Return what a document holds, without texts."""
    carried = tuple(tuple(one._replace(text=b"") for one in some) for some in found.carried)
    return found.document, carried


plain = st.tuples(st.just(TAGS[0]), st.sampled_from(CONTENTS))
odd = st.tuples(st.sampled_from(TAGS), st.sampled_from(CONTENTS))
documents = st.one_of(
    st.builds(lambda found: document(DECLARED, ROOTS[1], *found), st.lists(plain, max_size=4)),
    st.builds(
        lambda start, root, found: document(start, root, *found),
        st.sampled_from(STARTS),
        st.sampled_from(ROOTS),
        st.lists(odd, min_size=1, max_size=3),
    ),
)


@given(st.lists(documents, min_size=2, max_size=4))
@settings(max_examples=250)
def test_xml_reads_the_same_whatever_was_read_before(found: list[bytes]) -> None:
    """Plain and odd documents mixed, so that what one taught meets what another holds."""
    assert all_agree([*found, *found])


WAYS = [
    *((STARTS[1], ROOTS[1], tags) for tags in TAGS),
    *((STARTS[1], root, TAGS[0]) for root in ROOTS),
    *((start, ROOTS[1], TAGS[0]) for start in STARTS),
]


@pytest.mark.parametrize("way", range(len(WAYS)))
def test_a_content_learned_in_a_plain_document_means_the_same_in_an_odd_one(way: int) -> None:
    """And the other way round: every pair of a content and what may stand around it."""
    start, root, tags = WAYS[way]
    for content in CONTENTS:
        simple = document(DECLARED, ROOTS[1], (TAGS[0], content))
        other = document(start, root, (tags, content), (TAGS[0], PATIENT))
        assert all_agree([simple, other, simple])
        assert all_agree([other, simple, other])


def test_what_is_known_is_cut_out() -> None:
    """Else all of the above would hold for nothing."""
    cut = sliced(document(DECLARED, ROOTS[1], (TAGS[0], PATIENT), (TAGS[0], PATIENT)))
    assert cut is not None
    assert cut.forms[0] == b""
    assert cut.forms[1] == cut.forms[2] != b""
    assert numbered(cut, [False, True, False]).count(PATIENT.encode()) == 1


@pytest.mark.parametrize(
    "odd",
    [
        "<Patient><!-- x --></Patient>",
        "<Patient><![CDATA[x]]></Patient>",
        "<Patient><?pi x?></Patient>",
        "<Patient xml:id='a'/>",
        "<Patient><content/></Patient>",
        "<Patient></content></Patient>",
        '<Patient><content type="text/xml"></Patient></content>',
    ],
)
def test_what_a_machine_would_not_write_is_not_cut(odd: str) -> None:
    """Then the parser alone says what it is."""
    assert sliced(document(DECLARED, ROOTS[1], (TAGS[0], PATIENT))) is not None
    assert sliced(document(DECLARED, ROOTS[1], (TAGS[0], odd), (TAGS[0], PATIENT))) is None


@pytest.mark.parametrize("start", [STARTS[0], STARTS[1], *STARTS[2:7]])
def test_only_utf_8_is_cut(start: str) -> None:
    """In another encoding the same bytes may say something else."""
    made = document(start, ROOTS[1], (TAGS[0], PATIENT))
    assert (sliced(made) is not None) == (start in STARTS[:2])
