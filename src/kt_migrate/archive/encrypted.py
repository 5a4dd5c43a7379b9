"""Undoes age (age-encryption.org/v1), with an identity as a stream, with a password in memory."""

from __future__ import annotations

import base64
import binascii
import io
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from kt_migrate.archive.content import Stream, chunks
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords
from kt_migrate.archive.problems import RefusedError

_HEADER = b"age-encryption.org/v1\n"
_ARMOR = b"-----BEGIN AGE ENCRYPTED FILE-----"
_SCRYPT = b"-> scrypt "
_WORK = re.compile(rb"-> scrypt \S+ ([1-9][0-9]?)\n")
_EXCESSIVE = "Excessive work parameter"


@contextmanager
def decrypted(name: str, file: BinaryIO, limits: Limits, passwords: Passwords) -> Iterator[Stream]:
    """Give what is in an age file.

    Args:
        name: shown name, to ask the password with.
        file: the age file, binary or armoured.
        limits: a file with a password is held in memory, and so is bounded by them.
        passwords: gives a password or an identity (`AGE-SECRET-KEY-…`, or an OpenSSH key).

    Raises:
        RefusedError: `needs-pyrage`, `encrypted`, `not-an-age-file`, `needs-identity`,
            `wrong-password`, `memory`, `work-factor`, and while reading `damaged`.
    """
    try:
        import pyrage  # noqa: F401, PLC0415  # an extra: only who has age files needs it
    except ImportError:
        raise RefusedError("needs-pyrage") from None
    recipient = _first_recipient(file)
    secret = passwords(name)
    if not secret:
        raise RefusedError("encrypted")
    if recipient.startswith(_SCRYPT):
        _require_payable(recipient, limits)
        yield io.BytesIO(_with_password(file, secret, limits))
    else:
        with _piped(file, _identities(secret)) as stream:
            yield stream


def _first_recipient(file: BinaryIO) -> bytes:
    file.seek(0)
    head = file.read(512)
    file.seek(0)
    if head.startswith(_ARMOR):
        line = b"".join(head.split()[4:6])
        try:
            head = base64.b64decode(line)
        except (binascii.Error, ValueError):
            raise RefusedError("not-an-age-file") from None
    if not head.startswith(_HEADER):
        raise RefusedError("not-an-age-file")
    return head.removeprefix(_HEADER)


def _require_payable(recipient: bytes, limits: Limits) -> None:
    """Refuse a password that takes more memory to try than allowed: whoever made it chose that.

    Source: C2SP age, scrypt recipient: N = 2^work, r = 8; RFC 7914 §2: 128 * r * N bytes.
    """
    found = _WORK.match(recipient)
    if found and 128 * 8 << int(found[1]) > limits.max_container_memory:
        raise RefusedError("memory")


def _with_password(file: BinaryIO, secret: str, limits: Limits) -> bytes:
    from pyrage import DecryptError, passphrase  # noqa: PLC0415  # an extra, as above

    size = os.fstat(file.fileno()).st_size
    # What goes in and what comes out are in memory together.
    if size * 2 > limits.max_container_memory:
        raise RefusedError("memory")
    try:
        content: bytes = passphrase.decrypt(file.read(), secret)
    except DecryptError as error:
        if str(error).startswith(_EXCESSIVE):
            raise RefusedError("work-factor") from None
        wrong = str(error) in ("Decryption failed", "No matching keys found")
        raise RefusedError("wrong-password" if wrong else "damaged") from None
    return content


def _identities(secret: str) -> list[object]:
    """Return the identities of an identity file's text, or of one OpenSSH key."""
    from pyrage import IdentityError, ssh, x25519  # noqa: PLC0415  # an extra, as above

    lines = [line.strip() for line in secret.splitlines()]
    keys = [line for line in lines if line.startswith("AGE-SECRET-KEY-")]
    try:
        if keys:
            return [x25519.Identity.from_str(key) for key in keys]
        return [ssh.Identity.from_buffer(secret.encode())]
    except IdentityError:
        raise RefusedError("needs-identity") from None


class _Pipe:
    """What a thread decrypts, read as a stream: the library writes where we want to read."""

    def __init__(self, reading: BinaryIO) -> None:
        self._reading = reading
        self.problem = "damaged"  # until it is known that it is not
        self.done = threading.Event()

    def read(self, size: int, /) -> bytes:
        """Read on."""
        piece = self._reading.read(size)
        if not piece:
            self.done.wait()
            if self.problem:
                raise RefusedError(self.problem)
        return piece


@contextmanager
def _piped(file: BinaryIO, identities: list[object]) -> Iterator[_Pipe]:
    reader, writer = os.pipe()
    pipe = _Pipe(os.fdopen(reader, "rb"))
    thread = threading.Thread(
        target=_decrypt, args=(file, os.fdopen(writer, "wb", buffering=0), identities, pipe)
    )
    thread.start()
    try:
        yield pipe
    finally:
        pipe._reading.close()  # noqa: SLF001  # ends the thread: it can write no more
        thread.join()


def _decrypt(file: BinaryIO, out: BinaryIO, identities: list[object], pipe: _Pipe) -> None:
    from pyrage import DecryptError, decrypt_io  # noqa: PLC0415  # an extra, as above

    try:
        with out:
            decrypt_io(file, out, identities)
        pipe.problem = ""
    except DecryptError as error:
        if str(error) == "No matching keys found":
            pipe.problem = "wrong-password"
    except (OSError, ValueError):
        return  # damaged; or nobody reads any more
    finally:
        pipe.done.set()


def in_memory(stream: Stream, limits: Limits) -> io.BytesIO:
    """Return a decrypted stream as a file that can be read in any order.

    Raises:
        RefusedError: `memory`.
    """
    whole = io.BytesIO()
    for piece in chunks(stream):
        whole.write(piece)
        if whole.tell() > limits.max_container_memory:
            raise RefusedError("memory")
    whole.seek(0)
    return whole
