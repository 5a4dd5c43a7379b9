"""What is kept of a subscription: what fires, and nobody's number or secret."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.probing.subscriptions import subscription_of
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
