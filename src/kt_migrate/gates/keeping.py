"""Keeps the ledger of an environment's gates: `gates/<env>.ndjson` in the working folder.

Beside it stands its head, `gates/<env>.head`: how many lines there were after the last write, and
the digest of the last. A ledger that is shorter was cut. A crash leaves it longer at most, and
perhaps half a line, which counts for nothing and goes with the next write.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TextIO

import orjson

from kt_migrate.errors import ForgedError, GateError, RunLockedError, said
from kt_migrate.gates.chain import START, Chain, add_lines, read_chain
from kt_migrate.gates.records import Record, canonical
from kt_migrate.signing import Signer, new_signer, signer

_TRIES, _PAUSE_SECONDS = 100, 0.05
_FOLDER = "gates"


def ledger_path(root: Path, env: str) -> Path:
    """Return where the ledger of an environment stands in a working folder."""
    return root / _FOLDER / f"{env}.ndjson"


def key_path(root: Path) -> Path:
    """Return where the working folder's own key stands."""
    return root / "keys" / "gate.pem"


def read_ledger(root: Path, env: str) -> Chain:
    """Read the ledger of an environment, and check that it is ours and whole.

    Raises:
        ForgedError: a line is not as it was signed, the end is gone, or the key is another.
    """
    path = ledger_path(root, env)
    chain = read_chain(path)
    number, digest = _head(path, chain)
    at = chain.lines[number - 1].digest if 0 < number <= len(chain.lines) else START
    if number > len(chain.lines) or at != digest:
        raise ForgedError(
            said(
                "The ledger's end is gone: {number} lines were written, {lines} are there.",
                number=number,
                lines=len(chain.lines),
            ),
            where=str(path),
            fix="Bring the whole ledger back from a copy; a decision in it counts for nothing.",
        )
    if chain.lines and key_path(root).exists():
        ours = signer(key_path(root)).thumbprint
        if ours != chain.thumbprint:
            raise ForgedError(
                "The ledger was signed with another key than this working folder's.",
                where=str(path),
                fix=said(
                    "Its key is {thumbprint}, keys/gate.pem is {ours}: ask whose it is.",
                    thumbprint=chain.thumbprint,
                    ours=ours,
                ),
            )
    return chain


def _head(path: Path, chain: Chain) -> tuple[int, str]:
    """Return (lines, digest of the last) as they were after the last write."""
    head = path.with_suffix(".head")
    try:
        content = orjson.loads(head.read_bytes())
        return int(content["number"]), str(content["digest"])
    except FileNotFoundError:
        if not chain.lines:
            return 0, START
    except (ValueError, KeyError, TypeError):
        pass
    raise ForgedError(
        "What says how long the ledger is, is gone or damaged.",
        where=str(head),
        fix="Bring it back from a copy, together with the ledger.",
    )


@dataclass(slots=True)
class Ledger:
    """A ledger that is held by this process, to be added to.

    Attributes:
        chain: what is in it.
    """

    _path: Path
    _signer: Signer
    chain: Chain

    @property
    def thumbprint(self) -> str:
        """Of the working folder's key."""
        return self._signer.thumbprint

    def add(self, *records: Record) -> Chain:
        """Sign records and write them down; when this returns they are on disk."""
        newest = self.chain.lines[-1].record.at if self.chain.lines else None
        for record in records:
            require_later(newest, record.at)
        self.chain = add_lines(self._path, self.chain, list(records), self._signer)
        _write_head(self._path, len(self.chain.lines), self.chain.head)
        return self.chain


@contextmanager
def held_ledger(root: Path, env: str) -> Iterator[Ledger]:
    """Hold the ledger of an environment, for as long as the block runs. Its key is made once.

    Raises:
        RunLockedError: another process keeps it for longer than five seconds.
        ForgedError: it is not as it was signed.
        ConfigurationError: there is a ledger, and its key is gone.
    """
    path = ledger_path(root, env)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with (path.parent / "lock").open("a") as file:
        _hold(file, path)
        chain = read_ledger(root, env)
        key = key_path(root)
        ours = signer(key) if chain.lines or key.exists() else new_signer(key)
        if not chain.lines:
            _write_head(path, 0, START)
        yield Ledger(path, ours, chain)


def _hold(file: TextIO, path: Path) -> None:
    for attempt in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if attempt < _TRIES - 1:
                time.sleep(_PAUSE_SECONDS)
        else:
            return
    raise RunLockedError(
        "Another kt-migrate writes in the ledger of the gates.",
        where=str(path),
        fix="Wait for it to end, and give the command again.",
    )


def _write_head(path: Path, number: int, digest: str) -> None:
    head = path.with_suffix(".head")
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as out:
        unfinished.chmod(0o600)
        out.write(canonical({"number": number, "digest": digest}) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    unfinished.replace(head)


def require_later(newest: datetime | None, now: datetime) -> None:
    """Refuse a clock that was put back: an expired GO would hold again.

    Raises:
        GateError: the ledger has a later record.
    """
    if newest is not None and now < newest:
        raise GateError(
            said(
                "This machine's clock stands before the ledger's last record "
                "({newest:%Y-%m-%d %H:%M} UTC).",
                newest=newest,
            ),
            where="gates",
            fix="Set the clock right, and give the command again.",
        )
