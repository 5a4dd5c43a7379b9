"""The quick JSON parser stands in for the exact one only where nobody can tell."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt13.test_sealed import NUMBERS, bundle, entries
from kt_migrate.kt13.envelope import TooDeepError
from kt_migrate.kt13.json_body import exact_json, parse_json, quick_json
from kt_migrate.kt13.xml_body import _LOCAL, _TAGS, _Local

KEPT = '{"resourceType":"Bundle","entry":[{"id":"a","content":{"resourceType":"Patient",%s}}]}'


def outcome(parse: Callable[[bytes], object], content: bytes) -> object:
    """Return what a parser gives, or how it refuses."""
    try:
        return parse(content)
    except TooDeepError:
        return TooDeepError
    except ValueError:
        return ValueError


@given(st.lists(entries, max_size=4))
@settings(max_examples=100)
def test_the_quick_parser_gives_what_the_exact_one_gives(found: list[Any]) -> None:
    """Whatever stands in it: numbers, texts beside primitives, texts for people."""
    content = bundle(*found)
    assert outcome(parse_json, content) == outcome(exact_json, content)


@pytest.mark.parametrize(
    "inside",
    [
        *(f'"value":{number}' for number in NUMBERS),
        '"value":NaN',
        '"value":"\\ud83d"',
        '"value":"\\ud83d\\ude00"',
        '"value":"a\tb"',
        '"value":"\\u0008"',
        '"value":1,"value":2',
        '"div":1.0,"a":"b"',
        '"div":"x","_div":{"id":"1"}',
        '"":"x"',
        '"_resourceType":{"id":"1"}',
        '"value":' + "[" * 2000 + "]" * 2000,
        '"value":' + "[" * 70 + "]" * 70,
        '"div":' + '{"a":' * 1500 + "1" + "}" * 1500,
        '"value":',
    ],
)
def test_odd_json_reads_the_same(inside: str) -> None:
    """Each of these is one that a quick parser could take otherwise."""
    content = (KEPT % inside).encode()
    assert outcome(parse_json, content) == outcome(exact_json, content)


@pytest.mark.parametrize("root", ['{"resourceType": 5}', "{}", "[]", "1", '{"resourceType": 1.0}'])
def test_odd_roots_read_the_same(root: str) -> None:
    """A type that is a number is its text, as everywhere."""
    assert outcome(parse_json, root.encode()) == outcome(exact_json, root.encode())


def test_the_quick_parser_reads_what_most_archives_hold() -> None:
    """Else all of the above would hold for nothing."""
    content = (KEPT % '"active": true, "value": 12').encode()
    assert quick_json(content) == json.loads(content)


def test_names_of_tags_are_remembered_within_bounds() -> None:
    """A hostile archive may have a new tag in every element."""
    names = _Local()
    assert [names[f"{{urn:x}}t{n}"] for n in range(_TAGS + 5)][-1] == f"t{_TAGS + 4}"
    assert len(names) == _TAGS
    assert _LOCAL["{urn:x}a"] == "a"
