"""The FHIR REST of KT 2.0, one resource per request. Source: TOP-KT-002, server.md §1.

The token goes to the configured host and nowhere else: redirects are not followed, and paging
links are put on the configured base.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

import aiohttp
import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from kt_migrate.errors import LoginError, ServerUnavailableError
from kt_migrate.kt2.answers import (
    Answer,
    NotSent,
    Unknown,
    classify_write,
    parse_resource,
)
from kt_migrate.kt2.login import Credentials, Login
from kt_migrate.model import Json, Key, Resource

MEDIA_TYPE = "application/fhir+json"
PAGE_SIZE = 200
HEAD_BYTES = 7_000
"""A request head over 8 kB is refused (server.md §1); the rest is for headers of proxies."""

READ_ATTEMPTS = 6
_ESCAPE = re.compile(r"([\\$,|])")
_TIMEOUT = httpx.Timeout(60.0, connect=10.0, pool=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One resource that a look-up by temporary identifier found."""

    id: str
    version: str
    resource: Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What the server says that it can do (its CapabilityStatement).

    Attributes:
        conditional_create: per R4 type.
        fhir_version: `4.0.1`, or empty.
        software: name and version, or empty.
    """

    conditional_create: Mapping[str, bool]
    fhir_version: str
    software: str


class FhirClient:
    """A client of one environment's FHIR service."""

    def __init__(
        self,
        base: str,
        credentials: Credentials,
        *,
        trace_id: str,
        max_in_flight: int,
        now: Callable[[], float],
    ) -> None:
        limits = httpx.Limits(max_connections=max_in_flight + 2)
        self._http = httpx.AsyncClient(
            transport=AiohttpTransport(limits=limits), timeout=_TIMEOUT, follow_redirects=False
        )
        self._base = base
        self._now = now
        self._trace_id = trace_id
        self.login = Login(self._http, base, credentials, now=now)

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
        answer = await self._send(method, f"{self._base}/{path}", headers, content)
        if isinstance(answer, httpx.Response):
            return classify_write(
                answer.status_code,
                answer.headers,
                answer.content,
                conditional=conditional,
                now=self._now,
            )
        return answer

    async def _send(
        self, method: str, url: str, headers: dict[str, str], content: bytes | None = None
    ) -> httpx.Response | Unknown | NotSent:
        """Send with a token; renew it once on 401."""
        refused = ""
        while True:
            token = await self.login.token(refused)
            all_headers = {
                "Authorization": f"Bearer {token}",
                "Accept": MEDIA_TYPE,
                "X-Trace-Id": self._trace_id,
                **headers,
            }
            if content is not None:
                all_headers["Content-Type"] = MEDIA_TYPE
            try:
                answer = await self._http.request(method, url, headers=all_headers, content=content)
            except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
                return _failed(error)
            if answer.status_code == 401 and not refused:  # noqa: PLR2004 (by number: TOP-KT-012a)
                refused = token
                continue
            if answer.status_code in (401, 403):
                raise LoginError(
                    f"The server refuses access (HTTP {answer.status_code}).",
                    where=f"{method} {urlsplit(url).path}",
                    fix="Check the client's role and scopes in the domain administration.",
                )
            return answer

    async def read(self, r4_type: str, logical_id: str) -> Resource | None:
        """GET one resource; None when it is not there."""
        answer = await self._get(f"{self._base}/{r4_type}/{logical_id}")
        return parse_resource(answer.content) if answer.is_success else None

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Look resources up by temporary identifier, many in one GET.

        Returns:
            What was found, per key; a key without a match is not in it.
        """
        found: dict[Key, list[Found]] = {}
        for r4_type, tokens in _chunks(keys, len(self._base)):
            params = f"identifier={','.join(tokens)}&_count={PAGE_SIZE}"
            async for page in self._pages(r4_type, params):
                for resource in page:
                    for key in _keys_of(resource, r4_type):
                        found.setdefault(key, []).append(_found(resource))
        wanted = set(keys)
        return {key: tuple(items) for key, items in found.items() if key in wanted}

    async def pages(self, r4_type: str, params: Mapping[str, str]) -> AsyncIterator[list[Resource]]:
        """Search, and yield page after page."""
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in params.items())
        async for page in self._pages(r4_type, f"{query}&_count={PAGE_SIZE}"):
            yield page

    async def _pages(self, r4_type: str, query: str) -> AsyncIterator[list[Resource]]:
        url = f"{self._base}/{r4_type}?{query}"
        while url:
            answer = await self._get(url)
            bundle = parse_resource(answer.content)
            if not answer.is_success or bundle is None or bundle.get("resourceType") != "Bundle":
                raise ServerUnavailableError(
                    f"A search gives no Bundle (HTTP {answer.status_code}).",
                    where=f"GET {r4_type}",
                    fix="Give the same command again; if it stays, ask the administrators.",
                )
            yield _resources(bundle)
            url = self._rebased(_next(bundle), r4_type)

    def _rebased(self, link: str, r4_type: str) -> str:
        """Put a paging link on our own base: servers name addresses of their own."""
        if not link:
            return ""
        url = urlsplit(link)
        last = url.path.rstrip("/").rpartition("/")[2]
        path = f"/{r4_type}" if last == r4_type else ""
        return f"{self._base}{path}?{url.query}"

    async def metadata(self) -> Capabilities:
        """Read the CapabilityStatement."""
        answer = await self._get(f"{self._base}/metadata")
        statement = parse_resource(answer.content)
        if not answer.is_success or statement is None:
            raise ServerUnavailableError(
                f"The server does not say what it can do (HTTP {answer.status_code}).",
                where="GET metadata",
                fix="Check fhir_base_url in the environment's file.",
            )
        return _capabilities(statement)

    async def _get(self, url: str) -> httpx.Response:
        """GET, again after trouble: reading can do no harm."""
        why = ""
        for attempt in range(READ_ATTEMPTS):
            answer = await self._send("GET", url, {"X-Request-Id": str(uuid.uuid4())})
            if isinstance(answer, (Unknown, NotSent)):
                why = answer.why
            elif answer.status_code in (408, 429) or answer.status_code >= 500:  # noqa: PLR2004
                why = f"http-{answer.status_code}"
            else:
                return answer
            await _pause(attempt)
        raise ServerUnavailableError(
            f"The server does not answer ({why}).",
            where=f"GET {urlsplit(url).path}",
            fix="Check the network; then give the same command again.",
        )


async def _pause(attempt: int) -> None:
    await asyncio.sleep(min(0.1 * 3**attempt, 10))


def _failed(error: Exception) -> Unknown | NotSent:
    """Say whether anything can have reached the server.

    httpx-aiohttp calls a reset connection a connect time-out as well; only aiohttp's own
    connector error proves that nothing left.
    """
    cause = error.__cause__ or error
    if isinstance(cause, aiohttp.ClientConnectorError):
        return NotSent(why="connection-refused")
    return Unknown(why=type(cause).__name__)


def token_of(key: Key) -> str:
    """Return a key as the value of an identifier search: escaped for FHIR, then for the URL."""
    value = _ESCAPE.sub(r"\\\1", key.value)
    return f"{quote(key.system, safe='')}%7C{quote(value, safe='')}"


def _chunks(keys: Sequence[Key], base_length: int) -> list[tuple[str, list[str]]]:
    """Group keys per type in GETs whose head stays small; the token alone is some 2 kB."""
    room = HEAD_BYTES - 2_500 - base_length
    chunks: list[tuple[str, list[str]]] = []
    used = 0
    for key in sorted(set(keys)):
        token = token_of(key)
        new = not chunks or chunks[-1][0] != key.r4_type or used + len(token) + 1 > room
        if new or len(chunks[-1][1]) >= PAGE_SIZE:
            chunks.append((key.r4_type, []))
            used = 0
        chunks[-1][1].append(token)
        used += len(token) + 1
    return chunks


def _resources(bundle: Resource) -> list[Resource]:
    entries = bundle.get("entry")
    made = []
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") != "OperationOutcome":
            made.append(resource)
    return made


def _next(bundle: Resource) -> str:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next":
            return str(link.get("url") or "")
    return ""


def _keys_of(resource: Resource, r4_type: str) -> list[Key]:
    identifiers = resource.get("identifier")
    return [
        Key(r4_type=r4_type, system=str(i.get("system")), value=str(i.get("value")))
        for i in (identifiers if isinstance(identifiers, list) else [])
        if isinstance(i, dict)
    ]


def _found(resource: Resource) -> Found:
    meta = resource.get("meta")
    version = str(meta.get("versionId") or "") if isinstance(meta, dict) else ""
    return Found(id=str(resource.get("id")), version=version, resource=resource)


def _capabilities(statement: Resource) -> Capabilities:
    offered: dict[str, bool] = {}
    rest = statement.get("rest")
    for part in rest if isinstance(rest, list) else []:
        resources = part.get("resource") if isinstance(part, dict) else None
        for entry in resources if isinstance(resources, list) else []:
            if isinstance(entry, dict):
                offered[str(entry.get("type"))] = entry.get("conditionalCreate") is True
    software: Json = statement.get("software")
    name = ""
    if isinstance(software, dict):
        name = f"{software.get('name') or ''} {software.get('version') or ''}".strip()
    return Capabilities(
        conditional_create=offered,
        fhir_version=str(statement.get("fhirVersion") or ""),
        software=name,
    )
