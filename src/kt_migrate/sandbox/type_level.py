"""Handlers of a type: POST creates, GET searches.

4 the scope · 5 headers and body · 6 the rules · 7 the store.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from kt_migrate.model import Resource
from kt_migrate.sandbox import rules
from kt_migrate.sandbox.bodies import is_json, resource_of
from kt_migrate.sandbox.login import Grant
from kt_migrate.sandbox.responses import (
    forbidden,
    invalid,
    outcome,
    saved_answer,
    trouble,
)
from kt_migrate.sandbox.searching import Searching
from kt_migrate.sandbox.service import Sandbox
from kt_migrate.sandbox.store import Trouble


class TypeLevel:
    """POST, GET and what is not supported, on `/<Type>`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._searching = Searching(sandbox)
        self._racing: set[str] = set()

    async def handle(self, request: Request, grant: Grant) -> Response:
        """Answer one request."""
        r4_type = request.path_params["r4_type"]
        if request.method == "GET":
            return await self._searching.of_type(request, grant)
        if request.method != "POST":
            # A conditional update fails in the reference service's own rules.
            update = request.method == "PUT"
            return outcome(
                HTTPStatus.INTERNAL_SERVER_ERROR if update else HTTPStatus.BAD_REQUEST,
                "not-supported",
                "Conditional update and delete are not supported",
            )
        if not rules.may(grant.scopes, r4_type, "c"):  # (4)
            return forbidden()
        if not is_json(request):
            return outcome(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-supported", "Content-Type")
        return await self._create(request, grant, r4_type)

    async def _create(self, request: Request, grant: Grant, r4_type: str) -> Response:
        resource = await resource_of(request)
        if resource is None or resource.get("resourceType") != r4_type:
            return outcome(HTTPStatus.BAD_REQUEST, "structure", "The body is no such resource")
        resource = {name: value for name, value in resource.items() if name != "id"}
        wrong = rules.refuses_create(  # (6)
            resource,
            validates=self._sandbox.store.validates,
            version=self._sandbox.settings.profile_version,
        )
        if isinstance(wrong, Trouble):
            return trouble(wrong)
        if wrong:
            return invalid(wrong)
        if not await self._sandbox.has_device(grant.client_id):
            return outcome(HTTPStatus.BAD_REQUEST, "processing", "Device not present")
        condition = request.headers.get("if-none-exist")
        if not self._sandbox.settings.conditional_create:
            condition = None
        if condition and self._sandbox.settings.faults.lost_race_500 and condition in self._racing:
            return outcome(
                HTTPStatus.INTERNAL_SERVER_ERROR,
                "exception",
                "HAPI-0389 Transaction silently rolled back",
            )
        return await self._stored(request, grant, resource, condition)

    async def _stored(
        self, request: Request, grant: Grant, resource: Resource, condition: str | None
    ) -> Response:
        self._racing.add(condition or "")
        try:
            if self._sandbox.settings.faults.lost_race_500:
                await _yield()
            stamped = rules.stamped(resource, await self._sandbox.device(grant.client_id))
            saved = await self._sandbox.store.create(stamped, condition)  # (7)
        finally:
            self._racing.discard(condition or "")
        if isinstance(saved, Trouble):
            return trouble(saved)
        await self._sandbox.look_at(saved)
        return saved_answer(saved, self._sandbox.settings.server_address, request.headers)


async def _yield() -> None:
    """Let another request come between, so that a race can be lost."""
    await asyncio.sleep(0.01)
