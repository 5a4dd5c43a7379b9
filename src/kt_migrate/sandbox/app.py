"""The sandbox's web application: routes, and the rules in the order of the real service.

1 the head's size · 2 the token · 3 the type · 4 the scope · 5 headers and body · 6 the rules ·
7 the store · 8 trace headers and an AuditEvent.
"""

from __future__ import annotations

import asyncio
import re
import uuid
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kt_migrate.conformance import PROFILE_PACKAGE, PROFILE_VERSION
from kt_migrate.model import Json, Resource
from kt_migrate.sandbox import rules
from kt_migrate.sandbox.faulty import FaultyApp
from kt_migrate.sandbox.login import Grant, Tokens
from kt_migrate.sandbox.responses import (
    forbidden,
    invalid,
    json_answer,
    outcome,
    searchset,
    trouble,
)
from kt_migrate.sandbox.settings import TYPES, SandboxSettings
from kt_migrate.sandbox.sqlite_store import SqliteStore
from kt_migrate.sandbox.store import Page, Query, Saved, Trouble
from kt_migrate.sandbox.upstream_store import UpstreamStore

MAX_HEAD = 8_192
_MATCH = re.compile(r'(?:W/)?"?([A-Za-z0-9.-]+)"?')


class Sandbox:
    """One running service: its store, its tokens, its handlers."""

    def __init__(self, settings: SandboxSettings, public: str) -> None:
        self.settings = settings
        self.store: SqliteStore | UpstreamStore = (
            UpstreamStore(settings.upstream)
            if settings.upstream
            else SqliteStore(settings.store, search_limit=settings.search_limit)
        )
        root = settings.base_path.removesuffix("/fhir/r4")
        self.token_path = f"{root}/oauth2/token"
        self.base = public + settings.base_path
        self.token_endpoint = public + self.token_path
        self.tokens = Tokens(
            settings.clients, self.token_endpoint, self.store.burn, settings.faults
        )
        self._devices: dict[str, str] = {}
        self._one_device = asyncio.Lock()
        self._racing: set[str] = set()

    async def device(self, client_id: str) -> str:
        """Return `Device/<id>` of a client."""
        if client_id not in self._devices:
            # One at a time: first requests come together, and a Device must not be made twice.
            async with self._one_device:
                if client_id not in self._devices:
                    self._devices[client_id] = f"Device/{await self.store.device(client_id)}"
        return self._devices[client_id]

    # open to all

    async def smart_configuration(self, _request: Request) -> Response:
        """Say where to log in."""
        return json_answer(
            200,
            {
                "issuer": self.token_endpoint.removesuffix("/token"),
                "token_endpoint": self.token_endpoint,
                "grant_types_supported": ["client_credentials"],
                "token_endpoint_auth_methods_supported": ["private_key_jwt"],
                "scopes_supported": ["system/*.cruds"],
                "capabilities": ["client-confidential-asymmetric", "permission-v2"],
            },
        )

    async def metadata(self, _request: Request) -> Response:
        """Say what the service can do."""
        offered = self.settings.conditional_create
        resources: list[Json] = [{"type": t, "conditionalCreate": offered} for t in TYPES]
        return json_answer(
            200,
            {
                "resourceType": "CapabilityStatement",
                "status": "active",
                "kind": "instance",
                "fhirVersion": "4.0.1",
                "format": ["json"],
                "software": {"name": "kt-migrate sandbox", "version": PROFILE_VERSION},
                "implementationGuide": ["http://koppeltaal.nl/fhir/ImplementationGuide"],
                "rest": [{"mode": "server", "resource": resources}],
            },
        )

    async def guide(self, _request: Request) -> Response:
        """Say which profiles apply."""
        guide: Resource = {
            "resourceType": "ImplementationGuide",
            "packageId": PROFILE_PACKAGE,
            "version": PROFILE_VERSION,
        }
        return json_answer(200, searchset([guide], 1, ""))

    async def token(self, request: Request) -> Response:
        """Give a token for a good assertion."""
        form = {k: v[0] for k, v in parse_qs((await request.body()).decode("latin-1")).items()}
        if form.get("grant_type") != "client_credentials":
            return Response("Bad Request", 400, media_type="text/plain")
        granted = self.tokens.grant(form.get("client_assertion", ""))
        if granted is None:
            return Response("Access Denied", 401, media_type="text/plain")
        token, grant = granted
        return json_answer(
            200,
            {
                "access_token": token,
                "token_type": "Bearer",
                "expires_in": self.settings.faults.token_seconds,
                "scope": grant.scopes,
            },
        )

    # with a token

    async def type_level(self, request: Request) -> Response:
        """POST creates, GET searches."""
        return await self._guarded(request, self._on_type)

    async def instance(self, request: Request) -> Response:
        """GET, PUT, DELETE one resource."""
        return await self._guarded(request, self._on_instance)

    async def system(self, request: Request) -> Response:
        """Pages of an upstream server; else batch and transaction, which KT 2.0 has not."""
        return await self._guarded(request, self._on_system)

    async def _guarded(
        self, request: Request, handle: Callable[[Request, Grant], Awaitable[Response]]
    ) -> Response:
        head = sum(len(k) + len(v) + 4 for k, v in request.headers.raw) + len(str(request.url))
        if head > MAX_HEAD:  # (1)
            return Response("<html><body>Bad Request</body></html>", 400, media_type="text/html")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        grant = self.tokens.known(bearer)  # (2)
        if grant is None:
            return Response("Unauthorized", 401, media_type="text/plain")
        r4_type = request.path_params.get("r4_type")
        if r4_type is not None and r4_type not in TYPES:  # (3)
            answer = outcome(404, "not-supported", "Unknown resource type")
        else:
            answer = await handle(request, grant)
        return await self._traced(request, answer)

    async def _traced(self, request: Request, answer: Response) -> Response:
        """(8): echo the trace, give the request an id of our own, note the call."""
        trace = request.headers.get("x-trace-id") or str(uuid.uuid4())
        answer.headers["X-Trace-Id"] = trace
        answer.headers["X-Request-Id"] = str(uuid.uuid4())
        theirs = request.headers.get("x-request-id")
        if theirs:
            answer.headers["X-Correlation-Id"] = theirs
        await self.store.audit(trace, f"{request.method} {answer.status_code}")
        return answer

    async def _on_type(self, request: Request, grant: Grant) -> Response:
        r4_type = request.path_params["r4_type"]
        if request.method == "GET":
            return await self._search(request, grant, r4_type)
        if request.method != "POST":
            return outcome(400, "not-supported", "Conditional update and delete are not supported")
        if not rules.may(grant.scopes, r4_type, "c"):  # (4)
            return forbidden()
        if not _is_json(request):
            return outcome(415, "not-supported", "Content-Type")
        return await self._create(request, grant, r4_type)

    async def _search(self, request: Request, grant: Grant, r4_type: str) -> Response:
        if not rules.may(grant.scopes, r4_type, "r"):
            return forbidden()
        device = await self.device(grant.client_id)
        allowed = rules.narrowed(grant.scopes, r4_type)
        if allowed is not None:
            own = f"Device/{grant.client_id}"
            allowed = frozenset(device if o == own else o for o in allowed)
        parameters = parse_qs(request.url.query, keep_blank_values=True)
        found = await self.store.search(
            Query(r4_type=r4_type, parameters=parameters, origins=allowed)
        )
        if isinstance(found, Trouble):
            return trouble(found)
        return json_answer(200, self._bundle(found, r4_type))

    def _bundle(self, found: Page, r4_type: str) -> Resource:
        # The link names the server's own address, not the one that was asked (server.md §1).
        link = f"{self.settings.server_address}/{r4_type}?{found.rest}" if found.rest else ""
        return searchset(list(found.resources), found.total, link)

    async def _create(self, request: Request, grant: Grant, r4_type: str) -> Response:
        resource = await _resource(request)
        if resource is None or resource.get("resourceType") != r4_type:
            return outcome(400, "structure", "The body is no such resource")
        resource = {name: value for name, value in resource.items() if name != "id"}
        wrong = rules.refuses_create(resource, validates=self.store.validates)  # (6)
        if isinstance(wrong, Trouble):
            return trouble(wrong)
        if wrong:
            return invalid(wrong)
        condition = request.headers.get("if-none-exist")
        if not self.settings.conditional_create:
            condition = None
        if condition and self.settings.faults.lost_race_500 and condition in self._racing:
            return outcome(500, "exception", "HAPI-0389 Transaction silently rolled back")
        return await self._stored(request, grant, resource, condition)

    async def _stored(
        self, request: Request, grant: Grant, resource: Resource, condition: str | None
    ) -> Response:
        self._racing.add(condition or "")
        try:
            if self.settings.faults.lost_race_500:
                await _yield()
            stamped = rules.stamped(resource, await self.device(grant.client_id))
            saved = await self.store.create(stamped, condition)  # (7)
        finally:
            self._racing.discard(condition or "")
        return trouble(saved) if isinstance(saved, Trouble) else self._saved(request, saved)

    def _saved(self, request: Request, saved: Saved) -> Response:
        resource = saved.resource
        name = f"{resource['resourceType']}/{resource['id']}/_history/{saved.version}"
        headers = {
            "ETag": f'W/"{saved.version}"',
            "Location": f"{self.settings.server_address}/{name}",
        }
        status = 201 if saved.created else 200
        if "return=minimal" in request.headers.get("prefer", ""):
            return Response(b"", status, headers)
        return json_answer(status, resource, headers)

    async def _on_instance(self, request: Request, grant: Grant) -> Response:
        r4_type, logical_id = request.path_params["r4_type"], request.path_params["logical_id"]
        if request.method == "PATCH":
            return outcome(400, "not-supported", "PATCH")
        if logical_id == "_search" or request.method == "POST":
            return outcome(415, "not-supported", "Form searches and operations")
        letter = {"GET": "r", "PUT": "u", "DELETE": "d"}[request.method]
        if not rules.may(grant.scopes, r4_type, letter):
            return forbidden()
        version = str(request.path_params.get("version") or "")
        there = await self.store.read(r4_type, logical_id, version)
        if isinstance(there, Trouble):
            return trouble(there)
        if not await self._may_touch(grant, r4_type, letter, there):
            return forbidden()
        return await self._touch(request, there)

    async def _may_touch(self, grant: Grant, r4_type: str, letter: str, there: Resource) -> bool:
        """Say whether a scope covers the origin of what is there."""
        own, device = f"Device/{grant.client_id}", await self.device(grant.client_id)
        stored = next(iter(rules.origins(there)), "")
        return rules.may(grant.scopes, r4_type, letter, own if stored == device else stored)

    async def _touch(self, request: Request, there: Resource) -> Response:
        if request.method == "GET":
            return json_answer(200, there, {"ETag": f'W/"{_version(there)}"'})
        if request.method == "PUT":
            return await self._update(request, there)
        gone = await self.store.delete(str(there["resourceType"]), str(there["id"]))
        return Response(b"", 204) if gone is None else trouble(gone)

    async def _update(self, request: Request, there: Resource) -> Response:
        condition = request.headers.get("if-match")
        found = _MATCH.fullmatch(condition or "")
        if found is None:
            return outcome(412, "required", "If-Match header is required on updates")
        resource = await _resource(request)
        if resource is None or resource.get("id") != there["id"]:
            return outcome(400, "structure", "The body is no such resource")
        mine, theirs = rules.origins(resource), rules.origins(there)
        if len(mine) > 1:
            return outcome(400, "invalid", "resource-origin occurs twice")
        if mine and mine != theirs:
            return forbidden()
        if not mine and theirs:
            resource = rules.stamped(resource, theirs[0])
        wrong = rules.problems(resource, incoming=False, validates=self.store.validates)
        if wrong:
            return invalid(wrong)
        saved = await self.store.update(resource, found[1])
        return trouble(saved) if isinstance(saved, Trouble) else self._saved(request, saved)

    async def _on_system(self, request: Request, grant: Grant) -> Response:
        if request.method == "GET" and self.store.validates:
            found = await self.store.search(
                Query(
                    r4_type="",
                    parameters=parse_qs(request.url.query, keep_blank_values=True),
                    origins=None,
                )
            )
            if isinstance(found, Trouble):
                return trouble(found)
            return json_answer(200, self._bundle(found, ""))
        del grant
        return outcome(400, "not-supported", "Batch and transaction are not supported")


async def _yield() -> None:
    """Let another request come between, so that a race can be lost."""
    await asyncio.sleep(0.01)


async def _resource(request: Request) -> Resource | None:
    try:
        parsed: Json = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    return kind in ("application/fhir+json", "application/json")


def _version(resource: Resource) -> str:
    meta = resource.get("meta")
    return str(meta.get("versionId")) if isinstance(meta, dict) else ""


def build_app(settings: SandboxSettings, public: str) -> tuple[FaultyApp, Sandbox]:
    """Return the application and the service behind it.

    Args:
        settings: what it is started with.
        public: scheme, host and port that clients use: `http://127.0.0.1:8420`.
    """
    sandbox = Sandbox(settings, public)
    base = settings.base_path

    @asynccontextmanager
    async def lifespan(_app: Starlette):  # type: ignore[no-untyped-def]  # noqa: ANN202 (starlette's)
        await sandbox.store.start()
        yield
        await sandbox.store.stop()

    instance = f"{base}/{{r4_type}}/{{logical_id}}"
    every = ["GET", "PUT", "DELETE", "PATCH", "POST"]
    app = Starlette(
        lifespan=lifespan,
        routes=[
            Route(sandbox.token_path, sandbox.token, methods=["POST"]),
            Route(f"{base}/.well-known/smart-configuration", sandbox.smart_configuration),
            Route(f"{base}/metadata", sandbox.metadata),
            Route(f"{base}/ImplementationGuide", sandbox.guide),
            Route(f"{base}/{{r4_type}}", sandbox.type_level, methods=every),
            Route(instance, sandbox.instance, methods=every),
            Route(f"{instance}/_history/{{version}}", sandbox.instance, methods=["GET"]),
            Route(base, sandbox.system, methods=["GET", "POST"]),
            Route(f"{base}/", sandbox.system, methods=["GET", "POST"]),
        ],
    )
    return FaultyApp(app, settings.faults), sandbox
