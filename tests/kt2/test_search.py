"""A search shows everything, or could not look; and asks no more than it must."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt2.wire import SYSTEM, bundle, key, patient
from kt_migrate.errors import CouldNotLookError, ServerUnavailableError
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import (
    PAGE_SIZE,
    Found,
    Page,
    count,
    find,
    page_of,
    pages,
    parse_page,
    token_of,
)
from kt_migrate.model import Json, Key, Resource
from kt_migrate.sandbox.search_terms import Terms, read_terms, satisfies


def page(*resources: Resource, link: str = "", total: int | None = None) -> Page:
    """Return a page."""
    return Page(resources=resources, next=link, total=total)


@dataclass
class Told:
    """A searcher that gives pages by their address; keeps what it was asked."""

    pages: dict[str, Page | Refused]
    asked: list[str] = field(default_factory=list)

    async def search(self, address: str) -> Page | Refused:
        """Give a page."""
        self.asked.append(address)
        return self.pages[address]


@dataclass
class Shelf:
    """A searcher over resources that reads a search as the sandbox does."""

    resources: Sequence[Resource]
    asked: list[str] = field(default_factory=list)

    async def search(self, address: str) -> Page | Refused:
        """Give all that matches, in one page."""
        self.asked.append(address)
        r4_type, _, query = address.partition("?")
        terms = read_terms(parse_qs(query, keep_blank_values=True))
        assert isinstance(terms, Terms)
        assert terms.count == PAGE_SIZE
        there = [r for r in self.resources if r["resourceType"] == r4_type]
        return page(*(r for r in there if satisfies(_identifiers(r), terms)))


def _identifiers(resource: Resource) -> list[tuple[str, str]]:
    found = resource["identifier"]
    assert isinstance(found, list)
    return [(str(i["system"]), str(i["value"])) for i in found if isinstance(i, dict)]


def look(
    searcher: Told | Shelf, keys: Sequence[Key], room: int = 4_000
) -> dict[Key, tuple[Found, ...]]:
    """Look keys up."""
    return asyncio.run(find(searcher, keys, room=room))


HIT = {"resource": patient("p1")}


@pytest.mark.parametrize(
    ("content", "ids"),
    [
        ({}, []),
        ({"entry": None}, []),
        ({"entry": {"resource": patient("p1")}}, []),
        ({"entry": []}, []),
        ({"entry": [HIT, "?", {}, {"resource": "?"}, {"resource": patient("p2")}]}, ["p1", "p2"]),
        ({"entry": [{"resource": {"resourceType": "OperationOutcome", "id": "x"}}, HIT]}, ["p1"]),
        ({"entry": [{"resource": {"resourceType": "Patient"}}, HIT]}, ["p1"]),
        ({"entry": [{"resource": {"resourceType": "Patient", "id": 5}}, HIT]}, ["p1"]),
    ],
)
def test_a_page_holds_what_was_found(content: Resource, ids: list[str]) -> None:
    """Each with an id; a warning of the server among the hits is none."""
    found = parse_page({"resourceType": "Bundle", **content}, "Patient")

    assert [resource["id"] for resource in found.resources] == ids
    assert (found.next, found.total) == ("", None)


@pytest.mark.parametrize(
    ("total", "said"), [(0, 0), (7, 7), (True, None), ("7", None), (None, None), (7.0, None)]
)
def test_a_total_is_a_number_or_is_not_said(total: object, said: int | None) -> None:
    """What cannot be read is not zero."""
    read = parse_page({"resourceType": "Bundle", "total": total}, "Patient").total  # type: ignore[dict-item]  # on purpose

    assert read == said
    assert type(read) is type(said)


@pytest.mark.parametrize(
    ("link", "address"),
    [
        ("http://fhir.invalid/fhir/DEFAULT/Patient?_page=2&_count=3", "Patient?_page=2&_count=3"),
        ("http://fhir.invalid/fhir/DEFAULT/Patient/?_page=2", "Patient?_page=2"),
        ("http://fhir.invalid/fhir/DEFAULT?_getpages=a%7Cb", "?_getpages=a%7Cb"),
        ("http://fhir.invalid/fhir/DEFAULT/Task?_page=2", "?_page=2"),
        ("http://fhir.invalid/fhir/PatientX/?_page=2", "?_page=2"),
        ("Patient?_page=2", "Patient?_page=2"),
        ("?_page=2", "?_page=2"),
        ("http://[::1?_page=2", "?_page=2"),
        ("http://x.example/Patient?a=b?c#d", "Patient?a=b?c"),
        ("http://x.example/Patient#?a", "Patient?"),
    ],
)
def test_a_link_gives_its_query_only(link: str, address: str) -> None:
    """On the type that was asked, or on the base; host and path are the server's own."""
    assert parse_page(bundle(link=link), "Patient").next == address


@pytest.mark.parametrize(
    "links",
    [
        None,
        "next",
        [],
        ["next"],
        [{"relation": "self", "url": "Patient?x"}, {"relation": "previous", "url": "Patient?y"}],
        [{"relation": "next"}],
        [{"relation": "next", "url": ""}],
        [{"relation": "next", "url": None}],
    ],
)
def test_without_a_next_link_a_page_is_the_last(links: object) -> None:
    """Other links lead elsewhere."""
    content: Resource = {"resourceType": "Bundle", "link": links}  # type: ignore[dict-item]  # on purpose

    assert parse_page(content, "Patient").next == ""


def test_pages_are_followed_to_the_last() -> None:
    """In order, each asked once."""
    told = Told({"a": page(link="b"), "b": page(link="c", total=1), "c": page(total=2)})

    async def work() -> list[int | None]:
        return [one.total async for one in pages(told, "a")]

    assert asyncio.run(work()) == [None, 1, 2]
    assert told.asked == ["a", "b", "c"]


@pytest.mark.parametrize("back", ["Patient?a=?", "Patient?b=?"])
def test_links_that_go_round_are_could_not_look(back: str) -> None:
    """To itself, or to a page before; nothing is asked twice, and no identifier is told."""
    told = Told({"Patient?a=?": page(link="Patient?b=?"), "Patient?b=?": page(link=back)})

    async def work() -> None:
        async for _one in pages(told, "Patient?a=?"):
            pass

    with pytest.raises(CouldNotLookError, match="circle") as caught:
        asyncio.run(work())

    assert caught.value.where == "GET Patient"
    assert told.asked == ["Patient?a=?", "Patient?b=?"]


def test_a_page_that_is_refused_is_no_last_page() -> None:
    """Neither the first nor a later one."""
    told = Told({"Patient?a=?": page(link="Patient?b=?"), "Patient?b=?": Refused(status=400)})

    async def work() -> None:
        async for _one in pages(told, "Patient?a=?"):
            pass

    for act in (work, lambda: page_of(told, "Patient?b=?")):
        with pytest.raises(ServerUnavailableError) as caught:
            asyncio.run(act())
        assert caught.value.what == "A search gives no Bundle (HTTP 400)."
        assert caught.value.where == "GET Patient"


@pytest.mark.parametrize("total", [0, 2_201])
def test_the_server_counts(total: int) -> None:
    """By `_summary=count`, which no limit of a search touches."""
    told = Told({"Patient?a=?&_summary=count": page(total=total)})

    assert asyncio.run(count(told, "Patient?a=?")) == total


@pytest.mark.parametrize("given_back", [page(), page(patient()), Refused(status=400)])
def test_a_server_that_does_not_count_is_could_not_look(given_back: Page | Refused) -> None:
    """It is not taken for zero."""
    told = Told({"Patient?a=?&_summary=count": given_back})

    with pytest.raises(CouldNotLookError, match="does not count") as caught:
        asyncio.run(count(told, "Patient?a=?"))

    assert caught.value.where == "GET Patient"


NASTY = st.text(alphabet="ab\\$,|", min_size=1, max_size=4)
KEYS = st.builds(
    Key,
    r4_type=st.sampled_from(["Patient", "Task"]),
    system=st.sampled_from([SYSTEM, "s,|"]),
    value=NASTY,
)


def holding(number: int, keys: Sequence[Key], r4_type: str) -> Resource:
    """Return a resource with these identifiers."""
    identifiers: list[Json] = [{"system": k.system, "value": k.value} for k in keys]
    return {"resourceType": r4_type, "id": f"r{number}", "identifier": identifiers}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Patient", "Task"]), st.lists(KEYS, max_size=3)), max_size=8
    ),
    st.lists(KEYS, max_size=12),
    st.integers(1, 400),
)
def test_a_look_up_finds_exactly_what_carries_a_key(
    there: list[tuple[str, list[Key]]], wanted: list[Key], room: int
) -> None:
    """Of the right type, by system and value, however the keys were cut into requests."""
    shelf = Shelf([holding(n, keys, r4_type) for n, (r4_type, keys) in enumerate(there)])

    found = look(shelf, wanted, room)

    expected: dict[Key, set[str]] = {}
    for one in wanted:
        ids = {
            f"r{n}"
            for n, (r4_type, keys) in enumerate(there)
            if r4_type == one.r4_type
            and (one.system, one.value) in {(k.system, k.value) for k in keys}
        }
        if ids:
            expected[one] = ids
    assert {k: {f.id for f in v} for k, v in found.items()} == expected
    assert all(len({f.id for f in v}) == len(v) for v in found.values())


@settings(max_examples=40, deadline=None)
@given(st.lists(KEYS, max_size=40), st.integers(1, 600))
def test_requests_are_as_full_as_they_may_be(wanted: list[Key], room: int) -> None:
    """Every key once; each request of one type and within the room; none that fitted in the one before."""
    shelf = Shelf([])

    look(shelf, wanted, room)

    tokens: list[tuple[str, list[str]]] = []
    for address in shelf.asked:
        r4_type, _, query = address.partition("?identifier=")
        assert query.endswith(f"&_count={PAGE_SIZE}")
        tokens.append((r4_type, query.removesuffix(f"&_count={PAGE_SIZE}").split(",")))
    assert [(t, token) for t, part in tokens for token in part] == [
        (k.r4_type, token_of(k)) for k in sorted(set(wanted))
    ]
    for place, (r4_type, part) in enumerate(tokens):
        used = sum(len(token) + 1 for token in part)
        assert used <= room or len(part) == 1
        if place and tokens[place - 1][0] == r4_type:
            before = sum(len(token) + 1 for token in tokens[place - 1][1])
            assert before + len(part[0]) + 1 > room


@pytest.mark.parametrize(("short", "asked"), [(0, 2), (1, 4)])
def test_a_key_that_just_fits_goes_along(short: int, asked: int) -> None:
    """Two of a length in a room for two; one byte less, and each goes alone."""
    shelf, keys = Shelf([]), [key(letter) for letter in "abcd"]

    look(shelf, keys, 2 * (len(token_of(keys[0])) + 1) - short)

    assert len(shelf.asked) == asked


def test_no_more_keys_go_in_a_request_than_a_page_holds() -> None:
    """Else an honest answer would be cut."""
    shelf = Shelf([])

    look(shelf, [key(str(n)) for n in range(2 * PAGE_SIZE + 1)], 10**9)

    assert [a.count("%7C") for a in shelf.asked] == [PAGE_SIZE, PAGE_SIZE, 1]


def test_nothing_is_asked_for_nothing() -> None:
    """No key, no request."""
    shelf = Shelf([patient("p1", "a")])

    assert look(shelf, []) == {}
    assert shelf.asked == []


@pytest.mark.parametrize(
    ("meta", "version"),
    [({"versionId": "3"}, "3"), ({"versionId": None}, ""), ({}, ""), ("?", ""), (None, "")],
)
def test_what_was_found_has_its_version(meta: object, version: str) -> None:
    """For the If-Match of an update."""
    resource: Resource = {**patient("p1", "a"), "meta": meta}  # type: ignore[dict-item]  # on purpose

    assert look(Shelf([resource]), [key("a")]) == {
        key("a"): (Found(id="p1", version=version, resource=resource),)
    }


@pytest.mark.parametrize(
    "identifiers",
    [
        None,
        "?",
        [],
        ["?", None],
        [{"system": SYSTEM}],
        [{"value": "None"}],
        [{"system": SYSTEM, "value": None}],
        [{"system": None, "value": "None"}],
        [{"system": SYSTEM, "value": "none"}],
        [{"system": f"{SYSTEM}/", "value": "None"}],
    ],
)
def test_what_does_not_carry_the_key_is_not_it(identifiers: object) -> None:
    """Though the server gives it: servers differ in what they call equal."""
    resource: Resource = {"resourceType": "Patient", "id": "p1", "identifier": identifiers}  # type: ignore[dict-item]  # on purpose
    address = f"Patient?identifier={token_of(key('None'))}&_count=200"

    assert look(Told({address: page(resource)}), [key("None")]) == {}


ASKED = f"Patient?identifier={token_of(key('a'))}"


def copies(start: int, end: int) -> list[Resource]:
    """Return resources with one identifier."""
    return [patient(f"p{n}", "a") for n in range(start, end)]


@pytest.mark.parametrize(
    ("first", "second", "there", "counts"),
    [
        (199, 0, 199, False),
        (200, 0, 200, True),
        (200, 0, 201, True),
        (3, 2, 5, True),
        (3, 2, 6, True),
        (3, 2, 4, True),
        (3, 0, 3, False),
    ],
)
def test_a_look_up_that_may_have_been_cut_is_counted(
    first: int, second: int, there: int, *, counts: bool
) -> None:
    """A full page, or more than one: only then one more request; what does not agree is could not look."""
    start = f"{ASKED}&_count=200"
    told = Told(
        {
            start: page(*copies(0, first), link="Patient?2" if second else ""),
            "Patient?2": page(*copies(first, first + second)),
            f"{ASKED}&_summary=count": page(total=there),
        }
    )

    if there == first + second:
        assert len(look(told, [key("a")])[key("a")]) == there
    else:
        with pytest.raises(CouldNotLookError, match="more than the server shows") as caught:
            look(told, [key("a")])
        assert caught.value.where == "GET Patient"
    assert (f"{ASKED}&_summary=count" in told.asked) == counts


def test_a_resource_on_two_pages_is_one() -> None:
    """A page may shift while it is read; the later state is kept."""
    old, new = patient("p1", "a", version="1"), patient("p1", "a", version="2")
    told = Told(
        {
            f"{ASKED}&_count=200": page(old, link="Patient?2"),
            "Patient?2": page(new),
            f"{ASKED}&_summary=count": page(total=1),
        }
    )

    assert look(told, [key("a")]) == {key("a"): (Found(id="p1", version="2", resource=new),)}
