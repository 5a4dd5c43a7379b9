"""Handlers of one resource: GET, PUT, DELETE.

4 the scope · 5 headers and body · 6 the rules · 7 the store.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from kt_migrate.model import Resource
from kt_migrate.sandbox import rules
from kt_migrate.sandbox.bodies import resource_of
from kt_migrate.sandbox.login import Grant
from kt_migrate.sandbox.responses import (
    forbidden,
    invalid,
    json_answer,
    outcome,
    saved_answer,
    trouble,
)
from kt_migrate.sandbox.service import Sandbox
from kt_migrate.sandbox.store import Trouble

_MATCH = re.compile(r'(?:W/)?"?([A-Za-z0-9.-]+)"?')


class InstanceLevel:
    """GET, PUT, DELETE and what is not supported, on `/<Type>/<id>`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def handle(self, request: Request, grant: Grant) -> Response:
        """Answer one request."""
        r4_type, logical_id = request.path_params["r4_type"], request.path_params["logical_id"]
        if request.method == "PATCH":
            return outcome(HTTPStatus.BAD_REQUEST, "not-supported", "PATCH")
        if request.url.path.endswith("/$expunge"):
            return outcome(HTTPStatus.PRECONDITION_FAILED, "not-supported", "$expunge")
        if logical_id == "_search" or request.method == "POST":
            return outcome(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-supported", "Form searches and operations"
            )
        letter = {"GET": "r", "PUT": "u", "DELETE": "d"}[request.method]
        if not rules.may(grant.scopes, r4_type, letter):
            return forbidden()
        version = str(request.path_params.get("version") or "")
        there = await self._sandbox.store.read(r4_type, logical_id, version)
        if isinstance(there, Trouble):
            return trouble(there)
        if not await self._may_touch(grant, r4_type, letter, there):
            return forbidden()
        return await self._touch(request, there)

    async def _may_touch(self, grant: Grant, r4_type: str, letter: str, there: Resource) -> bool:
        """Say whether a scope covers the origin of what is there."""
        own, device = f"Device/{grant.client_id}", await self._sandbox.device(grant.client_id)
        stored = next(iter(rules.origins(there)), "")
        return rules.may(grant.scopes, r4_type, letter, own if stored == device else stored)

    async def _touch(self, request: Request, there: Resource) -> Response:
        if request.url.path.endswith("/_history"):
            return await self._history(there)
        if request.method == "GET":
            return json_answer(HTTPStatus.OK, there, {"ETag": f'W/"{_version(there)}"'})
        if request.method == "PUT":
            return await self._update(request, there)
        gone = await self._sandbox.store.delete(str(there["resourceType"]), str(there["id"]))
        return Response(b"", HTTPStatus.NO_CONTENT) if gone is None else trouble(gone)

    async def _history(self, there: Resource) -> Response:
        found = await self._sandbox.store.history(str(there["resourceType"]), str(there["id"]))
        return trouble(found) if isinstance(found, Trouble) else json_answer(HTTPStatus.OK, found)

    async def _update(self, request: Request, there: Resource) -> Response:
        condition = request.headers.get("if-match")
        found = _MATCH.fullmatch(condition or "")
        if found is None:
            return outcome(
                HTTPStatus.PRECONDITION_FAILED, "required", "If-Match header is required on updates"
            )
        resource = await resource_of(request)
        if resource is None or resource.get("id") != there["id"]:
            return outcome(HTTPStatus.BAD_REQUEST, "structure", "The body is no such resource")
        mine, theirs = rules.origins(resource), rules.origins(there)
        if len(mine) > 1:
            return outcome(HTTPStatus.BAD_REQUEST, "invalid", "resource-origin occurs twice")
        if mine and mine != theirs:
            return forbidden()
        if not mine and theirs:
            resource = rules.stamped(resource, theirs[0])
        wrong = rules.problems(
            resource,
            incoming=False,
            validates=self._sandbox.store.validates,
            version=self._sandbox.settings.profile_version,
        )
        if wrong:
            return invalid(wrong)
        saved = await self._sandbox.store.update(resource, found[1])
        if isinstance(saved, Trouble):
            return trouble(saved)
        await self._sandbox.look_at(saved)
        return saved_answer(saved, self._sandbox.settings.server_address, request.headers)


def _version(resource: Resource) -> str:
    meta = resource.get("meta")
    return str(meta.get("versionId")) if isinstance(meta, dict) else ""
