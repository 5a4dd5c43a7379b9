"""A chain of signed lines in one file: each has the digest of the line before, and its number.

A line is `{"jws": …, "prev": …}` in one spelling, ended by a newline. `prev` and the number are in
what is signed too, so lines cannot be left out, swapped or put in without the key. What cannot
be seen in the file itself is a cut end; the head beside it shows that (`gates.ledger`).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from kt_migrate.errors import ForgedError, said
from kt_migrate.gates.records import SCHEMA, Record, canonical, record_of
from kt_migrate.model import Json
from kt_migrate.signing import Signer, opened

START = "0" * 64
"""What the first line has as digest of the line before."""
_ASK = said(
    "Keep the file as it is, and ask who keeps a copy; a decision in it counts for nothing."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the chain.

    Attributes:
        number: from 1 on; so long was the chain when it was written.
        digest: SHA-256 of the line, without its newline.
        record: what it says.
    """

    number: int
    digest: str
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A whole chain, checked.

    Attributes:
        lines: oldest first.
        thumbprint: of the key that signed them all; empty: there are none.
        half: so many bytes stand after the last whole line: a write that was cut short.
    """

    lines: tuple[Line, ...] = ()
    thumbprint: str = ""
    half: int = 0

    @property
    def head(self) -> str:
        """The digest of the last line."""
        return self.lines[-1].digest if self.lines else START


def read_chain(path: Path) -> Chain:
    """Read a chain and check every line of it: offline, with nothing but the file.

    Raises:
        ForgedError: names the first line that is not as it was signed.
    """
    content = path.read_bytes() if path.exists() else b""
    *whole, half = content.split(b"\n")
    lines: list[Line] = []
    thumbprint = ""
    for number, text in enumerate(whole, 1):
        found, key = _line(path, number, text, lines[-1].digest if lines else START)
        if lines and key != thumbprint:
            raise _forged(
                path, number, said("Line {number} was signed with another key.", number=number)
            )
        if lines and found.record.environment != lines[0].record.environment:
            raise _forged(
                path, number, said("Line {number} is of another environment.", number=number)
            )
        lines.append(found)
        thumbprint = key
    return Chain(lines=tuple(lines), thumbprint=thumbprint, half=len(half))


def _line(path: Path, number: int, text: bytes, before: str) -> tuple[Line, str]:
    """Check one line; the key's thumbprint comes with it."""
    changed = said("Line {number} is not what was signed: it was changed.", number=number)
    try:
        outer = orjson.loads(text)
        signed = opened(outer["jws"])
        content = orjson.loads(signed.content)
        record = record_of(content)
        own = outer["prev"] == content["prev"] and canonical(outer) == text
        own = own and content["schema"] == SCHEMA and canonical(content) == signed.content
        mark = (content["number"], content["prev"])
        if record.countersigned:
            own = own and opened(record.countersigned).content == record.statement()
    except (ForgedError, ValueError, KeyError, TypeError, AttributeError):
        raise _forged(path, number, changed) from None
    if not own:
        raise _forged(path, number, changed)
    if mark != (number, before):
        raise _forged(
            path,
            number,
            said(
                "Line {number} does not follow on the one before it: a line was removed, put "
                "in or moved.",
                number=number,
            ),
        )
    return Line(number, hashlib.sha256(text).hexdigest(), record), signed.thumbprint


def _forged(path: Path, number: int, what: str) -> ForgedError:
    return ForgedError(what, where=f"{path}:{number}", fix=_ASK)


def add_lines(path: Path, chain: Chain, records: list[Record], signer: Signer) -> Chain:
    """Write records after a chain, and return what it is then. What was cut short goes first.

    Args:
        path: the file; whoever calls holds its lock.
        chain: what is in it now.
        records: what comes after.
        signer: whose key signed the chain.

    Returns:
        The chain with them; it is on disk by then.
    """
    texts = list(_texts(chain, records, signer))
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) - chain.half)
        file.seek(0, os.SEEK_END)
        file.writelines(text + b"\n" for text, _line in texts)
        file.flush()
        os.fsync(file.fileno())
    return Chain(
        lines=chain.lines + tuple(line for _text, line in texts), thumbprint=signer.thumbprint
    )


def _texts(chain: Chain, records: list[Record], signer: Signer) -> Iterator[tuple[bytes, Line]]:
    before = chain.head
    for number, record in enumerate(records, len(chain.lines) + 1):
        mark: dict[str, Json] = {"schema": SCHEMA, "number": number, "prev": before}
        token = signer.sign(canonical(record.as_json() | mark))
        text = canonical({"prev": before, "jws": token})
        before = hashlib.sha256(text).hexdigest()
        yield text, Line(number, before, record)
