"""The account of the elements: every leaf of every body, counted once per object, by another road too."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.mapping import account as room
from kt_migrate.mapping.account import Account
from kt_migrate.model import Body, Node
from mapping.counting import account, counted, leaves
from mapping.own import NS

pytestmark = pytest.mark.property


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"a": ["x", "y"]}, ["a", "a"]),
        ({"a": [{"b": ["x"], "c": [{"d": ["y"]}]}]}, ["a.b", "a.c.d"]),
        ({"a": [{"value": ["x"], "id": ["1"]}]}, ["a.value"]),
        ({"id": ["1"], "url": ["u"], "a": []}, []),
        (
            {"extension": [{"url": [NS + "P#Age"], "valueInteger": ["3"]}]},
            ["extension[P#Age].valueInteger"],
        ),
        (
            {"extension": [{"url": [NS + "Profile/P#Age"], "valueInteger": ["3"]}]},
            ["extension[P#Age].valueInteger"],
        ),
        (
            {"a": [{"extension": [{"url": ["http://x.example/y/Own.Thing"], "valueCode": ["3"]}]}]},
            ["a.extension[Own-Thing].valueCode"],
        ),
        ({"extension": [{"valueCode": ["3"]}]}, ["extension[].valueCode"]),
        (
            {
                "extension": [
                    {"url": [NS + "A#B"], "extension": [{"url": [NS + "A#C"], "v": ["1"]}]}
                ]
            },
            ["extension[A#B].extension[A#C].v"],
        ),
        ({"extension": ["x"]}, ["extension"]),
        # What cannot be a name is not shown as one.
        ({"Jan Jansen": ["x"], "a\x1b": [{"b": ["y"]}]}, ["Unknown", "Unknown.b"]),
        ({"extension": [{"url": ["urn:x/Jan Jansen"], "v": ["3"]}]}, ["extension[Unknown].v"]),
        ({"a" * 65: ["x"]}, ["Unknown"]),
    ],
)
def test_every_leaf_has_a_path_without_indices(body: Body, paths: list[str]) -> None:
    """An anchor and a url are no content; an extension is named by the end of its url."""
    assert list(account(body)) == list(dict.fromkeys(paths))
    assert list(leaves(body)) == paths


def test_an_object_counts_once_however_often_it_has_an_element() -> None:
    """And an element that an object lacks does not count for it."""
    found = account({"a": ["x", "y"], "b": [{"c": ["1"]}, {"c": ["2"]}]}, {"a": ["z"]}, {})

    assert found == {"a": 2, "b.c": 1}


def test_an_element_that_is_a_text_here_and_a_whole_there_is_both() -> None:
    """As one path, and as one below it."""
    assert account({"a": ["x"]}, {"a": [{"value": ["y"]}]}) == {"a": 1, "a.value": 1}


_NAMES = st.sampled_from(["name", "extension", "id", "Jan Jansen", "Piet x", "v" * 250, "w" * 250])
_URLS = st.sampled_from(
    [NS + "P#Age", NS + "Profile/P#Age", "urn:x/Jan Jansen", "http://x.example/" + "a" * 300, ""]
)


def _node(below: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    element = st.dictionaries(_NAMES, st.lists(below, max_size=3), max_size=4)
    return st.builds(_element, element, st.none() | _URLS)


def _element(body: Body, url: str | None) -> Node:
    return body if url is None else {**body, "url": [url]}


_BODIES = st.dictionaries(
    _NAMES, st.lists(st.recursive(st.sampled_from(["x", "y"]), _node, max_leaves=8), max_size=3)
)
_OBJECTS = st.lists(st.tuples(st.sampled_from(["Patient", "Task"]), _BODIES), max_size=5)


@settings(max_examples=200)
@given(_OBJECTS, st.integers(0, 6))
def test_the_account_is_what_another_count_finds(
    objects: list[tuple[str, Body]], most: int
) -> None:
    """Leaf by leaf, whatever is in them, and however many counts are kept at once."""
    found: Counter[tuple[str, str]] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "MOST", most)
        one = Account()
        for source_type, body in objects:
            one.take(source_type, body)
            if one.full:
                found.update({(t, p): n for t, p, n in one.taken()})
        found.update({(t, p): n for t, p, n in one.taken()})

    assert found == counted(objects)
    assert list(one.taken()) == []
    assert not [
        path for _type, path in found if "Jan" in path or "Piet" in path or "v" * 99 in path
    ]


def test_what_is_remembered_is_bounded() -> None:
    """It says when it is full, and starts anew; long names, which KT 1.3 has not, are not kept."""
    one = Account()
    for number in range(room.MOST + 1):
        assert one.full is False
        one.take("X", {f"x{number}": ["1"]})

    assert one.full is (sum(count for _t, _p, count in one.taken()) == room.MOST + 1)
    one.take("X", {"a": ["1"]})
    assert one.full is False
    one.take("X", {"v" * 1_000 + str(n): ["1"] for n in range(50)})
    assert all(len(name) <= room._LONGEST for name in one._types["X"][""].below)
    one.take("X", {"extension": [{"url": ["u" * 1_000 + str(n)], "v": ["1"]} for n in range(50)]})
    assert not one._types["X"][""].extensions
