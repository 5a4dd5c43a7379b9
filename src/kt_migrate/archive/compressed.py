"""Undoes gzip and zstd as a stream: what comes out is counted, whatever the header claims."""

from __future__ import annotations

import zlib
from abc import ABC, abstractmethod

from kt_migrate.archive.content import Stream
from kt_migrate.archive.limits import Limits, Tally
from kt_migrate.archive.problems import RefusedError

_PIECE = 16 * 1024
_OUT = 256 * 1024
_ZSTD_PIECE = 512
"""Four bytes of zstd can be 128 kB: so much goes in that at most 16 MB comes out at once."""
_ZSTD_WINDOW = 128 * 1024 * 1024
"""The most that zstd itself uses without --ultra or --long=28 and up."""


class _Unpacked(ABC):
    """A stream of members one after the other, as gzip and zstd allow."""

    def __init__(self, stream: Stream, limits: Limits, piece: int, *, alike: bool) -> None:
        self._stream = stream
        self._piece = piece
        self._tally = Tally(limits, alike=alike)
        self._ready = b""
        self._pending = b""
        self._open = False

    def read(self, size: int, /) -> bytes:
        """Read on.

        Raises:
            RefusedError: `damaged`, `truncated`, `ratio`, `stream-ratio`, `too-large`,
                `too-many-entries`.
        """
        while not self._ready:
            packed = self._pending or self._next()
            if not packed:
                if self._open:
                    raise RefusedError("truncated")
                return b""
            self._pending = b""
            self._ready = self._step(packed)
            self._tally.out(len(self._ready))
        piece, self._ready = self._ready[:size], self._ready[size:]
        return piece

    def _next(self) -> bytes:
        packed = self._stream.read(self._piece)
        self._tally.bytes_in += len(packed)
        return packed

    def _step(self, packed: bytes) -> bytes:
        if not self._open:
            packed = self._between(packed)
            if not packed:
                return b""
            self._tally.entry()
            self._start()
        out, self._pending, self._open = self._unpack(packed)
        return out

    def _between(self, packed: bytes) -> bytes:
        return packed

    @abstractmethod
    def _start(self) -> None:
        """Begin a member."""

    @abstractmethod
    def _unpack(self, packed: bytes) -> tuple[bytes, bytes, bool]:
        """Return what comes out, what is left to go in, and whether the member goes on."""


class Gunzipped(_Unpacked):
    """What is in a gzip stream."""

    def __init__(self, stream: Stream, limits: Limits, *, alike: bool) -> None:
        super().__init__(stream, limits, _PIECE, alike=alike)
        self._start()

    def _start(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    def _between(self, packed: bytes) -> bytes:
        return packed.lstrip(b"\0")  # padding, as gzip itself takes it

    def _unpack(self, packed: bytes) -> tuple[bytes, bytes, bool]:
        try:
            out = self._member.decompress(packed, _OUT)
        except zlib.error:
            raise RefusedError("damaged") from None
        if self._member.eof:
            return out, self._member.unused_data, False
        return out, self._member.unconsumed_tail, True


class Unzstd(_Unpacked):
    """What is in a zstd stream.

    Raises:
        RefusedError: `needs-zstandard`: the extra is not installed.
    """

    def __init__(self, stream: Stream, limits: Limits, *, alike: bool) -> None:
        super().__init__(stream, limits, _ZSTD_PIECE, alike=alike)
        try:
            import zstandard  # noqa: PLC0415  # an extra: only who has .zst needs it
        except ImportError:
            raise RefusedError("needs-zstandard") from None
        self._error = zstandard.ZstdError
        window = min(_ZSTD_WINDOW, limits.max_container_memory)
        self._context = zstandard.ZstdDecompressor(max_window_size=window)
        self._start()

    def _start(self) -> None:
        self._frame = self._context.decompressobj()

    def _unpack(self, packed: bytes) -> tuple[bytes, bytes, bool]:
        try:
            out = self._frame.decompress(packed)
        except self._error as error:
            raise RefusedError("window" if "memory" in str(error) else "damaged") from None
        if self._frame.eof:
            return out, self._frame.unused_data, False
        return out, b"", True
