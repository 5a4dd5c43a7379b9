"""When a subscription is as it was: to the letter, but for what a server writes anew."""

from __future__ import annotations

from typing import Any

import pytest

from kt_migrate.subscriptions.exact import (
    digest,
    exact,
    fields_of,
    lasting,
    version_of,
    with_status,
)
from subscriptions.conftest import subscription

META: dict[str, Any] = {"versionId": "1", "lastUpdated": "2026-11-26T10:00:00Z", "profile": ["p"]}
BEFORE: dict[str, Any] = subscription("Task", id="1", meta=META)


@pytest.mark.parametrize(
    "meta",
    [
        {**META, "versionId": "9"},
        {**META, "lastUpdated": "2027-01-01T00:00:00Z"},
        {**META, "source": "#a1b2"},
        {"profile": ["p"]},
    ],
)
def test_what_a_server_writes_anew_makes_no_difference(meta: dict[str, Any]) -> None:
    """Its version, its time, and its own mark of a request."""
    after = {**BEFORE, "meta": meta}

    assert exact(after) == exact(BEFORE)
    assert digest(after) == digest(BEFORE)
    assert fields_of(BEFORE, after) == ()
    assert lasting(after)["meta"] == {"profile": ["p"]}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"meta": {**META, "profile": ["q"]}}, "meta.profile"),
        ({"meta": {**META, "source": "http://portaal.example"}}, "meta.source"),
        ({"meta": {**META, "tag": [{"code": "x"}]}}, "meta.tag"),
        ({"channel": {**BEFORE["channel"], "header": ["ander-geheim"]}}, "channel.header"),
        ({"extension": [{"url": "x"}]}, "extension"),
        ({"status": "off"}, "status"),
        ({"contact": []}, "contact"),
    ],
)
def test_anything_else_does_and_its_field_is_named(changed: dict[str, Any], field: str) -> None:
    """By name: what is in it may be a secret."""
    after = {**BEFORE, **changed}

    assert exact(after) != exact(BEFORE)
    assert fields_of(BEFORE, after) == (field,)
    assert fields_of(after, BEFORE) == (field,)


def test_the_order_of_names_says_nothing_and_that_of_a_list_does() -> None:
    """Servers write names in an order of their own."""
    assert exact(dict(reversed(BEFORE.items()))) == exact(BEFORE)
    channel = {**BEFORE["channel"], "header": BEFORE["channel"]["header"][::-1]}
    assert exact({**BEFORE, "channel": channel}) != exact(BEFORE)


def test_many_fields_are_named_in_order_and_not_without_end() -> None:
    """Twenty are enough to see that it is another."""
    many = {**BEFORE, **{f"x{number:02}": 1 for number in range(30)}}

    found = fields_of(BEFORE, many)

    assert found == tuple(f"x{number:02}" for number in range(20))


def test_nothing_is_left_of_a_meta_that_was_the_servers_own() -> None:
    """It is not sent back empty."""
    own: dict[str, Any] = {"versionId": "1", "lastUpdated": "2026-11-26T10:00:00Z"}

    assert "meta" not in lasting({**BEFORE, "meta": own})
    assert lasting({"resourceType": "Subscription"}) == {"resourceType": "Subscription"}
    off = with_status({**BEFORE, "meta": own}, "off")
    assert (off["status"], "meta" in off, BEFORE["status"]) == ("off", False, "active")
    strange: list[dict[str, Any]] = [BEFORE, {}, {"meta": {}}, {"meta": []}]
    assert [version_of(one) for one in strange] == ["1", "", "", ""]
