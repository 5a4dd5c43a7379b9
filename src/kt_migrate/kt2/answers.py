"""What a server's answer means. The one place where a status becomes a decision.

Judged by range; only 401 and 403 by number (TOP-KT-012a). Ids and versions are taken from the
answer, its base never: Location and paging links may name another host (server.md §1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeAlias

from kt_migrate.kt2.outcome import ServerIssue, fhir, server_issues
from kt_migrate.model import Resource

_LOCATION = re.compile(
    r"(?:^|/)[A-Z][A-Za-z]+/([A-Za-z0-9.-]{1,64})(?:/_history/([A-Za-z0-9.-]{1,64}))?\Z"
)
_SECONDS = re.compile(r"[ \t]*([0-9]+)[ \t]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The resource is on the server.

    Attributes:
        created: this request made it; False: it was there, or was updated.
        id: logical id.
        version: the server's version, or empty when it did not say.
        resource: as the server has it, when it sent it along.
        status: HTTP status.
    """

    created: bool
    id: str
    version: str
    resource: Resource | None
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The server says no, and means it: sending the same again cannot help.

    `code` is `several-matches` for a conditional create that matched more than one resource.
    """

    status: int
    code: str = ""
    issues: tuple[ServerIssue, ...] = ()

    @property
    def path(self) -> str:
        """The place that the server names first; empty when it names none."""
        return next((issue.path for issue in self.issues if issue.path), "")

    @property
    def said(self) -> str:
        """What the server said, beside its status: nothing of it can be a value."""
        if not self.issues:
            return "no-outcome"
        more = len(self.issues) - 1
        return " ".join(filter(None, (self.issues[0].said, f"(+{more})" if more else "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """It may or may not have happened: a time-out, a reset, a 5xx."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """Nothing left: the connection was refused."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttled:
    """The server asks to wait.

    Attributes:
        seconds: how long; None when it does not say.
        perhaps_done: a 503 may come from something that stands before the server, after the effect.
    """

    seconds: float | None
    perhaps_done: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """It is not there any more.

    Attributes:
        status: HTTP status; 404 and 410 say that it was gone already.
    """

    status: int


Answer: TypeAlias = "Stored | Refused | Unknown | NotSent | Throttled"


def classify_write(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    conditional: bool,
    now: Callable[[], float],
) -> Answer:
    """Say what the answer to a POST or PUT means. 401 and 403 are the caller's.

    Args:
        status: HTTP status.
        headers: with lower-case names, or case-insensitive.
        body: the bytes of the answer.
        conditional: the request carried If-None-Exist.
        now: seconds since 1970, for a Retry-After that is a date.
    """
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return Throttled(
            seconds=retry_after(headers.get("retry-after"), now),
            perhaps_done=status == HTTPStatus.SERVICE_UNAVAILABLE,
        )
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return _stored(status, headers, body)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Unknown(why=f"http-{status}")
    # FHIR's answer to an If-None-Exist that matches more than one.
    several = conditional and status == HTTPStatus.PRECONDITION_FAILED
    return Refused(
        status=status, code="several-matches" if several else "", issues=server_issues(body)
    )


def classify_delete(
    status: int, headers: Mapping[str, str], body: bytes, *, now: Callable[[], float]
) -> Answer | Deleted:
    """Say what the answer to a DELETE means. 401 is the caller's."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Unknown(why="errors") if server_issues(body) else Deleted(status)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return Deleted(status)
    return classify_write(status, headers, body, conditional=False, now=now)


def _stored(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    # A 2xx proves nothing when it carries something else than FHIR (a portal's page), or errors,
    # or names nothing.
    if body and fhir(body) is None:
        return Unknown(why="no-fhir")
    if server_issues(body):
        return Unknown(why="errors")
    resource = parse_resource(body)
    location, version = _location(headers)
    logical = _id_in(resource) or location
    if not logical:
        return Unknown(why="no-id")
    version = _etag(headers) or _version_in(resource) or version
    created = status == HTTPStatus.CREATED  # 200 is a match or an update
    return Stored(created=created, id=logical, version=version, resource=resource, status=status)


def _location(headers: Mapping[str, str]) -> tuple[str, str]:
    """Return id and version at the end of the address that an answer names; empty: not there."""
    found = _LOCATION.search(headers.get("location") or headers.get("content-location") or "")
    return (found[1], found[2] or "") if found else ("", "")


def _etag(headers: Mapping[str, str]) -> str:
    return headers.get("etag", "").removeprefix("W/").strip('"')


def _id_in(resource: Resource | None) -> str:
    logical = resource.get("id") if resource else None
    return logical if isinstance(logical, str) else ""


def _version_in(resource: Resource | None) -> str:
    meta = resource.get("meta") if resource else None
    return str(meta.get("versionId") or "") if isinstance(meta, dict) else ""


def parse_resource(body: bytes) -> Resource | None:
    """Return the body as a resource; None when it is none, or only an OperationOutcome."""
    resource = fhir(body)
    return None if resource and resource["resourceType"] == "OperationOutcome" else resource


def retry_after(value: str | None, now: Callable[[], float]) -> float | None:
    """Read Retry-After: seconds, or an HTTP date. None when absent or nonsense."""
    if not value:
        return None
    if seconds := _SECONDS.fullmatch(value):
        return float(seconds[1])
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.fromtimestamp(now(), UTC)).total_seconds())
