"""AuditEvents as servers write them: what they tell, and what they leave out."""

from __future__ import annotations

import pytest

from kt_migrate.kt2.audit import Call, read_call, trace_search
from kt_migrate.model import Resource

WHOLE: Resource = {
    "resourceType": "AuditEvent",
    "id": "e1",
    "extension": [
        {"url": "http://koppeltaal.nl/fhir/StructureDefinition/request-id", "valueId": "r"},
        {"url": "http://koppeltaal.nl/fhir/StructureDefinition/trace-id", "valueId": "t"},
    ],
    "action": "U",
    "outcome": "0",
    "agent": [
        {"who": {"reference": "Device/server"}, "requestor": False},
        {"who": {"reference": "https://x.example/fhir/Device/me"}, "requestor": True},
    ],
    "entity": [
        {"query": "YQ=="},
        {"what": {"reference": "https://x.example/fhir/Task/1/_history/2"}},
    ],
}
READ = Call(
    id="e1",
    trace="t",
    action="U",
    r4_type="Task",
    logical_id="1",
    version="2",
    device="Device/me",
    failed=False,
)


def test_a_whole_event_is_read() -> None:
    """The trace, what was done to which version, and by whom."""
    assert read_call(WHOLE) == READ


NOTHING = Call(
    id="", trace="", action="", r4_type="", logical_id="", version="", device="", failed=False
)


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"extension": "x", "agent": 1, "entity": {"what": 1}, "action": ["C"]},
        {"extension": [{"url": 1}, "x"], "agent": [{"who": "x", "requestor": True}, 1]},
        {"entity": [{"what": {"reference": "urn:uuid:1"}}, {"what": "Task/1"}], "id": 3},
        {"agent": [{"who": {"reference": "Device/me"}}]},
    ],
)
def test_an_odd_event_says_nothing(event: Resource) -> None:
    """And stops nothing."""
    assert read_call(event) == NOTHING


@pytest.mark.parametrize(
    ("outcome", "failed"), [("0", False), ("4", True), ("8", True), ("12", True)]
)
def test_an_outcome_says_whether_it_failed(outcome: str, failed: bool) -> None:  # noqa: FBT001 (a case)
    """Success, or a failure of any weight."""
    assert read_call({"outcome": outcome}).failed is failed


def test_a_trace_is_searched_by_its_parameter() -> None:
    """`traceId`, escaped."""
    assert trace_search("a b&c") == "AuditEvent?traceId=a%20b%26c"
