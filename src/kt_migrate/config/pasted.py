"""Secrets that stand in a YAML file themselves: refused by their place, never repeated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kt_migrate.errors import ConfigurationError
from kt_migrate.strict_yaml import YamlFile, read_yaml

PEM = "-----BEGIN "
_NAMES = re.compile(
    r"(?:client_?)?(?:password|passwd|passphrase|secret|pin|token|access_token|private_?key|pem)",
    re.IGNORECASE,
)
_ARGUMENT = re.compile(rf"-*(?:{_NAMES.pattern})=.", re.IGNORECASE | re.DOTALL)
_Loc = tuple[str | int, ...]


def require_no_secrets(file: YamlFile) -> YamlFile:
    """Return a file in which no secret stands itself.

    Raises:
        ConfigurationError: a PEM, a password, or a program's argument with one; its place only.
    """
    for loc in pasted(file.data):
        raise ConfigurationError(
            "A secret stands in the file itself.",
            where=file.where(loc),
            fix="Take it out, and make a new one: this one was not secret. "
            "A key is named by file, keyring or command.",
        )
    return file


def read_without_secrets(path: Path, name: str) -> YamlFile:
    """Read a YAML file in which no secret stands itself; see `require_no_secrets`."""
    return require_no_secrets(read_yaml(path, name))


def pasted(node: object, loc: _Loc = ()) -> Iterator[_Loc]:
    """Yield the place of every secret."""
    match node:
        case str() if PEM in node or (loc[-2:-1] == ("command",) and _ARGUMENT.match(node)):
            yield loc
        case dict():
            for name, value in node.items():
                plain = not isinstance(value, dict | list)
                if PEM in name or (plain and _NAMES.fullmatch(name)):
                    yield (*loc, name)
                else:
                    yield from pasted(value, (*loc, name))
        case list():
            for number, value in enumerate(node):
                yield from pasted(value, (*loc, number))
        case _:
            return
