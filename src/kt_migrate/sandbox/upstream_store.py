"""Another FHIR server as the store: a stock HAPI behind our rules."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import httpx
import orjson
from httpx_aiohttp import AiohttpTransport

from kt_migrate.errors import ConfigurationError, said
from kt_migrate.kt2.outcome import server_issues
from kt_migrate.model import Json, Resource
from kt_migrate.sandbox.audit_events import Call
from kt_migrate.sandbox.fhir_json import CLIENT_SYSTEM, client_device
from kt_migrate.sandbox.settings import SEARCH_LIMIT
from kt_migrate.sandbox.sqlite_audits import AUDIT_TABLE, INSERT, audits, row_of
from kt_migrate.sandbox.store import Page, Query, Saved, Trouble

_JSON = "application/fhir+json"


class UpstreamStore:
    """Passes everything on; see `store.Store`. It validates and keeps integrity itself."""

    validates = True

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")
        self._http = httpx.AsyncClient(transport=AiohttpTransport(), timeout=60)
        self._audits = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._audits.executescript(AUDIT_TABLE)
        self._burned: set[str] = set()

    async def start(self) -> None:
        """Nothing to wait for."""

    async def stop(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        self._audits.close()

    def burn(self, jti: str) -> bool:
        """Note a jti; False when it was used before."""
        if jti in self._burned:
            return False
        self._burned.add(jti)
        return True

    async def device(self, client_id: str) -> str:
        """Find the client's Device, or make it; the upstream server gives it its own id."""
        condition = f"identifier={quote(f'{CLIENT_SYSTEM}|{client_id}', safe='')}"
        saved = await self.create(client_device(client_id), condition)
        if isinstance(saved, Trouble):
            raise ConfigurationError(
                said(
                    "The upstream server does not take the client's Device (HTTP {status}).",
                    status=saved.status,
                ),
                where=self._base,
                fix="Check that it has the KT 2.0 profiles.",
            )
        return str(saved.resource["id"])

    async def create(self, resource: Resource, if_none_exist: str | None) -> Saved | Trouble:
        """Keep a new resource; see `store.Store`."""
        headers = {} if if_none_exist is None else {"If-None-Exist": if_none_exist}
        answer = await self._send("POST", str(resource["resourceType"]), headers, resource)
        return _saved(answer)

    async def read(self, r4_type: str, logical_id: str, version: str = "") -> Resource | Trouble:
        """Return a resource; see `store.Store`."""
        path = f"{r4_type}/{logical_id}" + (f"/_history/{version}" if version else "")
        answer = await self._send("GET", path, {}, None)
        found = _parsed(answer)
        return found if answer.is_success and found else _trouble(answer)

    async def history(self, r4_type: str, logical_id: str) -> Resource | Trouble:
        """Return the first page of a resource's versions; see `store.Store`."""
        answer = await self._send("GET", f"{r4_type}/{logical_id}/_history?_count=200", {}, None)
        found = _parsed(answer)
        return found if answer.is_success and found else _trouble(answer)

    async def update(self, resource: Resource, version: str) -> Saved | Trouble:
        """Replace a resource; see `store.Store`."""
        path = f"{resource['resourceType']}/{resource['id']}"
        answer = await self._send("PUT", path, {"If-Match": f'W/"{version}"'}, resource)
        return _saved(answer)

    async def delete(self, r4_type: str, logical_id: str) -> Trouble | None:
        """Delete a resource; see `store.Store`."""
        answer = await self._send("DELETE", f"{r4_type}/{logical_id}", {}, None)
        return None if answer.is_success else _trouble(answer)

    async def search(self, query: Query) -> Page | Trouble:
        """Search one type; see `store.Store`. A page of HAPI is asked of its base."""
        if query.r4_type == "AuditEvent":
            return audits(self._audits, query, SEARCH_LIMIT)
        parameters: Mapping[str, Sequence[str]] = query.parameters
        if query.origins is not None:
            parameters = {**parameters, "resource-origin": [",".join(sorted(query.origins))]}
        pairs = [(n, v) for n, values in parameters.items() for v in values]
        text = "&".join(f"{name}={quote(value, safe='')}" for name, value in pairs)
        path = "" if "_getpages" in parameters else query.r4_type
        answer = await self._send("GET", f"{path}?{text}", {}, None)
        bundle = _parsed(answer)
        if not answer.is_success or bundle is None:
            return _trouble(answer)
        return Page(resources=_resources(bundle), total=_total(bundle), rest=_rest(bundle))

    def audit(self, call: Call) -> None:
        """Note one call: a stock HAPI writes no AuditEvents. They go when the sandbox does."""
        self._audits.execute(INSERT, row_of(int(time.time() * 1000), call))

    async def _send(
        self, method: str, path: str, headers: dict[str, str], resource: Resource | None
    ) -> httpx.Response:
        content = None if resource is None else orjson.dumps(resource)
        own = {"Accept": _JSON, "Content-Type": _JSON, "Prefer": "return=representation"}
        return await self._http.request(
            method, f"{self._base}/{path}", headers={**own, **headers}, content=content
        )


def _parsed(answer: httpx.Response) -> Resource | None:
    try:
        parsed: Json = orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _saved(answer: httpx.Response) -> Saved | Trouble:
    resource = _parsed(answer)
    if not answer.is_success or resource is None or "id" not in resource:
        return _trouble(answer)
    version = answer.headers.get("etag", "").removeprefix("W/").strip('"')
    created = answer.status_code == HTTPStatus.CREATED
    return Saved(resource=resource, created=created, version=version)


def _trouble(answer: httpx.Response) -> Trouble:
    issues = server_issues(answer.content)
    first = issues[0] if issues else None
    return Trouble(
        status=answer.status_code,
        why=(": ".join(filter(None, (first.number, first.template))) or first.code)
        if first
        else "upstream",
        path=first.path if first else "",
    )


def _resources(bundle: Resource) -> list[Resource]:
    entries = bundle.get("entry")
    found = []
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict):
            found.append(resource)
    return found


def _total(bundle: Resource) -> int | None:
    total = bundle.get("total")
    return total if isinstance(total, int) else None


def _rest(bundle: Resource) -> str:
    links = bundle.get("link")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next":
            return urlsplit(str(link.get("url"))).query
    return ""
