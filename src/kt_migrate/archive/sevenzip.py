"""Reads a 7z, one document at a time, in one pass, also when it is solid.

py7zr writes what it unpacks; a thread does so, and hands over each document when it is complete.
Its own list of entries, dictionary and buffer are in memory: docs/archives.md says how much.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from kt_migrate.archive.content import Gathered, document
from kt_migrate.archive.forms import form_of
from kt_migrate.archive.limits import Limits, Tally
from kt_migrate.archive.names import UniqueNames, inside, suspect
from kt_migrate.archive.passwords import Passwords
from kt_migrate.archive.problems import NOT_REGULAR, REFUSED, RefusedError, refused
from kt_migrate.model import SourceFile

if TYPE_CHECKING:
    import py7zr
    from py7zr.py7zr import ArchiveFile

_LZMA, _LZMA2, _PPMD = b"\x03\x01\x01", b"\x21", b"\x03\x04\x01"
_EMPTY = Gathered(sha256=hashlib.sha256().hexdigest(), size=0, content=b"")


def walk_sevenzip(
    name: str, file: BinaryIO, limits: Limits, passwords: Passwords
) -> Iterator[SourceFile]:
    """Yield every entry of a 7z, in its own order; refused ones with the reason.

    Raises:
        RefusedError: the 7z as a whole is refused, or from here on.
    """
    try:
        import py7zr  # noqa: F401, PLC0415  # an extra: only who has .7z needs it
    except ImportError:
        raise RefusedError("needs-py7zr") from None
    archive, encrypted = _opened(name, file, passwords)
    with archive:
        _fits(archive, file, limits)
        names, streams = UniqueNames(), []
        for entry in archive.files:
            if entry.is_directory and not (entry.uncompressed or entry.is_junction):
                continue
            unique = names.give(inside(name, entry.filename))
            reason = _suspect(entry, limits)
            if reason:
                yield refused(unique, reason[1], code=reason[0])
            elif not entry.uncompressed:
                yield document(unique, entry.filename, _EMPTY)
            if entry.uncompressed:
                streams.append(_Wanted(unique, entry, reason is None))
        yield from _documents(archive, streams, limits, encrypted=encrypted)


class _Wanted(NamedTuple):
    name: str
    entry: ArchiveFile
    readable: bool


def _opened(name: str, file: BinaryIO, passwords: Passwords) -> tuple[py7zr.SevenZipFile, bool]:
    """Open it; ask for the password only when there is something encrypted."""
    import py7zr  # noqa: PLC0415  # an extra, as above

    try:
        archive = py7zr.SevenZipFile(file)
        if not archive.needs_password():
            return archive, False
    except py7zr.PasswordRequired:
        pass  # its list of entries is encrypted too
    except Exception:  # noqa: BLE001  # whatever the library makes of a list that is nonsense
        raise RefusedError("not-a-7z") from None
    secret = passwords(name)
    if not secret:
        raise RefusedError("encrypted")
    file.seek(0)
    try:
        return py7zr.SevenZipFile(file, password=secret), True
    except Exception:  # noqa: BLE001  # a wrong password makes nonsense of the list too
        raise RefusedError("wrong-password") from None


def _fits(archive: py7zr.SevenZipFile, file: BinaryIO, limits: Limits) -> None:
    """Refuse what would be too much. py7zr gives no more than the list of entries says."""
    tally = Tally(limits, alike=True)
    tally.bytes_in = file.seek(0, 2)
    for entry in archive.files:
        tally.entry()
        tally.out(entry.uncompressed)
    streams = archive.header.main_streams
    unpacking = streams.unpackinfo if streams else None  # a header may have the one without it
    for folder in unpacking.folders if unpacking else ():
        if sum(map(_memory, folder.coders)) > limits.max_container_memory:
            raise RefusedError("memory")


def _memory(coder: dict[str, object]) -> int:
    """Return what a decoder reserves, by its properties."""
    method, properties = coder.get("method"), coder.get("properties")
    if not isinstance(properties, bytes) or not properties:
        return 0
    if method == _LZMA2:
        bits = properties[0] & 63
        return (2 | bits & 1) << (bits // 2 + 11)
    if method in (_LZMA, _PPMD):
        return int.from_bytes(properties[1:5], "little")
    return 0


def _suspect(entry: ArchiveFile, limits: Limits) -> tuple[str, str] | None:
    detail = suspect(entry.filename, limits)
    if detail:
        return REFUSED, detail
    if entry.is_symlink or entry.is_junction:
        return REFUSED, "link"
    if entry.is_socket:
        return NOT_REGULAR, "socket"
    if entry.is_directory:
        return REFUSED, "folder-with-content"
    form = form_of(entry.filename)
    return (REFUSED, "nested") if form.is_container or form.inner == "ndjson" else None


def _documents(
    archive: py7zr.SevenZipFile, streams: Sequence[_Wanted], limits: Limits, *, encrypted: bool
) -> Iterator[SourceFile]:
    names = {entry.filename for _name, entry, readable in streams if readable}
    if not names:
        return
    ready: queue.Queue[Gathered | str | None] = queue.Queue(maxsize=1)
    stop = threading.Event()
    handover = _Handover(ready, stop)
    thread = threading.Thread(target=_unpack, args=(archive, names, handover, limits))
    thread.start()
    reason = "wrong-password" if encrypted else "damaged"
    try:
        # py7zr picks by name, so that an entry that is refused can come along with its namesake.
        for name, entry, readable in (s for s in streams if s.entry.filename in names):
            found = ready.get()
            if not isinstance(found, Gathered):
                raise RefusedError(found or reason)
            reason = "damaged"
            if readable:
                yield document(name, entry.filename, found)
    finally:
        stop.set()
        thread.join()


class _Handover:
    """Gives what is complete to the reader, and stops when nobody reads any more."""

    def __init__(self, ready: queue.Queue[Gathered | str | None], stop: threading.Event) -> None:
        self._ready = ready
        self._stop = stop

    def give(self, thing: Gathered | str | None) -> None:
        """Wait until the reader takes it."""
        while not self._stop.is_set():
            try:
                self._ready.put(thing, timeout=0.1)
            except queue.Full:
                continue
            return
        raise EOFError

    def give_last(self, reason: str | None) -> None:
        """Say why it ends, to whoever still reads; None: it is damaged, or the password wrong."""
        try:
            self.give(reason)
        except EOFError:
            return


def _unpack(
    archive: py7zr.SevenZipFile, names: set[str], handover: _Handover, limits: Limits
) -> None:
    from py7zr.exceptions import (  # noqa: PLC0415  # an extra, as above
        UnsupportedCompressionMethodError,
    )

    from kt_migrate.archive.sevenzip_writer import Writers  # noqa: PLC0415  # needs the extra

    try:
        archive.extract(targets=names, factory=Writers(handover.give, limits.max_file_bytes))
    except UnsupportedCompressionMethodError:
        handover.give_last("method")
    except Exception:  # noqa: BLE001  # whatever it is: the reader waits, and must hear of it
        handover.give_last(None)
    else:
        handover.give_last(None)  # only heard when there was less than the list says
