r"""Names of any bytes, made fit to print: unique, one line, and the bytes can be had back.

A backslash, what cannot be printed and what is not UTF-8 become `\\` or `\xff`, byte by byte.
So does `!`, which stands between a container and what is in it.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from kt_migrate.archive.limits import Limits

BETWEEN = "!"
_ESCAPE = re.compile(rb"\\(\\|x[0-9a-f]{2})")
_PLAIN = re.compile(r"[A-Za-z0-9._ /+:@=,()-]*")


def shown(name: str | bytes) -> str:
    """Return a name as it is shown.

    Args:
        name: bytes, or text of the operating system (what is not UTF-8 as lone surrogates).
    """
    text = name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
    return text if _PLAIN.fullmatch(text) else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable() and character != BETWEEN:
        return character
    return "".join(f"\\x{byte:02x}" for byte in _encoded(character))


def _encoded(character: str) -> bytes:
    try:
        return character.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return character.encode("utf-8", "surrogatepass")


def original(name: str) -> bytes:
    """Return the bytes of a shown name: `shown`, turned round."""
    return _ESCAPE.sub(_byte, name.encode())


def _byte(match: re.Match[bytes]) -> bytes:
    code = match[1]
    return b"\\" if code == b"\\" else bytes([int(code[1:], 16)])


def inside(container: str, name: str | bytes) -> str:
    """Return the shown name of what is in a container (whose shown name is given)."""
    return f"{container}{BETWEEN}{shown(name)}"


def suspect(name: str, limits: Limits) -> str:
    """Return why an entry's name is refused, or nothing.

    Nothing is ever unpacked, so that no path can hurt; it is refused all the same, for whoever
    made it had something in mind.
    """
    if "\0" in name:
        return "path"
    path = PurePosixPath(name.replace("\\", "/"))
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0][1:2]:
        return "path"
    return "too-deep" if len(path.parts) > limits.max_depth else ""


class UniqueNames:
    """Gives a name that occurs again in its container a number: `a.xml`, `a.xml#2`."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def give(self, name: str) -> str:
        """Return the name, or the first numbered one that is free."""
        unique, number = name, 1
        while self._is_seen(unique):
            number += 1
            unique = f"{name}#{number}"
        return unique

    def _is_seen(self, name: str) -> bool:
        # Eight bytes of digest instead of the name: a container can hold a million.
        mark = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest())
        seen = mark in self._seen
        self._seen.add(mark)
        return seen
