"""What the sandbox says: resources, outcomes, plain refusals. Source: server.md §1."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from starlette.responses import Response

from kt_migrate.model import Json, Resource
from kt_migrate.sandbox.store import Saved, Trouble

_JSON = "application/fhir+json;charset=utf-8"


def json_answer(
    status: int, content: Resource, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with a resource."""
    return Response(orjson.dumps(content), status, headers, media_type=_JSON)


def saved_answer(saved: Saved, address: str, asked: Mapping[str, str]) -> Response:
    """Answer with what was kept.

    Args:
        saved: what the store says.
        address: base that the server names itself by; not the one that was asked.
        asked: headers of the request; `Prefer: return=minimal` leaves the body out.
    """
    resource = saved.resource
    name = f"{resource['resourceType']}/{resource['id']}/_history/{saved.version}"
    headers = {"ETag": f'W/"{saved.version}"', "Location": f"{address}/{name}"}
    status = HTTPStatus.CREATED if saved.created else HTTPStatus.OK
    if "return=minimal" in asked.get("prefer", ""):
        return Response(b"", status, headers)
    return json_answer(status, resource, headers)


def searchset(resources: list[Resource], total: int | None, link: str) -> Resource:
    """Return a Bundle of what a search found."""
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        bundle["total"] = total
    if link:
        bundle["link"] = [{"relation": "next", "url": link}]
    if resources:
        bundle["entry"] = [{"resource": resource} for resource in resources]
    return bundle


def history_of(versions: list[Resource]) -> Resource:
    """Return a Bundle of the versions of one resource, as they are given."""
    entries: list[Json] = []
    for resource in versions:
        method = "POST" if _version_of(resource) == "1" else "PUT"
        name = f"{resource['resourceType']}/{resource['id']}"
        entries.append({"resource": resource, "request": {"method": method, "url": name}})
    return {
        "resourceType": "Bundle",
        "type": "history",
        "total": len(entries),
        "entry": entries,
    }


def _version_of(resource: Resource) -> str:
    meta = resource.get("meta")
    return str(meta.get("versionId")) if isinstance(meta, dict) else ""


def outcome(status: int, code: str, text: str, path: str = "") -> Response:
    """Answer with an OperationOutcome of one error."""
    issue: dict[str, Json] = {"severity": "error", "code": code, "diagnostics": text}
    if path:
        issue["expression"] = [path]
    return json_answer(status, {"resourceType": "OperationOutcome", "issue": [issue]})


def trouble(found: Trouble) -> Response:
    """Answer with what the store refuses."""
    return outcome(found.status, "processing", found.why, found.path)


def invalid(wrong: list[tuple[str, str]]) -> Response:
    """422, with information before errors: as the reference service does."""
    issues: list[Json] = [
        {"severity": "information", "code": "informational", "diagnostics": "validated"}
    ]
    for path, rule in wrong:
        issues.append(
            {"severity": "error", "code": "processing", "diagnostics": rule, "expression": [path]}
        )
    return json_answer(
        HTTPStatus.UNPROCESSABLE_ENTITY, {"resourceType": "OperationOutcome", "issue": issues}
    )


def forbidden() -> Response:
    """Answer 403, plain text."""
    return plain(HTTPStatus.FORBIDDEN, "Unauthorized")


def plain(status: int, text: str) -> Response:
    """Answer with plain text."""
    return Response(text, status, media_type="text/plain")
