"""The server of a case: the sandbox in a thread, with what somebody else did, and a log of writes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterator, Mapping, MutableMapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from crash.domain import Planned
from kt_migrate.books import canonical, digest
from kt_migrate.cli.serving import settings_of
from kt_migrate.config import find_workspace
from kt_migrate.model import Key, Resource
from kt_migrate.sandbox import server
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.settings import Faults
from kt_migrate.sandbox.sqlite_store import SqliteStore


@dataclass(slots=True)
class Log:
    """What reached the server, in front of its troubles.

    Attributes:
        start: number of the start that is under way.
        requests: (request id, start, token) of every write.
        refuse: texts; a POST with one of them in its body is refused, 422.
    """

    start: int = 0
    requests: list[tuple[str, int, str]] = field(default_factory=list)
    refuse: frozenset[bytes] = frozenset()


class Watched:
    """An application that notes every write, and refuses what it is told to."""

    def __init__(self, app: ASGIApp, log: Log) -> None:
        self._app, self._log = app, log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        writes = scope["type"] == "http" and scope["method"] in ("POST", "PUT")
        if not writes or scope["path"].endswith("/token"):
            await self._app(scope, receive, send)
            return
        head = {name.lower(): value.decode() for name, value in scope["headers"]}
        name, token = head.get(b"x-request-id", ""), head.get(b"authorization", "")
        self._log.requests.append((name, self._log.start, token))
        if not self._log.refuse:
            await self._app(scope, receive, send)
            return
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message.get("body", b"")
        if any(text in body for text in self._log.refuse):
            await send({"type": "http.response.start", "status": 422, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        whole = {"type": "http.request", "body": body, "more_body": False}

        async def again() -> MutableMapping[str, Any]:
            return whole

        await self._app(scope, again, send)


@contextmanager
def serving(
    folder: Path, faults: Mapping[str, Any], log: Log, *, conditional: bool
) -> Iterator[Faults]:
    """Serve a working folder's sandbox in a thread, for as long as the block runs."""
    settings, address = settings_of(find_workspace(folder), Faults(**faults))
    settings = replace(settings, conditional_create=conditional)

    def build(*arguments: Any) -> tuple[Watched, object]:  # noqa: ANN401 (passed on)
        app, sandbox = build_app(*arguments)
        return Watched(app, log), sandbox

    with (
        patch.object(server, "build_app", build),
        server.running(settings, address.port) as running,
    ):
        yield running.faults


def store_of(folder: Path) -> Path:
    """Return the file of a working folder's sandbox."""
    return folder / ".sandbox" / "store.sqlite"


def put_before(folder: Path, kinds: Mapping[Key, str], writes: Mapping[Key, Planned]) -> None:
    """Put objects there as somebody else would have: `equal`, `other`, or `double`."""

    async def put(store: SqliteStore) -> None:
        for key, kind in kinds.items():
            resource = writes[key].resource
            there: Resource = {**resource, "language": "nl"} if kind == "other" else resource
            for _copy in range(2 if kind == "double" else 1):
                await store.create(there, None)

    _with_store(folder, put)


def remove(folder: Path, keys: frozenset[Key]) -> None:
    """Remove objects, as somebody else would."""
    there = {key: found for key, found in look(folder).items() if key in keys}

    async def away(store: SqliteStore) -> None:
        for key, (found,) in there.items():
            trouble = await store.delete(key.r4_type, found.id)
            if trouble is not None:
                raise AssertionError(trouble)

    _with_store(folder, away)


def _with_store(folder: Path, work: Callable[[SqliteStore], Coroutine[Any, Any, None]]) -> None:
    async def all_of_it() -> None:
        store = SqliteStore(store_of(folder))
        await work(store)
        await store.stop()

    asyncio.run(all_of_it())


@dataclass(frozen=True, slots=True)
class There:
    """One resource of the store.

    Attributes:
        id: logical id.
        version: how often it was written.
        digest: of its canonical form, references turned back into conditional ones.
    """

    id: str
    version: int
    digest: str


def look(folder: Path) -> dict[Key, list[There]]:
    """Read the store's file: what is there, per temporary identifier (Devices left out)."""
    with closing(sqlite3.connect(store_of(folder))) as db:
        rows = db.execute(
            "SELECT r4_type, id, version, body FROM resource"
            " WHERE NOT deleted AND r4_type <> 'Device' ORDER BY row"
        ).fetchall()
    read = [(_key(orjson.loads(row[3])), row) for row in rows]
    names = {f"{row[0]}/{row[1]}": key.reference for key, row in read}
    found: dict[Key, list[There]] = {}
    for key, (_type, logical_id, version, body) in read:
        form = canonical(orjson.loads(body), lambda text: names.get(text, text))
        found.setdefault(key, []).append(There(logical_id, version, digest(form)))
    return found


def stories(folder: Path) -> dict[Key, list[str]]:
    """Read the digests of every version of what is there, per temporary identifier, oldest first."""
    with closing(sqlite3.connect(store_of(folder))) as db:
        rows = db.execute(
            "SELECT r4_type, id, version, body FROM resource WHERE r4_type <> 'Device'"
            " UNION ALL SELECT r4_type, id, version, body FROM history ORDER BY version"
        ).fetchall()
    read = [(_key(orjson.loads(row[3])), row) for row in rows]
    names = {f"{row[0]}/{row[1]}": key.reference for key, row in read}
    found: dict[Key, list[str]] = {}
    for key, (_type, _id, _version, body) in read:
        form = canonical(orjson.loads(body), lambda text: names.get(text, text))
        found.setdefault(key, []).append(digest(form))
    return found


def _key(resource: Mapping[str, Any]) -> Key:
    first = next(i for i in resource["identifier"] if i.get("use") == "temp")
    return Key(r4_type=resource["resourceType"], system=first["system"], value=first["value"])
