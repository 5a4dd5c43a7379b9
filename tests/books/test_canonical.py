"""The canonical form, its digest, and the totals of digests: laws over any resource."""

from __future__ import annotations

import copy
import hashlib
import random
from collections.abc import Iterator
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.books import RESOURCE_ORIGIN, HashTotal, canonical, digest, hash_totals
from kt_migrate.model import Resource

NAMES = ["id", "meta", "text", "extension", "url", "reference", "active", "name"]
LEAVES = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "Patient/1"])
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)
        | st.lists(st.fixed_dictionaries({"url": st.just(RESOURCE_ORIGIN), "x": inner}), max_size=1)
    ),
    max_leaves=8,
)
RESOURCES = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4).map(
    lambda more: {**more, "resourceType": "Patient"}
)
ORIGIN = {"url": RESOURCE_ORIGIN, "valueReference": {"reference": "Device/9"}}
Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401 (any JSON)
    """Yield the path of every leaf; an empty list or object is one."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    if not children or not value:
        yield path
        return
    for name, child in children:
        yield from leaves(child, (*path, name))


def is_servers(resource: dict[str, Any], path: Path) -> bool:
    """Whether a leaf is the server's own: said once more, by path."""
    if path[0] in {"id", "meta", "text"}:
        return True
    if path[0] != "extension":
        return False
    found = resource["extension"]
    if not isinstance(found, list):
        return False
    if not found:
        return True  # no extension at all
    one = found[int(path[1])]
    return isinstance(one, dict) and one.get("url") == RESOURCE_ORIGIN


def at(resource: Any, path: Path) -> Any:  # noqa: ANN401 (any JSON)
    """Return what lies at a path."""
    for step in path:
        resource = resource[step]
    return resource


def with_origin(resource: dict[str, Any], place: int) -> dict[str, Any]:
    """Return a resource as the server stamps it."""
    own = resource.get("extension", [])
    if not isinstance(own, list):
        return resource
    return {**resource, "extension": [*own[:place], ORIGIN, *own[place:]]}


@given(RESOURCES)
def test_the_canonical_form_of_a_canonical_form_is_itself(resource: dict[str, Any]) -> None:
    """Idempotent; and it changes nothing in what it was given."""
    before = copy.deepcopy(resource)
    form = canonical(resource)

    assert canonical(orjson.loads(form)) == form
    assert resource == before


@given(RESOURCES, st.data(), st.integers(0, 2))
def test_the_canonical_form_is_blind_to_what_the_server_owns(
    resource: dict[str, Any], data: st.DataObject, place: int
) -> None:
    """Id, meta (version, moment), narrative and resource-origin: there, changed, or not there."""
    theirs = with_origin(resource, place)
    for name, value in (
        ("id", "1"),
        ("meta", {"versionId": "3", "lastUpdated": "2024-01-01T00:00:00Z", "profile": ["p"]}),
        ("text", {"status": "generated", "div": "<div/>"}),
    ):
        theirs.pop(name, None)
        if data.draw(st.booleans()):
            theirs[name] = value

    assert canonical(theirs) == canonical(resource)


@given(RESOURCES, st.data())
def test_the_canonical_form_is_blind_to_nothing_else(
    resource: dict[str, Any], data: st.DataObject
) -> None:
    """Any leaf that is changed or gone gives another digest, unless it is the server's."""
    path = data.draw(st.sampled_from(list(leaves(resource))))
    form = canonical(resource)
    changed, gone = copy.deepcopy(resource), copy.deepcopy(resource)
    at(changed, path[:-1])[path[-1]] = "iets anders"
    del at(gone, path[:-1])[path[-1]]

    if not is_servers(resource, path):
        assert digest(canonical(changed)) != digest(form)
        assert digest(canonical(gone)) != digest(form)
    elif path[0] != "extension":
        assert canonical(changed) == canonical(gone) == form


@given(RESOURCES, st.randoms(use_true_random=False))
def test_the_order_of_keys_means_nothing_and_that_of_lists_everything(
    resource: dict[str, Any], chance: random.Random
) -> None:
    """JSON objects have no order; FHIR's lists do."""

    def shuffled(value: Any) -> Any:  # noqa: ANN401 (any JSON)
        if isinstance(value, list):
            return [shuffled(item) for item in value]
        if isinstance(value, dict):
            names = list(value)
            chance.shuffle(names)
            return {name: shuffled(value[name]) for name in names}
        return value

    assert canonical(shuffled(resource)) == canonical(resource)
    ordered = {**resource, "list": [1, 2]}
    assert canonical({**ordered, "list": [2, 1]}) != canonical(ordered)


@pytest.mark.parametrize(
    "owned",
    [
        {"contact": [{"id": "1"}]},
        {"contact": [{"meta": "1"}]},
        {"code": {"text": "tekst"}},
        {"contact": [{"extension": [ORIGIN]}]},
        {"extension": [{"url": "x", "extension": [ORIGIN]}]},
        {"extension": [{"url": RESOURCE_ORIGIN + "/other"}]},
        {"modifierExtension": [ORIGIN]},
        {"contained": [{"resourceType": "Patient", "id": "1"}]},
        {"extension": "no list"},
    ],
    ids=count(),
)
def test_what_only_looks_like_the_servers_counts(owned: dict[str, Any]) -> None:
    """The server owns them at the root alone, and an extension by its whole url."""
    mine: Resource = {"resourceType": "Patient", "active": True}

    assert canonical({**mine, **owned}) != canonical(mine)


@given(RESOURCES)
def test_references_are_renamed_at_any_depth_and_nothing_else(resource: dict[str, Any]) -> None:
    """As if they had been written so; a `reference` that is no text stays what it is."""

    def rewritten(value: Any) -> Any:  # noqa: ANN401 (any JSON)
        if isinstance(value, list):
            return [rewritten(item) for item in value]
        if not isinstance(value, dict):
            return value
        made = {name: rewritten(item) for name, item in value.items()}
        if isinstance(value.get("reference"), str):
            made["reference"] = f"<{value['reference']}>"
        return made

    assert canonical(resource, "<{}>".format) == canonical(rewritten(resource))
    assert canonical(resource, str) == canonical(resource)


def test_a_literal_reference_becomes_the_conditional_one_that_it_stands_for() -> None:
    """In a list and below an extension; a text elsewhere that looks like one does not."""
    resource: Resource = {
        "resourceType": "Task",
        "for": {"reference": "Patient/1", "display": "Patient/1"},
        "input": [{"valueReference": {"reference": "Patient/1"}}, {"reference": ["Patient/1"]}],
    }
    renamed = canonical(resource, {"Patient/1": "Patient?identifier=a|b"}.__getitem__)

    assert orjson.loads(renamed) == {
        "resourceType": "Task",
        "for": {"reference": "Patient?identifier=a|b", "display": "Patient/1"},
        "input": [
            {"valueReference": {"reference": "Patient?identifier=a|b"}},
            {"reference": ["Patient/1"]},
        ],
    }


def test_the_form_is_plain_utf_8_json_with_sorted_keys() -> None:
    """Nothing is escaped or spaced that need not be: the bytes are for ever."""
    resource: dict[str, Any] = {
        "resourceType": "Patient",
        "b": {"d": 1, "c": ["é", None]},
        "a": True,
    }

    assert canonical(resource) == (
        '{"a":true,"b":{"c":["é",null],"d":1},"resourceType":"Patient"}'.encode()
    )


@pytest.mark.parametrize("content", [b"", b"{}", "é".encode()], ids=count())
def test_a_digest_is_sha_256_in_64_hexadecimal_digits(content: bytes) -> None:
    """As sha256sum gives it."""
    assert digest(content) == hashlib.sha256(content).hexdigest()
    assert digest(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


DIGESTS = st.lists(
    st.tuples(st.sampled_from(["Patient", "Task", "Endpoint"]), st.binary(max_size=1).map(digest)),
    min_size=1,
    max_size=8,
)


@given(DIGESTS, st.randoms(use_true_random=False))
def test_the_totals_do_not_depend_on_the_order(
    digests: list[tuple[str, str]], chance: random.Random
) -> None:
    """And are the sums of their parts; types in alphabetical order."""
    other = list(digests)
    chance.shuffle(other)
    totals = hash_totals(digests)

    assert totals == hash_totals(other)
    assert list(totals) == sorted({r4_type for r4_type, _digest in digests})
    for r4_type, total in totals.items():
        own = [int(d, 16) for t, d in digests if t == r4_type]
        assert total == HashTotal(len(own), sum(own) % 2**256)


@given(DIGESTS, st.data())
def test_a_lost_doubled_or_changed_resource_changes_the_total(
    digests: list[tuple[str, str]], data: st.DataObject
) -> None:
    """Also of two that are equal: a pair does not cancel. A change shows in the sum alone."""
    place = data.draw(st.integers(0, len(digests) - 1))
    r4_type, was = digests[place]
    lost = digests[:place] + digests[place + 1 :]
    doubled = [*digests, digests[place]]
    thrice = [*doubled, digests[place]]
    changed = [*lost, (r4_type, digest(b"changed" + was.encode()))]
    total = hash_totals(digests)[r4_type]

    for other in (lost, doubled, thrice, changed):
        found = hash_totals(other).get(r4_type, HashTotal())
        assert found != total
        assert found.sum != total.sum
    assert hash_totals(changed)[r4_type].count == total.count
    assert hash_totals(doubled)[r4_type].count == total.count + 1


def test_a_sum_goes_round_at_256_bits_and_is_shown_in_64_digits() -> None:
    """The largest digest twice is two short of the modulus, twice."""
    top = "f" * 64
    total = HashTotal().plus(top).plus(top)

    assert total == HashTotal(2, 2**256 - 2)
    assert total.hex == "f" * 63 + "e"
    assert total.plus("0" * 63 + "2") == HashTotal(3, 0)
    assert HashTotal(1, 10).hex == "0" * 63 + "a"
    assert HashTotal(2, 11).as_json() == {"count": 2, "sum": "0" * 63 + "b"}
    assert HashTotal() == HashTotal(0, 0)
    assert hash_totals([]) == {}
