"""What stands before every handler that needs a token, and what is done after it.

1 the head's size · 2 the token · 3 the type · 8 trace headers and an AuditEvent.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from kt_migrate.sandbox.audit_events import call_of
from kt_migrate.sandbox.login import Grant
from kt_migrate.sandbox.responses import outcome, plain
from kt_migrate.sandbox.service import Sandbox
from kt_migrate.sandbox.settings import TYPES

MAX_HEAD = 8_192

Handler = Callable[[Request, Grant], Awaitable[Response]]


def guarded(sandbox: Sandbox, handle: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return a handler that only comes to `handle` with a token and a type of KT 2.0."""

    async def endpoint(request: Request) -> Response:
        head = sum(len(k) + len(v) + 4 for k, v in request.headers.raw) + len(str(request.url))
        if head > MAX_HEAD:  # (1)
            return Response(
                "<html><body>Bad Request</body></html>",
                HTTPStatus.BAD_REQUEST,
                media_type="text/html",
            )
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        grant = sandbox.tokens.known(bearer)  # (2)
        if grant is None:
            return plain(HTTPStatus.UNAUTHORIZED, "Unauthorized")
        r4_type = request.path_params.get("r4_type")
        if r4_type is not None and r4_type not in TYPES:  # (3)
            answer = outcome(HTTPStatus.NOT_FOUND, "not-supported", "Unknown resource type")
        else:
            answer = await handle(request, grant)
        return await _traced(sandbox, request, answer, grant)

    return endpoint


async def _traced(sandbox: Sandbox, request: Request, answer: Response, grant: Grant) -> Response:
    """(8): echo the trace, give the request an id of our own, note the call."""
    trace = request.headers.get("x-trace-id") or str(uuid.uuid4())
    answer.headers["X-Trace-Id"] = trace
    answer.headers["X-Request-Id"] = str(uuid.uuid4())
    theirs = request.headers.get("x-request-id")
    if theirs:
        answer.headers["X-Correlation-Id"] = theirs
    sandbox.note(call_of(request, answer, await sandbox.device(grant.client_id)))
    return answer
