"""What the census reads of one document in XML: the same as in JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import pytest
from lxml import etree

from kt_migrate.history.census import Found, count
from kt_migrate.kt13.read import read_document
from kt_migrate.model import Document

KT = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
IDENTIFIER = KT + "CarePlan#ActivityIdentifier"
HEADER = "<identifier value='m'/><event><code value='E'/></event>"
KT_USAGE, URN = KT + "OtherResourceUsage", "urn:x"


def found(*links: str, kind: str = "Patient", activities: Sequence[str] = ()) -> set[Found]:
    """Return objects of one type, and activities."""
    return {
        *(Found(activity=False, source_type=kind, link=link) for link in links),
        *(Found(activity=True, source_type="CarePlanActivity", link=a) for a in activities),
    }


ATOM = '<feed xmlns="http://www.w3.org/2005/Atom">'
FHIR = 'xmlns="http://hl7.org/fhir"'


def feed(*entries: str) -> bytes:
    """Return an XML document."""
    inside = "".join(f"<entry>{one}</entry>" for one in entries)
    return f"<?xml version='1.0'?>{ATOM}{inside}</feed>".encode()


def self_link(href: str) -> str:
    """Return a self link."""
    return f"<link rel='self' href={quoteattr(href)}/>"


def content(kind: str, inside: str = "") -> str:
    """Return a content."""
    return f"<content type='text/xml'><{kind} {FHIR}>{inside}</{kind}></content>"


@pytest.mark.parametrize(
    ("one", "link"),
    [
        (self_link("a"), "a"),
        (self_link("a/_history/2"), "a"),
        # Of several the last, as it is in JSON the first: that is how the first road reads them.
        (self_link("b") + self_link("a"), "a"),
        (self_link("a") + "<link rel='next' href='b'/><link href='c'/>", "a"),
        (self_link("a") + "<id>b</id>", "a"),
        (self_link("a") + "<more rel='self' href='b'/>", "a"),
        (self_link("") + "<id> b </id>", "b"),
        ("<id>a</id><id>b</id>", "b"),
        ("<link rel='self'/><id>b/_history/1</id>", "b"),
        ("<id/>", ""),
        ("<link rel='next' href='b'/>", ""),
        ("", ""),
    ],
)
def test_an_object_in_xml_is_known_in_the_same_way(one: str, link: str) -> None:
    """By its self link, or its id without the space around it."""
    assert count(feed(one + content("Patient"))) == (found(link) if link else set())
    assert count(feed(content("Patient") + one)) == (found(link) if link else set())
    own = self_link("own") + content("Patient")
    assert count(feed(one, one + "<content/>", own)) == found("own")


def codings(*pairs: tuple[str, str]) -> str:
    """Return what an `Other` is used for."""
    inside = "".join(f"<coding><system value='{s}'/><code value='{c}'/></coding>" for s, c in pairs)
    return f"<code>{inside}</code>"


@pytest.mark.parametrize(
    ("kind", "inside", "expected"),
    [
        ("CareTeam", "", "CareTeam"),
        ("Document", "", ""),
        ("Other", codings((KT_USAGE, "CareTeam")), "CareTeam"),
        ("Other", codings((URN, "x"), (KT_USAGE, "CareTeam")), "CareTeam"),
        ("Other", codings((KT_USAGE, "x"), (KT_USAGE, "CareTeam")), ""),
        ("Other", "<code><coding><code value='CareTeam'/></coding></code>", "CareTeam"),
        ("Other", "<code><coding><code/></coding></code>", ""),
        ("Other", "<code><coding/></code>", ""),
        ("Other", "", ""),
        ("CareTeam", codings((KT_USAGE, "x")), "CareTeam"),
    ],
)
def test_a_type_in_xml_is_named_in_the_same_way(kind: str, inside: str, expected: str) -> None:
    """Its namespace does not count."""
    assert count(feed(self_link("p") + content(kind, inside))) == found("p", kind=expected)
    bare = f"<content><{kind} xmlns=''>{inside}</{kind}></content>"
    assert count(feed(self_link("p") + bare)) == found("p", kind=expected)


EVENT = "<event><code value='E'/></event>"


@pytest.mark.parametrize(
    ("inside", "complete"),
    [
        ("<identifier value='m'/>" + EVENT, True),
        ("<identifier><value value='m'/></identifier>" + EVENT, True),
        ("<identifier value='m'/><event><coding><code value='E'/></coding></event>", True),
        ("<identifier value='m'/><event><code/><code value='E'/></event>", True),
        ("<identifier value=''/>" + EVENT, False),
        ("<identifier/>" + EVENT, False),
        (EVENT, False),
        ("<identifier value='m'/><event><code/></event>", False),
        ("<identifier value='m'/><event><code/><code/></event>", False),
        ("<identifier value='m'/><event><display value='E'/></event>", False),
        ("<identifier value='m'/>", False),
    ],
)
def test_a_header_in_xml_needs_the_same(inside: str, *, complete: bool) -> None:
    """What stands around one that lacks it is not counted."""
    own, one = self_link("p") + content("Patient"), content("MessageHeader", inside)
    expected = found("p") if complete else set()
    assert count(feed(one, own)) == count(feed(own, self_link("h") + one)) == expected


IDENTIFIED = f"<extension url='{IDENTIFIER}'><valueString value='a-1'/></extension>"


@pytest.mark.parametrize(
    ("inside", "identifiers"),
    [
        (f"<activity>{IDENTIFIED}</activity>", ["a-1"]),
        (f"<activity id='x'>{IDENTIFIED}</activity>", ["a-1"]),
        ("<activity id='x'/>", ["c#x"]),
        ("<activity><a><b value=''/></a></activity><activity id='x'/>", ["c#x"]),
        ("<activity/><activity><a/></activity><activity><a value='1'/></activity>", ["c#1"]),
        (
            f"<activity><extension url='{IDENTIFIER}'><valueIdentifier><value value='i'/></valueIdentifier>"
            "</extension></activity>",
            ["i"],
        ),
        (
            f"<activity><extension url='{IDENTIFIER}'><id value='i'/></extension></activity>",
            ["c#1"],
        ),
        (
            f"<activity><extension url='{IDENTIFIER}'><a value='x'/><valueId value='i'/></extension></activity>",
            ["i"],
        ),
        (f"<activity><extension url='{IDENTIFIER}'><valueString/></extension></activity>", ["c#1"]),
        (
            f"<activity><extension><valueString value='i'/></extension>{IDENTIFIED}</activity>",
            ["a-1"],
        ),
        (
            "<activity><extension url='urn:x'><valueString value='i'/></extension></activity>",
            ["c#1"],
        ),
        (f"<activity><x>{IDENTIFIED}</x></activity>", ["c#1"]),
        (f"<activity><x url='{IDENTIFIER}'><valueString value='i'/></x></activity>", ["c#1"]),
        (f"<x><activity>{IDENTIFIED}</activity></x>", []),
    ],
)
def test_an_activity_in_xml_is_known_in_the_same_way(inside: str, identifiers: list[str]) -> None:
    """An element without any attribute below says nothing, and takes no place."""
    plan = self_link("c") + content("CarePlan", inside)
    assert count(feed(plan)) == found("c", kind="CarePlan", activities=identifiers)
    assert count(feed(self_link("c") + content("Goal", inside))) == found("c", kind="Goal")


def test_only_entries_of_the_feed_are_looked_at() -> None:
    """Whatever else stands in it, in any form, a comment too."""
    one = (self_link("p") + content("Patient")).replace("p", "q")
    own = feed(self_link("p") + content("Patient"))
    other = f"<other>{one}</other><!-- {ATOM} --></feed>".encode()
    assert count(own.replace(b"</feed>", other)) == found("p")


def test_xml_is_read_with_nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """No entity is resolved, no file or network is asked, whatever stands before the feed."""
    own = feed(self_link("p") + content("Patient"))
    assert count(b"\xef\xbb\xbf" + own) == found("p")
    entity = b"<!DOCTYPE feed SYSTEM 'nowhere.dtd' [<!ENTITY x 'resolved'>]><feed"
    by_id = own.replace(b"<link rel='self' href=\"p\"/>", b"<id>&x;</id>")
    assert count(by_id.replace(b"<feed", entity)) == set()
    again = by_id.replace(b"&x;", b"&x;&#8;")  # such a character makes it look twice
    assert count(again.replace(b"<feed", entity)) == set()

    told: list[dict[str, Any]] = []
    parser = etree.XMLParser

    def noting(**settings: Any) -> etree.XMLParser:  # noqa: ANN401 (whatever is told)
        told.append(settings)
        return parser(**settings)

    monkeypatch.setattr(etree, "XMLParser", noting)
    count(own)
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    assert told == [safe | {"remove_comments": True, "remove_pis": True}]


def test_of_what_stands_twice_the_last_counts_and_of_two_contents_none() -> None:
    """As it does for who reads the entry; a comment is no content."""
    one = found("b")
    assert count(feed("<id>a</id><id>b<!-- c --></id>" + content("Patient"))) == one
    assert count(feed("<id>b</id><content><!-- c --></content>" + content("Patient"))) == one
    assert count(feed("<id>b</id>" + content("Patient") + content("CareTeam"))) == set()


def test_a_text_where_an_activity_should_be_is_none() -> None:
    """As it is for who reads the care plan; with an id or a child it is one."""

    def plan(activity: str) -> set[Found]:
        inner = f"<CarePlan><activity {activity}</CarePlan>"
        return count(feed(f"<id>c</id><content>{inner}</content>"))

    without = {Found(activity=False, source_type="CarePlan", link="c")}
    assert plan('value="x"/>') == without
    for one in ('id="1" value="x"/>', 'value="x"><status value="y"/></activity>'):
        assert len(plan(one)) == 2, one


def test_both_roads_take_a_link_for_its_own_whatever_no_text_may_hold() -> None:
    """A control character in `rel` goes, as everywhere else."""
    odd = self_link("p").replace("self", "se\x1blf")
    whole = feed(
        odd + "<id>q</id>" + content("Patient"), self_link("m") + content("MessageHeader", HEADER)
    )
    assert count(whole) == found("p")
    read = read_document(whole)
    assert isinstance(read, Document)
    assert [one.link for one in read.messages[0].objects] == ["p"]
