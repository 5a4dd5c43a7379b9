"""A working folder of which an environment's run may begin: plan, probe, GO, and a server to write to.

Production cannot be reached from a test: a sandbox of this process answers for
`https://prd2.koppeltaal.nl`, and knows prd2's own client and key.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from going import give_go
from inside import Done, typed
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import new_key, public_jwks
from kt_migrate.load.execute import credentials_of
from kt_migrate.plan.binding import read_binding
from kt_migrate.probing.record import ProbeRecord, write_probe
from kt_migrate.probing.service import Service, look
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.settings import Client, SandboxSettings

DOMAIN = "EXAMPLE"
PRD2 = f"""\
schema: kt-migrate-environment/1
environment: prd2
fhir_base_url: https://prd2.koppeltaal.nl/api/v1/{DOMAIN}/fhir/r4
client_id: client-of-prd2
key: {{file: keys/prd2.pem, kid: prd2-1, algorithm: ES384}}
limits: {{per_second: 0}}
"""


@dataclass(slots=True)
class Server:
    """What answers for one environment, and what came in.

    Attributes:
        app: answers.
        asked: every request, as (method, host, path).
        before: is called before each request that writes.
    """

    app: ASGIApp
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    before: Callable[[], object] = lambda: None

    @property
    def written(self) -> int:
        """How many requests would have written."""
        return sum(method != "GET" and "token" not in path for method, _host, path in self.asked)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        host = dict(scope["headers"])[b"host"].decode()
        self.asked.append((scope["method"], host, scope["path"]))
        if scope["method"] != "GET" and "token" not in scope["path"]:
            self.before()
        await self.app(scope, receive, send)


@contextmanager
def answering(folder: Path, env: str) -> Iterator[Server]:
    """Let a sandbox of this process answer for an environment, whatever its address."""
    workspace = find_workspace(folder)
    environment = load_environment(workspace, env)
    url, key = urlsplit(environment.base), environment.key
    jwks = public_jwks(credentials_of(workspace, environment).key, key.kid, key.algorithm)
    settings = SandboxSettings(
        base_path=url.path,
        clients=(Client(client_id=environment.client_id, jwks=jwks),),
        store=folder / ".sandbox" / f"{env}.sqlite",
    )
    app, sandbox = build_app(settings, f"{url.scheme}://{url.netloc}")
    server = Server(app)
    with patch("kt_migrate.kt2.client.transport", lambda _n: httpx.ASGITransport(server)):
        try:
            yield server
        finally:
            asyncio.run(sandbox.store.stop())


def instant() -> datetime:
    """Return the time, UTC."""
    return datetime.fromtimestamp(time.time(), UTC)


def with_production(folder: Path) -> None:
    """Give a working folder its configuration of prd2, with a key of its own."""
    (folder / "configs" / "prd2.yaml").write_text(PRD2, "utf-8")
    new_key(folder / "keys" / "prd2.pem", "ES384")


def planned(folder: Path, env: str) -> Path:
    """Plan for an environment, and return the run folder."""
    done = typed("plan", "--env", env, "--json", cwd=folder)
    assert done.code == 0, done.err
    return Path(done.document["path"])


def seen(folder: Path, env: str) -> Service:
    """Return what the server of an environment looks like."""
    workspace = find_workspace(folder)
    environment = load_environment(workspace, env)

    async def work() -> Service:
        async with FhirClient(
            environment.base,
            credentials_of(workspace, environment),
            trace_id=str(uuid.uuid4()),
            max_in_flight=1,
            now=time.time,
        ) as client:
            return await look(client, client_id=environment.client_id)

    return asyncio.run(work())


def removed(folder: Path, env: str, r4_type: str, logical_id: str) -> None:
    """Delete a resource on the server of an environment, in its first version."""
    workspace = find_workspace(folder)
    environment = load_environment(workspace, env)

    async def work() -> object:
        async with FhirClient(
            environment.base,
            credentials_of(workspace, environment),
            trace_id=str(uuid.uuid4()),
            max_in_flight=1,
            now=time.time,
        ) as client:
            return await client.delete(r4_type, logical_id, "1", request_id=str(uuid.uuid4()))

    asyncio.run(work())


def probed(folder: Path, env: str, run: Path) -> str:
    """Keep what the server looks like as probe.json; return its digest."""
    server = seen(folder, env)
    record = ProbeRecord(
        environment=env,
        environment_file=read_binding(run).environment_file,
        at=instant().isoformat(),
        plan=read_binding(run).plan,
        points=(),
        server=server,
    )
    write_probe(folder, record)
    return server.digest


def allowed(folder: Path, env: str, run: Path, *, hours: float = 72) -> None:
    """Probe, and let two people give GO for a run folder's plan."""
    bound = read_binding(run)
    give_go(
        folder,
        env,
        bound.plan,
        at=instant(),
        hours=hours,
        binding=asdict(bound),
        probe=probed(folder, env, run),
    )


def ran(folder: Path, env: str, *more: str, lang: str = "nl") -> Done:
    """Give the command, with the domain's name as a script gives it."""
    line = ("--lang", lang, "run", "--env", env, "--yes-run", DOMAIN, *more)
    return typed(*line, cwd=folder)
