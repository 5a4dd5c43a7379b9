"""What is kept of a subscription: what fires, and nobody's number or secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.kt2.answers import Refused
from kt_migrate.probing.sight import Sight
from kt_migrate.probing.subscriptions import every_one, in_force, subscription_of
from probing.services import subscription

WRITES = {("Task", "ready"): 5, ("Task", "completed"): 7, ("Patient", ""): 3}
SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("criteria", "shown", "fires", "exactly"),
    [
        ("Task?status=ready", "Task?status=ready", 5, True),
        ("Task?status=ready,completed", "Task?status=ready,completed", 12, True),
        ("Task?status=draft", "Task?status=draft", 0, True),
        ("Task", "Task", 12, True),
        ("Patient?", "Patient", 3, True),
        ("Task?status=ready&owner=Patient/1", "Task?status=ready&owner=…", 5, False),
        ("Task?status:not=ready", "Task?status:not=…", 12, False),
        ("Task?status=http://x|ready", "Task?status=…", 12, False),
        ("Task?status=ready&status=completed", "Task?status=ready&status=completed", 12, False),
        ("Patient?identifier=http://bsn|999900146", "Patient?identifier=…", 3, False),
        ("Device?x=1", "Device?x=…", 0, False),
        ("Task?owner=", "Task?owner=…", 12, False),
        ("Task?Jan de Boer=1", "Task?…=…", 12, False),
        ("", "…", 0, False),
    ],
)
def test_what_fires_is_counted_by_type_and_status(
    criteria: str, shown: str, fires: int, *, exactly: bool
) -> None:
    """Of anything more only that it is at most so many; and no value is shown but a status."""
    made = subscription(criteria)

    assert (made.criteria, made.fires(WRITES)) == (shown, fires)
    assert made.only_status is exactly


@pytest.mark.property
@given(st.text(), st.text(min_size=1, alphabet="abcdefgh-XYZ é1"))
def test_no_value_of_a_criterion_is_shown(name: str, value: str) -> None:
    """Whatever its parameter is called."""
    made = subscription(f"Patient?{name}={SECRET}{value}9")

    assert SECRET not in repr(made)


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("https://app.example/hooks/secret?token=1", "app.example"),
        ("https://user:word@app.example:8443/x", "app.example"),
        ("https://[bad", ""),
        ("no address", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_of_an_endpoint_the_host_is_kept(endpoint: object, host: str) -> None:
    """No path, no name, no header, no payload."""
    channel = {"endpoint": endpoint, "header": [f"X: {SECRET}"], "payload": SECRET}
    made = subscription(channel=channel, reason=SECRET)

    assert made.host == host
    for hidden in ("secret", "word", SECRET, "token"):
        assert hidden not in repr(made)


@pytest.mark.parametrize(
    ("status", "counts"),
    [("active", True), ("requested", True), ("off", False), ("error", False), (None, False)],
)
def test_in_force_is_what_fires_or_will(status: str | None, *, counts: bool) -> None:
    """What is off or in error does not."""
    made = subscription_of({"status": status, "criteria": "Task"})

    assert (made is not None) is counts


@pytest.mark.parametrize(
    "other",
    [
        {"criteria": "Task?status=ready&owner=Patient/2"},
        {"channel": {"endpoint": "https://app.example/other"}},
        {"end": "2027-01-01"},
    ],
)
def test_what_is_not_shown_still_tells_two_apart(other: dict[str, Any]) -> None:
    """By a digest; what is not kept at all does not: header, payload and reason."""
    one = subscription("Task?status=ready&owner=Patient/1")

    assert subscription(**{"criteria": "Task?status=ready&owner=Patient/1", **other}) != one
    assert subscription("Task?status=ready&owner=Patient/1", reason="x") == one


class Paged:
    """A server that shows Subscriptions in pages, and says how many there are."""

    def __init__(self, pages: Sequence[Sequence[str] | int], total: int) -> None:
        self.pages = [*pages]
        self.total = total

    async def profile_versions(self, package: str) -> tuple[str, ...]:
        """Say nothing of itself."""
        return (package,)

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """GET."""
        del openly
        if address.endswith("_summary=count"):
            content: dict[str, Any] = {"resourceType": "Bundle", "total": self.total}
            return httpx.Response(200 if self.total >= 0 else 403, content=json.dumps(content))
        page = self.pages.pop(0)
        if isinstance(page, int):
            return httpx.Response(page)
        found = [
            {"resourceType": "Subscription", "id": name, "status": status, "criteria": name}
            for name, _, status in (text.partition(" ") for text in page)
        ]
        link = [{"relation": "next", "url": "http://x/Subscription?page=2"}] if self.pages else []
        entries = [{"resource": one} for one in found]
        content = {"resourceType": "Bundle", "entry": entries, "link": link}
        return httpx.Response(200, content=json.dumps(content))


def test_all_are_read_and_those_in_force_are_known_in_one_order() -> None:
    """Whatever the order of the server; a page that repeats one counts it once."""
    pages = [["Task active", "Patient requested"], ["Patient requested", "Device off"]]

    every = asyncio.run(every_one(Sight(Paged(pages, 3))))
    known = asyncio.run(in_force(Sight(Paged(pages, 3))))

    assert isinstance(every, tuple)
    assert [one["id"] for one in every] == ["Task", "Patient", "Device"]
    assert isinstance(known, tuple)
    assert [one.criteria for one in known] == ["Patient", "Task"]


@pytest.mark.parametrize(
    ("pages", "total", "found"),
    [
        ([["Task active"]], 2, None),
        ([["Task active", "Patient active"]], 1, None),
        ([["Task active"]] * 60, 1, ()),
        ([403], 1, Refused(status=403)),
        ([["Task active"], 400], 2, Refused(status=400)),
        ([], -1, Refused(status=403)),
    ],
)
def test_what_cannot_be_shown_to_be_all_is_no_list(
    pages: list[list[str] | int], total: int, found: object
) -> None:
    """Nor is a refusal one without any; and pages without end are not followed."""
    server = Paged(pages, total)
    seen = asyncio.run(in_force(Sight(server)))

    assert seen == found or (found == () and isinstance(seen, tuple))
    assert len(server.pages) == (10 if len(pages) > 2 else 0)
