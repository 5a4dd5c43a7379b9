"""Searches over HTTP: narrowed to what the scope shows, with links to the server's own address."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import Response

from kt_migrate.sandbox import rules
from kt_migrate.sandbox.login import Grant
from kt_migrate.sandbox.responses import forbidden, json_answer, outcome, searchset, trouble
from kt_migrate.sandbox.service import Sandbox
from kt_migrate.sandbox.store import Query, Trouble


class Searching:
    """GET on a type, and on the base for the pages of an upstream server."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def of_type(self, request: Request, grant: Grant) -> Response:
        """Search one type."""
        r4_type = request.path_params["r4_type"]
        if not rules.may(grant.scopes, r4_type, "r"):
            return forbidden()
        device = await self._sandbox.device(grant.client_id)
        allowed = rules.narrowed(grant.scopes, r4_type)
        if allowed is not None:
            own = f"Device/{grant.client_id}"
            allowed = frozenset(device if o == own else o for o in allowed)
        return await self._found(request, r4_type, allowed)

    async def system(self, request: Request, _grant: Grant) -> Response:
        """Give a page of an upstream server; else batch and transaction, which KT 2.0 has not."""
        if request.method == "GET" and self._sandbox.store.validates:
            return await self._found(request, "", None)
        return outcome(
            HTTPStatus.BAD_REQUEST, "not-supported", "Batch and transaction are not supported"
        )

    async def _found(
        self, request: Request, r4_type: str, origins: frozenset[str] | None
    ) -> Response:
        parameters = parse_qs(request.url.query, keep_blank_values=True)
        found = await self._sandbox.store.search(
            Query(r4_type=r4_type, parameters=parameters, origins=origins)
        )
        if isinstance(found, Trouble):
            return trouble(found)
        settings, total = self._sandbox.settings, found.total
        if total is not None and "count" in parameters.get("_summary", ()):
            total += settings.faults.count_off
        # The link names the server's own address, not the one that was asked (server.md §1).
        link = f"{settings.server_address}/{r4_type}?{found.rest}" if found.rest else ""
        return json_answer(HTTPStatus.OK, searchset(list(found.resources), total, link))
