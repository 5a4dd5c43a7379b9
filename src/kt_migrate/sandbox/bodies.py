"""Bodies of requests: what they say they are, and what they hold."""

from __future__ import annotations

import orjson
from starlette.requests import Request

from kt_migrate.model import Json, Resource


async def resource_of(request: Request) -> Resource | None:
    """Return the JSON object of a body; None when it is none."""
    try:
        parsed: Json = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return None
    return parsed if isinstance(parsed, dict) else None


def is_json(request: Request) -> bool:
    """Say whether a body says that it is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    return kind in ("application/fhir+json", "application/json")
