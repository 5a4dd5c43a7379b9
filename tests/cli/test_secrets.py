"""Secrets come neither from the command line nor from the environment: others can read those."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import typer.main

import kt_migrate
from kt_migrate.cli.app import app
from kt_migrate.cli.passwords import PasswordFd

SOURCE = Path(kt_migrate.__file__).parent
SECRET = ("password", "secret", "private", "identity")
LANGUAGE = "language.py"


def _options(command: object) -> Iterator[object]:
    yield from getattr(command, "params", ())
    for below in getattr(command, "commands", {}).values():
        yield from _options(below)


def test_no_option_takes_a_secret_itself() -> None:
    """A file descriptor's number is all that shows in a list of processes."""
    options = list(_options(typer.main.get_command(app)))
    secret = [o for o in options if any(word in str(getattr(o, "name", "")) for word in SECRET)]

    assert {getattr(option, "name", "") for option in secret} == {"password_fd"}
    assert get_args(PasswordFd)[0] == int | None
    assert all(getattr(option, "envvar", None) is None for option in options)


def test_nothing_of_the_environment_is_read() -> None:
    """But for the language; what libraries do with it (a proxy, a terminal's width) is theirs."""
    for path in SOURCE.rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text("utf-8")))
        names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
        assert path.name == LANGUAGE or not names & {"environ", "environb", "getenv"}, path
