"""Commands and their sandbox in this process: no start-up, no socket, and all that was said."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import (
    AbstractContextManager,
    chdir,
    contextmanager,
    redirect_stderr,
    redirect_stdout,
)
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
from starlette.types import ASGIApp

from asking import Straight, logged_in, signed
from kt_migrate.cli import main
from kt_migrate.cli.exit_codes import ENDS, ends_of
from kt_migrate.cli.serving import settings_of
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.kt2.keys import key_of
from kt_migrate.language import set_language
from kt_migrate.sandbox.app import build_app
from kt_migrate.sandbox.settings import Faults
from kt_migrate.strict_yaml import parse_yaml

_PARSED = lru_cache(maxsize=None)(parse_yaml)
"""The shipped algorithm takes longer to parse than most commands take."""


def parsed_once() -> AbstractContextManager[object]:
    """Let a text that was parsed before not be parsed again: the settings of a folder, say."""
    return patch("kt_migrate.strict_yaml.parse_yaml", _PARSED)


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What `--json` printed."""
        document: dict[str, Any] = json.loads(self.out)
        return document


def typed(*arguments: str, cwd: Path) -> Done:
    """Do what the command does, in this process; an error that is nobody's comes through."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    line = patch("sys.argv", ["kt-migrate", *arguments])
    with chdir(cwd), line, parsed_once(), redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        finally:
            set_language("nl")
    assert code in ends_of(command_in(arguments)), f"{arguments} ended with {code}: not in its help"
    return Done(int(code), out.getvalue(), err.getvalue())


def command_in(arguments: Sequence[str]) -> str:
    """Return the command of a command line, as its help and its exit codes know it."""
    words = list(arguments)
    while words and words[0].startswith("-"):
        del words[: 2 if words[0] == "--lang" else 1]
    both = " ".join(words[:2])
    return both if both in ENDS else " ".join(words[:1])


@contextmanager
def inside(
    folder: Path, faults: Faults | None = None, scopes: str = "", **changed: object
) -> Iterator[ASGIApp]:
    """Let commands find a working folder's sandbox in this process, with other settings maybe."""
    with parsed_once():
        settings, address = settings_of(find_workspace(folder), faults or Faults())
    if scopes:
        clients = tuple(replace(client, scopes=scopes) for client in settings.clients)
        settings = replace(settings, clients=clients)
    settings = replace(settings, **changed)  # type: ignore[arg-type]  # what a test asks for
    app, sandbox = build_app(settings, f"http://{address.host}:{address.port}")
    with patch("kt_migrate.kt2.client.transport", lambda _many: httpx.ASGITransport(app)):
        try:
            yield app
        finally:
            asyncio.run(sandbox.store.stop())


def beside(folder: Path, app: ASGIApp) -> httpx.Client:
    """Log in to a working folder's sandbox, beside kt-migrate."""
    workspace = find_workspace(folder)
    local = load_environment(workspace, "local")
    key = key_of(workspace, local)
    endpoint = local.base.removesuffix("/fhir/r4") + "/oauth2/token"
    form = signed(key, local.key.kid, local.client_id, endpoint)
    return logged_in(local.base, endpoint, form, Straight(app))
