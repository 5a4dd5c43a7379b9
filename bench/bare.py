"""A bare load generator: the bodies of a plan, over so many connections, and nothing else.

No journal, no checks, no pace. It sends what kt-migrate sends: one conditional create per
resource, what refers after what it refers to, with the same headers.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from kt_migrate.kt2.search import token_of
from kt_migrate.model import Key
from kt_migrate.plan.store import Plan

MEDIA_TYPE = "application/fhir+json"
_CREATED = 201


@dataclass(frozen=True, slots=True)
class Body:
    """One resource to create."""

    stage: int
    key: Key
    resource: dict[str, Any]

    def again(self, mark: str) -> Body:
        """Return the same resource under another temporary identifier."""
        key = Key(
            r4_type=self.key.r4_type, system=self.key.system, value=f"{self.key.value}~{mark}"
        )
        text = json.dumps(self.resource["identifier"])
        mine, other = json.dumps(self.key.value), json.dumps(key.value)
        return Body(0, key, {**self.resource, "identifier": json.loads(text.replace(mine, other))})


def bodies_of(plan: Path) -> list[Body]:
    """Return the resources of a plan, in its order."""
    with Plan(plan) as opened:
        return [Body(w.stage, w.key, dict(w.resource)) for w in opened.writes()]


@dataclass(slots=True)
class Bare:
    """Creates bodies on one server.

    Attributes:
        base: the FHIR base.
        token: an access token.
        ids: what was created or found: conditional reference → `Type/id`.
    """

    base: str
    token: str
    ids: dict[str, str] = field(default_factory=dict)

    async def whole(self, bodies: Sequence[Body], connections: int) -> float:
        """Create all, stage after stage; return resources per second."""
        began = time.perf_counter()
        async with self._session(connections) as session:
            for stage in sorted({body.stage for body in bodies}):
                part = [body for body in bodies if body.stage == stage]
                await self._pour(session, iter(part), connections, lambda: False)
        return len(bodies) / (time.perf_counter() - began)

    async def during(self, bodies: Iterable[Body], connections: int, seconds: float) -> float:
        """Create for so long; return resources per second. What they refer to is there."""
        began = time.perf_counter()
        end = began + seconds
        async with self._session(connections) as session:
            done = await self._pour(
                session, iter(bodies), connections, lambda: time.perf_counter() >= end
            )
        return done / (time.perf_counter() - began)

    def _session(self, connections: int) -> aiohttp.ClientSession:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": MEDIA_TYPE,
            "Content-Type": MEDIA_TYPE,
            "Prefer": "return=representation",
            "X-Trace-Id": str(uuid.uuid4()),
        }
        connector = aiohttp.TCPConnector(limit=connections)
        return aiohttp.ClientSession(headers=headers, connector=connector)

    async def _pour(
        self,
        session: aiohttp.ClientSession,
        bodies: Iterator[Body],
        connections: int,
        enough: Callable[[], bool],
    ) -> int:
        done = 0

        async def work() -> None:
            nonlocal done
            while not enough() and (body := next(bodies, None)) is not None:
                await self._create(session, body)
                done += 1

        await asyncio.gather(*(work() for _each in range(connections)))
        return done

    async def _create(self, session: aiohttp.ClientSession, body: Body) -> None:
        headers = {
            "If-None-Exist": f"identifier={token_of(body.key)}",
            "X-Request-Id": str(uuid.uuid4()),
        }
        content = json.dumps(self._literal(body.resource)).encode()
        url = f"{self.base}/{body.key.r4_type}"
        async with session.post(url, data=content, headers=headers) as answer:
            said = await answer.read()
            if answer.status != _CREATED:
                raise SystemExit(f"{body.key.r4_type}: HTTP {answer.status} {said[:500]!r}")
            self.ids[body.key.reference] = "/".join(
                answer.headers["Location"].split("/_history/")[0].split("/")[-2:]
            )

    def _literal(self, value: Any) -> Any:  # noqa: ANN401 (JSON)
        if isinstance(value, list):
            return [self._literal(item) for item in value]
        if isinstance(value, dict):
            return {
                name: self.ids.get(item, item)
                if name == "reference" and isinstance(item, str)
                else self._literal(item)
                for name, item in value.items()
            }
        return value

    def literal(self, body: Body) -> dict[str, Any]:
        """Return a resource as it is sent."""
        found: dict[str, Any] = self._literal(body.resource)
        return found
