"""The FHIR REST of KT 2.0, one resource per request. Source: TOP-KT-002, server.md §1.

The token goes to the configured host and nowhere else: redirects are not followed, and paging
links are put on the configured base.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx
import orjson

from kt_migrate.errors import CouldNotLookError, ServerUnavailableError, said
from kt_migrate.kt2.answers import (
    Answer,
    Deleted,
    NotSent,
    Refused,
    Unknown,
    classify_delete,
    classify_write,
    parse_resource,
)
from kt_migrate.kt2.capabilities import Capabilities, capabilities_of
from kt_migrate.kt2.guide import guide_versions
from kt_migrate.kt2.login import Credentials, Login
from kt_migrate.kt2.outcome import server_issues
from kt_migrate.kt2.retry import READING, Again, Retry, again
from kt_migrate.kt2.search import (
    HEAD_BYTES,
    TOKEN_BYTES,
    Found,
    Page,
    find,
    no_bundle,
    parse_page,
    token_of,
)
from kt_migrate.kt2.sending import Sending
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.kt2.transport import Wire, transport
from kt_migrate.model import Key, Resource

__all__ = ["Capabilities", "FhirClient", "Found", "token_of"]

_TIMEOUT = httpx.Timeout(60.0, connect=10.0, pool=None)


class FhirClient:
    """A client of one environment's FHIR service."""

    def __init__(  # noqa: PLR0913 (what a client is made of)
        self,
        base: str,
        credentials: Credentials,
        *,
        trace_id: str,
        max_in_flight: int,
        now: Callable[[], float],
        retry: Retry | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        secured = () if credentials.tls is None else (credentials.tls,)
        connections = transport(max_in_flight + 2, *secured)
        self._http = httpx.AsyncClient(
            transport=connections, timeout=_TIMEOUT, follow_redirects=False
        )
        self._base = base
        self._now = now
        self._retry = retry or Retry()
        self._trace_id = trace_id
        self.traffic = traffic or Traffic()
        self.login = Login(self._http, base, credentials, now=now, retry=self._retry)
        self._sending = Sending(
            Wire(connections, _TIMEOUT), self.login, trace_id=trace_id, traffic=self.traffic
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self._http.aclose()

    async def create(
        self, resource: Resource, if_none_exist: Key | None, *, request_id: str
    ) -> Answer:
        """POST one resource; with a key only if nothing has that temporary identifier.

        Raises:
            LoginError: 401 twice, or 403.
        """
        headers = {"Prefer": "return=representation", "X-Request-Id": request_id}
        if if_none_exist is not None:
            headers["If-None-Exist"] = f"identifier={token_of(if_none_exist)}"
        return await self._write(
            "POST",
            str(resource["resourceType"]),
            resource,
            headers,
            conditional=if_none_exist is not None,
        )

    async def update(
        self, resource: Resource, logical_id: str, version: str, *, request_id: str
    ) -> Answer:
        """PUT one resource over a version that was seen.

        Raises:
            LoginError: 401 twice, or 403.
        """
        headers = {
            "Prefer": "return=representation",
            "X-Request-Id": request_id,
            "If-Match": f'W/"{version}"',
        }
        path = f"{resource['resourceType']}/{logical_id}"
        return await self._write("PUT", path, resource, headers, conditional=False)

    async def delete(
        self, r4_type: str, logical_id: str, version: str, *, request_id: str
    ) -> Answer | Deleted:
        """DELETE one resource of which a version was seen.

        A 403 is an answer here: that a client may not delete is usual (TOP-KT-003).

        Raises:
            LoginError: 401 twice.
        """
        headers = {"X-Request-Id": request_id, "If-Match": f'W/"{version}"'}
        url = f"{self._base}/{r4_type}/{logical_id}"
        answer = await self._sending.send("DELETE", url, headers, may_be_forbidden=True)
        if isinstance(answer, httpx.Response):
            return classify_delete(
                answer.status_code, answer.headers, answer.content, now=self._now
            )
        return answer

    async def _write(
        self,
        method: str,
        path: str,
        resource: Resource,
        headers: dict[str, str],
        *,
        conditional: bool,
    ) -> Answer:
        content = orjson.dumps(resource)
        answer = await self._sending.send(method, f"{self._base}/{path}", headers, content)
        if isinstance(answer, httpx.Response):
            return classify_write(
                answer.status_code,
                answer.headers,
                answer.content,
                conditional=conditional,
                now=self._now,
            )
        return answer

    async def read(self, r4_type: str, logical_id: str) -> Resource | None:
        """GET one resource; None when it is not there."""
        answer = await self._get(f"{self._base}/{r4_type}/{logical_id}")
        return parse_resource(answer.content) if answer.is_success else None

    async def standing(self, r4_type: str, logical_id: str, version: str = "") -> Resource | int:
        """GET one resource, or a version of it; when it is not there, how the server says so.

        Returns:
            The resource; or 404 (never there, or nothing left of it) or 410 (deleted, and its
            history remains).

        Raises:
            CouldNotLookError: the answer says neither.
        """
        history = f"/_history/{version}" if version else ""
        answer = await self._get(f"{self._base}/{r4_type}/{logical_id}{history}")
        if answer.status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return answer.status_code
        resource = parse_resource(answer.content) if answer.is_success else None
        if resource is not None:
            return resource
        raise CouldNotLookError(
            said(
                "The server does not say whether a resource is there (HTTP {status_code}).",
                status_code=answer.status_code,
            ),
            where=f"GET {r4_type}",
            fix="Look at the server; then give the same command again.",
        )

    async def is_gone(self, r4_type: str, logical_id: str) -> bool:
        """Whether a resource is not there any more, by an answer that says so.

        Raises:
            CouldNotLookError: the answer says neither: that is not *gone*.
        """
        return isinstance(await self.standing(r4_type, logical_id), int)

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Look resources up by temporary identifier, many in one GET.

        Returns:
            What was found, per key; a key without a match is not in it.

        Raises:
            CouldNotLookError: there are so many that some may be missing.
        """
        return await find(self, keys, room=HEAD_BYTES - TOKEN_BYTES - len(self._base))

    async def search(self, address: str) -> Page | Refused:
        """GET one page of a search.

        Args:
            address: relative to the FHIR base: `Patient?identifier=…`, or a page's `next`.

        Returns:
            The page, or the refusal (4xx): servers differ in what they can search and sort.

        Raises:
            ServerUnavailableError: no answer, or no Bundle.
        """
        r4_type = address.partition("?")[0]
        answer = await self._get(f"{self._base}{'/' if r4_type else ''}{address}")
        if answer.is_client_error:
            return Refused(status=answer.status_code, issues=server_issues(answer.content))
        bundle = parse_resource(answer.content)
        if not answer.is_success or bundle is None or bundle.get("resourceType") != "Bundle":
            raise no_bundle(answer.status_code, address)
        return parse_page(bundle, r4_type)

    async def glance(self, address: str, *, openly: bool = False) -> httpx.Response:
        """GET anything below the base, and return the answer as it is; a 403 is one too.

        Args:
            address: relative to the FHIR base: `metadata`, `Device/1`, a page's `next`.
            openly: without a token, as anybody may ask it.

        Raises:
            LoginError: 401 twice, or no token.
            ServerUnavailableError: no answer.
        """
        slash = "" if address.startswith("?") else "/"
        url = f"{self._base}{slash}{address}"
        return await self._get(url, may_be_forbidden=True, openly=openly)

    async def metadata(self) -> Capabilities:
        """Read the CapabilityStatement."""
        answer = await self._get(f"{self._base}/metadata")
        statement = parse_resource(answer.content)
        if not answer.is_success or statement is None:
            raise ServerUnavailableError(
                said(
                    "The server does not say what it can do (HTTP {status_code}).",
                    status_code=answer.status_code,
                ),
                where="GET metadata",
                fix="Check fhir_base_url in the environment's file.",
            )
        return capabilities_of(statement)

    async def profile_versions(self, package: str) -> tuple[str, ...]:
        """Ask which versions of a profile package the service runs; empty: it does not say.

        Raises:
            ServerUnavailableError: it does not answer.
        """
        return await guide_versions(
            self._http, self._base, package, self._retry, self._now, trace_id=self._trace_id
        )

    async def _get(
        self, url: str, *, may_be_forbidden: bool = False, openly: bool = False
    ) -> httpx.Response:
        """GET, again after trouble: reading can do no harm."""

        async def ask() -> httpx.Response | Again:
            headers = {"X-Request-Id": str(uuid.uuid4())}
            answer = await self._sending.send(
                "GET", url, headers, may_be_forbidden=may_be_forbidden, openly=openly
            )
            if isinstance(answer, (Unknown, NotSent)):
                return Again(why=answer.why)
            return again(answer, self._now) or answer

        answer = await self._retry.until(ask, READING)
        if isinstance(answer, Again):
            raise ServerUnavailableError(
                said("The server does not answer ({why}).", why=answer.why),
                where=f"GET {urlsplit(url).path}",
                fix="Check the network; then give the same command again.",
            )
        return answer
