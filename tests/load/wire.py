"""A scripted FHIR server, in the loop of the test, that helps nobody.

It answers in process; `listening` puts it on a real socket. It says that it offers conditional create, and does not: a request that is sent twice shows as
two objects. `guards` makes it keep the promise, `loses_backslashes` in HAPI's way.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp
import httpx
import orjson
from aiohttp.client_reqrep import ConnectionKey

from kt_migrate.model import Key, Resource

BASE = "/api/v1/TEST/fhir/r4"
_TOKEN = re.compile(r"((?:[^\\,]|\\.)+)")
_SYSTEM = re.compile(r"((?:[^\\|]|\\.)*)\|(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it arrived."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: Resource
    at: float


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer; `CUT` cuts the connection instead, `CLOSED` never let it come about."""

    status: int
    body: Resource | None = None
    headers: dict[str, str] = field(default_factory=dict)


CUT = Reply(0)
CLOSED = Reply(-1)
Script = Callable[[Request], Awaitable[Reply]]


class Server:
    """Keeps resources in memory, and every request in a list.

    Attributes:
        objects: per (type, id), the resource with its `meta.versionId`.
        requests: every request but those of the login, in the order of arrival.
        tokens: how many tokens it gave.
        script: answers instead of `effect`, which it may call.
        clock: what stamps the requests.
        offers: the types for which it says that it offers conditional create.
        counts: whether it says how many there are.
    """

    def __init__(self, *, guards: bool = False, loses_backslashes: bool = False) -> None:
        self.guards = guards
        self.loses_backslashes = loses_backslashes
        self.objects: dict[tuple[str, str], Resource] = {}
        self.requests: list[Request] = []
        self.tokens = 0
        self.script: Script = self.answer
        self.clock: Callable[[], float] = lambda: 0.0
        self.in_flight: set[int] = set()
        self.base = f"http://server.example{BASE}"
        self.counts = True
        self.offers: tuple[str, ...] = ("Patient", "Task", "Organization")

    def sent(self, method: str, r4_type: str = "") -> list[Request]:
        """Return the requests of one method, and type if given, in the order of arrival."""
        return [r for r in self.requests if r.method == method and r.path.startswith(f"/{r4_type}")]

    def with_key(self, key: Key) -> list[Resource]:
        """Return what has this identifier, exactly."""
        return [o for (t, _id), o in self.objects.items() if t == key.r4_type and _has(o, key)]

    def put(self, resource: Resource, version: str = "1") -> Resource:
        """Store a resource of somebody else."""
        r4_type, logical_id = str(resource["resourceType"]), str(uuid.uuid4())
        stored: Resource = {**resource, "id": logical_id, "meta": {"versionId": version}}
        self.objects[(r4_type, logical_id)] = stored
        return stored

    async def answer(self, request: Request) -> Reply:
        """Do what is asked."""
        return self.effect(request)

    def effect(self, request: Request) -> Reply:
        """Do what is asked."""
        r4_type, _, logical_id = request.path.strip("/").partition("/")
        if r4_type == "metadata":
            return Reply(200, _metadata(self.offers))
        if r4_type == "ImplementationGuide":  # it does not say which profiles it runs
            return Reply(200, {"resourceType": "Bundle"})
        if request.method == "POST":
            return self._create(request, r4_type)
        if request.method == "PUT":
            version = str(int(_version(self.objects[(r4_type, logical_id)])) + 1)
            return _shown(200, self._store(r4_type, logical_id, request.body, version))
        if logical_id:
            there = self.objects.get((r4_type, logical_id))
            return Reply(404) if there is None else _shown(200, there)
        return Reply(200, self._search(r4_type, request.query))

    def _create(self, request: Request, r4_type: str) -> Reply:
        condition = request.headers.get("if-none-exist")
        if condition and self.guards:
            (key,) = _keys(r4_type, condition)
            seen = _lossy(key) if self.loses_backslashes else key
            matches = self.with_key(seen)
            if matches:
                return _shown(200, matches[0]) if len(matches) == 1 else Reply(412)
            if seen != key:
                return Reply(400, _outcome("HAPI-0929"))
        return _shown(201, self._store(r4_type, str(uuid.uuid4()), request.body, "1"))

    def _store(self, r4_type: str, logical_id: str, body: Resource, version: str) -> Resource:
        stored: Resource = {**body, "id": logical_id, "meta": {"versionId": version}}
        self.objects[(r4_type, logical_id)] = stored
        return stored

    def _search(self, r4_type: str, query: str) -> Resource:
        found = {str(o["id"]): o for key in _keys(r4_type, query) for o in self._matches(key)}
        if "_summary=count" in query and self.counts:
            return {"resourceType": "Bundle", "total": len(found)}
        return {"resourceType": "Bundle", "entry": [{"resource": o} for o in found.values()]}

    def _matches(self, key: Key) -> list[Resource]:
        """Return what has an identifier, or (`system|`) any of its system."""
        of_type = [o for (r4_type, _id), o in self.objects.items() if r4_type == key.r4_type]
        return [o for o in of_type if _has(o, key) or (not key.value and key.system in str(o))]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                if not await self._one(head.decode(), reader, writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        first, *lines = head.rstrip().split("\r\n")
        method, target, _ = first.split(" ")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        content = await reader.readexactly(int(headers.get("content-length", 0)))
        reply = await self.reply(method, target, headers, content)
        if not reply.status:
            writer.transport.abort()
            return False
        body = b"" if reply.body is None else orjson.dumps(reply.body)
        extra = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        start = f"HTTP/1.1 {reply.status} X\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
        writer.write(start.encode() + body)
        await writer.drain()
        return True

    async def reply(
        self, method: str, target: str, headers: dict[str, str], content: bytes
    ) -> Reply:
        """Answer one request, that of a login by itself."""
        url = urlsplit(target)
        path = url.path.removeprefix(BASE)
        if path == "/.well-known/smart-configuration":
            return Reply(200, {"token_endpoint": f"{self.base}/token"})
        if path == "/token":
            self.tokens += 1
            return Reply(200, {"access_token": f"t{self.tokens}", "expires_in": 3000})
        body = orjson.loads(content) if content else {}
        request = Request(method, path, url.query, headers, body, self.clock())
        self.requests.append(request)
        self.in_flight.add(id(request))
        try:
            return await self.script(request)
        finally:
            self.in_flight.discard(id(request))


class InProcess(httpx.AsyncBaseTransport):
    """What carries a request to a server in the same process."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry it there, and the answer back."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        target = request.url.raw_path.decode()
        await asyncio.sleep(0)
        reply = await self._server.reply(request.method, target, headers, await request.aread())
        await asyncio.sleep(0)
        if reply == CUT:
            raise httpx.ReadError("cut")
        if reply == CLOSED:
            raise aiohttp.ClientConnectorError(_NOWHERE, OSError())
        body = b"" if reply.body is None else orjson.dumps(reply.body)
        return httpx.Response(reply.status, headers=reply.headers, content=body, request=request)


_NOWHERE = ConnectionKey("server.example", 80, False, True, None, None, None)  # noqa: FBT003


@asynccontextmanager
async def listening(server: Server) -> AsyncIterator[Server]:
    """Serve on a free port of loopback for as long as the block runs."""
    socket = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = socket.sockets[0].getsockname()[1]
    server.base = f"http://127.0.0.1:{port}{BASE}"
    try:
        yield server
    finally:
        socket.close()


def _metadata(offers: tuple[str, ...]) -> Resource:
    types: list[Any] = [{"type": name, "conditionalCreate": True} for name in offers]
    return {"resourceType": "CapabilityStatement", "rest": [{"resource": types}]}


def _outcome(code: str) -> Resource:
    issue = {"severity": "error", "code": "processing", "diagnostics": code}
    return {"resourceType": "OperationOutcome", "issue": [dict(issue)]}


def _shown(status: int, resource: Resource) -> Reply:
    return Reply(status, resource, {"ETag": f'W/"{_version(resource)}"'})


def _version(resource: Resource) -> str:
    meta = resource["meta"]
    assert isinstance(meta, dict)
    return str(meta["versionId"])


def _has(resource: Resource, key: Key) -> bool:
    identifiers = resource.get("identifier")
    assert isinstance(identifiers, list)
    return any(
        isinstance(i, dict) and (i["system"], i["value"]) == (key.system, key.value)
        for i in identifiers
    )


def _keys(r4_type: str, query: str) -> list[Key]:
    """Return the keys of `identifier=a,b`, unescaped as FHIR says."""
    (value,) = (p[11:] for p in query.split("&") if p.startswith("identifier="))
    keys = []
    for token in _TOKEN.findall(unquote(value)):
        match = _SYSTEM.fullmatch(token)
        assert match is not None
        plain = re.sub(r"\\(.)", r"\1", match[2])
        keys.append(Key(r4_type=r4_type, system=match[1], value=plain))
    return keys


def _lossy(key: Key) -> Key:
    """Unescape once too often, as HAPI does with a condition (server.md §1)."""
    value = re.sub(r"\\([$,|])", r"\1", key.value)
    return Key(r4_type=key.r4_type, system=key.system, value=value)
