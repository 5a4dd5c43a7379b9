"""What the service's AuditEvents say of the calls of a trace. Source: kt2.md §1.11, server.md §1.

The service writes one per call, a second or so later; `traceId` finds those of an `X-Trace-Id`.
Who is notified of a write, and goes on under the same trace, leaves events in it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from kt_migrate.model import Json, Resource

WRITING = ("C", "U", "D")
"""Actions that may leave an effect: create, update, delete."""

_TRACE = "/trace-id"
_FAILED = ("4", "8", "12")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One AuditEvent.

    Attributes:
        id: its logical id.
        trace: the trace that it belongs to; empty: it does not say.
        action: `C`, `R`, `U`, `D` or `E`; empty: it does not say.
        r4_type, logical_id, version: what it was about; empty where it does not say.
        device: who called: `Device/<id>`.
        failed: whether the call failed, by its `outcome`.
    """

    id: str
    trace: str
    action: str
    r4_type: str
    logical_id: str
    version: str
    device: str
    failed: bool


def trace_search(trace_id: str) -> str:
    """Return the search for the AuditEvents of a trace."""
    return f"AuditEvent?traceId={quote(trace_id, safe='')}"


def read_call(event: Resource) -> Call:
    """Read an AuditEvent; what it does not say, or says oddly, is empty."""
    r4_type, logical_id, version = _what(event)
    return Call(
        id=_text(event.get("id")),
        trace=_trace(event),
        action=_text(event.get("action")),
        r4_type=r4_type,
        logical_id=logical_id,
        version=version,
        device=_device(event),
        failed=_text(event.get("outcome")) in _FAILED,
    )


def _trace(event: Resource) -> str:
    for extension in _dicts(event.get("extension")):
        if _text(extension.get("url")).endswith(_TRACE):
            return _text(extension.get("valueId"))
    return ""


def _what(event: Resource) -> tuple[str, str, str]:
    """Return type, id and version of the first entity that names a resource.

    >>> _what({"entity": [{"what": {"reference": "http://x.example/fhir/Task/1/_history/2"}}]})
    ('Task', '1', '2')
    """
    for entity in _dicts(event.get("entity")):
        what = entity.get("what")
        reference = _text(what.get("reference")) if isinstance(what, dict) else ""
        place, _, version = reference.partition("/_history/")
        parts = place.split("/")
        if len(parts) > 1:
            return parts[-2], parts[-1], version
    return "", "", ""


def _device(event: Resource) -> str:
    """Return who asked for the call: the agent that is the requestor."""
    for agent in _dicts(event.get("agent")):
        who = agent.get("who")
        if agent.get("requestor") is True and isinstance(who, dict):
            return "/".join(_text(who.get("reference")).split("/")[-2:])
    return ""


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
