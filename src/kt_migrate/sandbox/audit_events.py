"""What an AuditEvent of the service tells of one call. Source: kt2.md §1.11 and TOP-KT-011.

One event per call, a moment later, with the action, who called, and the version that came of it;
of a deletion it does not say what was deleted. It holds the trace as it was sent, and the caller's
request id as correlation id.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from kt_migrate.model import PROFILE_BASE, Json, Resource

EXTENSION = "http://koppeltaal.nl/fhir/StructureDefinition/"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_INTERACTIONS = "http://hl7.org/fhir/restful-interaction"
_ACTIONS = {
    "create": "C",
    "read": "R",
    "vread": "R",
    "update": "U",
    "delete": "D",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call.

    Attributes:
        trace, request, correlation: the ids of the headers; `request` is the server's own.
        interaction: FHIR's word for it: `create`, `search-type`, …
        what: `Patient/1/_history/2`; empty: it does not say.
        outcome: 0 success, 4 refused, 8 failed.
        device: who called: `Device/<id>`.
    """

    trace: str
    request: str
    correlation: str
    interaction: str
    what: str
    outcome: str
    device: str

    @property
    def action(self) -> str:
        """The letter of the FHIR value set audit-event-action."""
        return _ACTIONS.get(self.interaction, "E")


def call_of(request: Request, answer: Response, device: str) -> Call:
    """Return what an AuditEvent tells of a call that was answered."""
    interaction = _interaction(request)
    return Call(
        trace=answer.headers["X-Trace-Id"],
        request=answer.headers["X-Request-Id"],
        correlation=answer.headers.get("X-Correlation-Id", ""),
        interaction=interaction,
        what=_what(request, answer, interaction),
        outcome=_outcome(answer.status_code),
        device=device,
    )


def _interaction(request: Request) -> str:
    on_instance = "logical_id" in request.path_params
    match request.method:
        case "POST":
            named = "r4_type" in request.path_params
            return "operation" if on_instance else "create" if named else "transaction"
        case "GET" if request.url.path.endswith("/_history"):
            return "history-instance"
        case "GET" if on_instance:
            return "vread" if "version" in request.path_params else "read"
        case "GET":
            return "search-type"
        case method:
            return {"PUT": "update", "DELETE": "delete"}.get(method, "patch")


def _what(request: Request, answer: Response, interaction: str) -> str:
    """Return what a call was about; nothing of a refusal, a search, or a deletion."""
    if (
        not _is_success(answer.status_code)
        or interaction not in _ACTIONS
        or interaction == "delete"
    ):
        return ""
    if interaction == "create":
        return "/".join(answer.headers["Location"].split("/")[-4:])
    path = request.path_params
    version = answer.headers.get("ETag", "").removeprefix("W/").strip('"')
    what = f"{path['r4_type']}/{path['logical_id']}"
    return f"{what}/_history/{version}" if version else what


def _is_success(status: int) -> bool:
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES


def _outcome(status: int) -> str:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "8"
    return "0" if _is_success(status) else "4"


def audit_event(number: int, instant: str, call: Call) -> Resource:
    """Return one call as an AuditEvent."""
    ids = {"trace-id": call.trace, "request-id": call.request, "correlation-id": call.correlation}
    extension: list[Json] = [
        {"url": EXTENSION + name, "valueId": value} for name, value in ids.items() if value
    ]
    event: Resource = {
        "resourceType": "AuditEvent",
        "id": str(number),
        "meta": {
            "profile": [f"{PROFILE_BASE}AuditEvent"],
            "versionId": "1",
            "lastUpdated": instant,
        },
        "extension": extension,
        "type": {"system": _REST, "code": "rest"},
        "subtype": [{"system": _INTERACTIONS, "code": call.interaction}],
        "action": call.action,
        "recorded": instant,
        "outcome": call.outcome,
        "agent": [
            {
                "type": {"coding": [{"system": _DCM, "code": "110153"}]},
                "who": {"reference": call.device, "type": "Device"},
                "requestor": True,
            }
        ],
        "source": {"observer": {"display": "kt-migrate sandbox"}},
    }
    if call.what:
        what: Json = {"reference": call.what, "type": call.what.partition("/")[0]}
        event["entity"] = [{"what": what}]
    return event
