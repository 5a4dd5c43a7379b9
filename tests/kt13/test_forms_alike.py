"""A document says the same in Atom XML and in DSTU1 JSON, whatever is in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt13.both_ways import read_document
from kt13.forms import DOMAIN, MESSAGE, Paper, Part, header, is_primitive
from kt_migrate.kt13.cleaning import MARK
from kt_migrate.kt13.envelope import MAX_DEPTH, Bundle, Entry, TooDeepError
from kt_migrate.kt13.json_body import parse_json
from kt_migrate.kt13.xml_body import parse_xml
from kt_migrate.model import Body, Node

pytestmark = pytest.mark.property


_TEXT = st.text("aé\U0001f600\u2028 \t\n\r<>&'\"", min_size=1, max_size=3)


_NAMES = st.sampled_from(
    [
        "family",
        "given",
        "value",
        "extension",
        "url",
        "id",
        "coding",
        "code",
        "valueString",
        "Div",
        "X9",
    ]
)


_ONE = st.lists(_TEXT, min_size=1, max_size=1)


_EXTENSION = st.fixed_dictionaries({"url": _ONE, "valueString": _ONE})


_PRIMITIVE = st.fixed_dictionaries(  # with an id or extensions of its own
    {"value": _ONE, "id": _ONE},
    optional={"extension": st.lists(_EXTENSION, min_size=1, max_size=2)},
)


_NODE: st.SearchStrategy[Node] = st.recursive(
    st.one_of(_TEXT, _PRIMITIVE),
    lambda below: st.dictionaries(
        _NAMES, st.lists(below, min_size=1, max_size=2), min_size=1, max_size=3
    ),
    max_leaves=6,
)


_BODY = st.dictionaries(_NAMES, st.lists(_NODE, min_size=1, max_size=3), max_size=3)
# No resource is a primitive: in XML its value would be an attribute of the resource itself.
_RESOURCE = _BODY.filter(lambda body: not is_primitive(body))


@settings(max_examples=60)
@given(body=_RESOURCE, single=st.booleans())
def test_any_body_is_the_same_from_either_form(body: Body, *, single: bool) -> None:
    """And is what was written: nothing lost, nothing added, every text as it was."""
    paper = Paper(parts=(Part(kind="Patient", body=body),))

    (by_xml,) = parse_xml(paper.xml()).entries
    (by_json,) = parse_json(paper.json(single=single)).entries

    assert by_xml.body == by_json.body == body
    assert by_xml.resource_type == by_json.resource_type == "Patient"


_LINK = st.sampled_from(
    ["", "http://epd.example/P/1", "http://epd.example/P/1/_history/2", "x y&z"]
)


_PART = st.builds(
    lambda kind, body, link, entry_id: Part(kind=kind, body=body, link=link, entry_id=entry_id),
    st.sampled_from(["Patient", "Other", "MessageHeader", "ActivityDefinition", ""]),
    st.one_of(_RESOURCE, st.just(header())),
    _LINK,
    _LINK,
)


@settings(max_examples=60)
@given(
    parts=st.lists(_PART, max_size=4),
    categories=st.lists(st.sampled_from([DOMAIN, MESSAGE, ("t", "l", "s")]), max_size=3),
    single=st.booleans(),
)
def test_any_document_is_the_same_from_either_form(
    parts: list[Part], categories: list[tuple[str, str, str]], *, single: bool
) -> None:
    """Its kind, its messages, its objects, and what is wrong with it."""
    paper = Paper(parts=tuple(parts), categories=tuple(categories), title="T")

    assert read_document(paper.xml()) == read_document(paper.json(single=single))


def test_a_bundle_is_its_title_categories_and_entries() -> None:
    """In document order; what else there is does not count."""
    paper = Paper(
        parts=(
            Part(kind="Patient", body={"id": ["1"]}, link="http://a/1", entry_id="urn:x"),
            Part(entry_id="y"),
        ),
        categories=(DOMAIN, ("t", "", "s")),
        title="A & B",
    )
    expected = Bundle(
        root="Bundle",
        title="A & B",
        categories=(DOMAIN, ("t", "", "s")),
        entries=(
            Entry(
                entry_id="urn:x",
                self_link="http://a/1",
                resource_type="Patient",
                body={"id": ["1"]},
            ),
            Entry(entry_id="y", self_link="", resource_type="", body={}),
        ),
    )

    assert parse_xml(paper.xml()) == expected
    assert parse_json(paper.json()) == parse_json(paper.json(single=False)) == expected


def test_an_empty_bundle_has_nothing() -> None:
    """No title, no categories, no entries: E8."""
    empty = Bundle(root="Bundle")

    assert parse_xml(b"<feed/>") == parse_json(b'{"resourceType": "Bundle"}') == empty
    assert parse_xml(b"<feed><title/><other/></feed>") == empty
    odd = b'{"resourceType": "Bundle", "title": true, "category": null, "entry": [null, 5, []]}'
    assert parse_json(odd) == empty


def test_a_bare_resource_is_known_by_its_type() -> None:
    """In any namespace; without a type it has none."""
    assert parse_xml(b'<a:Patient xmlns:a="urn:x"/>') == Bundle(root="Patient")
    assert parse_json(b'{"resourceType": "Patient"}') == Bundle(root="Patient")
    assert parse_json(b'{"resourceType": {}}') == parse_json(b"{}") == Bundle(root="")


def nested(depth: int) -> Body:
    """Return a body that nests this deep."""
    node: Node = "x"
    for _ in range(depth):
        node = {"a": [node]}
    assert isinstance(node, dict)
    return node


def test_both_forms_refuse_the_same_depth() -> None:
    """And not one less."""
    fits, too_deep = (
        Paper(parts=(Part(kind="Patient", body=nested(d)),)) for d in (MAX_DEPTH + 1, MAX_DEPTH + 2)
    )

    assert parse_xml(fits.xml()).entries[0].body == nested(MAX_DEPTH + 1)
    assert parse_json(fits.json()).entries[0].body == nested(MAX_DEPTH + 1)
    with pytest.raises(TooDeepError):
        parse_xml(too_deep.xml())
    for content in (too_deep.json(), too_deep.json(single=False)):
        with pytest.raises(TooDeepError):
            parse_json(content)


@pytest.mark.parametrize(("before", "after"), [('{"_a": ', "}"), ('{"a": [[', "]]}")])
def test_json_has_no_other_way_to_go_deeper(before: str, after: str) -> None:
    """A primitive's own extensions, and a list in a list: each level counts."""

    def made(levels: int) -> bytes:
        inside = before * levels + '{"id": "x"}' + after * levels
        return b'{"resourceType": "Bundle", "entry": {"content": %s}}' % inside.encode()

    fits = MAX_DEPTH if "_a" in before else MAX_DEPTH // 2
    assert parse_json(made(fits)).entries[0].body
    with pytest.raises(TooDeepError):
        parse_json(made(fits + 1))


def body_of_json(content: object) -> Body:
    """Return the canonical body of a resource."""
    bundle = {"resourceType": "Bundle", "entry": [{"content": content}]}
    return parse_json(json.dumps(bundle).encode()).entries[0].body


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ({"a": True, "b": False}, {"a": ["true"], "b": ["false"]}),
        ({"a": None, "b": "", "c": [], "d": {}, "e": [None, ""], "f": [{}]}, {}),
        ({"a": ["x", None, "y"]}, {"a": ["x", "y"]}),
        (
            {"div": "<div/>", "_div": {"id": "1"}, "a": [{"div": "x", "b": "y"}]},
            {"a": [{"b": ["y"]}]},
        ),
        ({"_a": {"id": "1"}}, {"a": [{"id": ["1"]}]}),
        ({"_a": [None, {"id": "1"}]}, {"a": [{"id": ["1"]}]}),
        ({"a": "x", "_a": {"id": "1"}}, {"a": [{"id": ["1"], "value": ["x"]}]}),
        ({"a": None, "_a": {"id": "1"}}, {"a": [{"id": ["1"]}]}),
        ({"a": "", "_a": {"id": "1"}}, {"a": [{"id": ["1"]}]}),
        (
            {"a": ["x", "y"], "_a": [None, {"id": "1"}, {"id": "2"}]},
            {"a": ["x", {"id": ["1"], "value": ["y"]}, {"id": ["2"]}]},
        ),
        ({"a": ["x", "y"], "_a": {"id": "1"}}, {"a": [{"id": ["1"], "value": ["x"]}, "y"]}),
        ({"a": "x", "_a": "odd", "_b": "odd"}, {"a": ["x"], "b": []}),
        ({"a": {"b": "x"}, "_a": {"id": "1"}}, {"a": [{"b": ["x"]}]}),
        ({"a": [["x", ["y"]], []]}, {"a": [{"item": ["x", {"item": ["y"]}]}]}),
        ({"resourceType": "Patient", "a": "x"}, {"a": ["x"]}),
        ("text", {}),
        (["x"], {}),
        (None, {}),
    ],
)
def test_json_has_more_ways_to_say_nothing_and_each_is_nothing(content: object, body: Body) -> None:
    """Null, an empty list or text, a narrative; a primitive's own id and extensions stay with it."""
    assert body_of_json(content) == {k: v for k, v in body.items() if v}


def test_a_number_keeps_its_digits() -> None:
    """`10.0` is not `10`; nor is one rounded, however long it is."""
    content = b'{"resourceType": "Bundle", "entry": {"content": {"a": [10.0, 1e5, 12345678901234567890.10, -0, NaN]}}}'

    (entry,) = parse_json(content).entries

    assert entry.body == {"a": ["10.0", "1e5", "12345678901234567890.10", "-0", "NaN"]}


def body_of_xml(content: str) -> Body:
    """Return the canonical body of a resource."""
    feed = f"<feed><entry><content>{content}</content></entry></feed>"
    return parse_xml(feed.encode()).entries[0].body


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ("<P><a value=''/><b/><c><d/></c></P>", {}),
        ("<P id='' url=''/>", {}),
        ("<P id='1' url='u' other='o'/>", {"id": ["1"], "url": ["u"]}),
        (
            "<P><text><div id='1'><p value='x'/></div><status value='s'/></text></P>",
            {"text": [{"status": ["s"]}]},
        ),
        ("<P><a value='x' id='1'/></P>", {"a": [{"id": ["1"], "value": ["x"]}]}),
        ("<P><a value='' id='1'/></P>", {"a": [{"id": ["1"]}]}),
        ("<P><a value='x'><e url='u'/></a></P>", {"a": [{"e": [{"url": ["u"]}], "value": ["x"]}]}),
        ("<P><a value='x' id=''/></P>", {"a": [{"value": ["x"]}]}),
        ("<P><a value='x' url='u'/></P>", {"a": ["x"]}),
        ("<P><!-- no --><a value='&lt;&#233;'/><?pi x?>text</P>", {"a": ["<é"]}),
        ("<P xmlns:n='urn:n'><n:a value='x'/><a value='y'/></P>", {"a": ["x", "y"]}),
        ("<P><b value='1'/></P><Q><a value='2'/></Q>", {"b": ["1"]}),
        ("", {}),
        ("text", {}),
    ],
)
def test_xml_has_more_ways_to_say_nothing_and_each_is_nothing(content: str, body: Body) -> None:
    """An empty value, a comment, a narrative, text between; the namespace does not count (E7)."""
    assert body_of_xml(content) == body


def test_an_entrys_links_and_id_are_read_in_both_forms() -> None:
    """The link with rel self; the id without the space around it in XML; the last of each."""
    xml = b"<feed><entry><id> a </id><link rel='next' href='n'/><link rel='self' href='s'/><link/><x/></entry></feed>"
    one = b'{"resourceType": "Bundle", "entry": [{"id": "a", "link": [5, {"rel": "next", "href": "n"}, {"rel": "self", "href": "s"}]}]}'
    lone = b'{"resourceType": "Bundle", "entry": {"id": "a", "link": {"rel": "self", "href": "s"}}}'
    expected = (Entry(entry_id="a", self_link="s", resource_type="", body={}),)

    assert [p(c).entries for p, c in ((parse_xml, xml), (parse_json, one), (parse_json, lone))] == [
        expected
    ] * 3
    marked = f"<feed><entry><id>a</id><link rel='se{MARK}lf' href='s'/></entry></feed>"
    assert parse_xml(marked.encode()).entries == expected  # a mark stands for what XML forbids
    assert parse_xml(b"<feed><entry><id/><link rel='self'/></entry></feed>").entries == (
        Entry(entry_id="", self_link="", resource_type="", body={}),
    )


@pytest.mark.parametrize(
    ("term", "label", "scheme"), [("t", "l", "s"), ("", "l", "s"), ("t", "", "s"), ("t", "l", "")]
)
def test_a_category_may_lack_any_of_its_parts(term: str, label: str, scheme: str) -> None:
    """What is absent is empty."""
    parts = {"term": term, "label": label, "scheme": scheme}
    given_parts = {k: v for k, v in parts.items() if v}
    attributes = " ".join(f'{k}="{v}"' for k, v in given_parts.items())

    xml = parse_xml(f"<feed><category {attributes}/></feed>".encode())
    by_json = parse_json(json.dumps({"resourceType": "Bundle", "category": given_parts}).encode())

    assert xml.categories == by_json.categories == ((term, label, scheme),)
