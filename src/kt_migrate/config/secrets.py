"""Where a secret comes from: a file of ours alone, the keyring, or a program (Bijlage B).

Never from the command line, the environment or YAML: others can read those. What a program says
besides, and how it fails, is not shown: it may hold the secret.
"""

from __future__ import annotations

import os
import selectors
import stat
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from kt_migrate.config.access import KeyReference, Keyring
from kt_migrate.errors import ConfigurationError, said

MAX_BYTES = 64 * 1024
"""No key is larger, with all its certificates."""

COMMAND_SECONDS = 30.0
"""So long a program may take, a person who unlocks something included."""

INSTALL = said("Install it: pip install 'kt-migrate[keyring]'.")


def read_secret(root: Path, key: KeyReference, where: str) -> bytes:
    """Return the PEM of a private key, wherever it is kept.

    Args:
        root: the working folder.
        key: which one.
        where: `file:line:column` of it, for messages.

    Raises:
        ConfigurationError: it is not there, others may read it, or its program failed.
    """
    if key.file is not None:
        return secret_file(root / key.file)
    if key.keyring is not None:
        return _of_keyring(key.keyring, where)
    return _of_command(key.command or (), root, where)


def secret_file(path: Path) -> bytes:
    """Read a file that only its owner, and that is us, may read.

    Raises:
        ConfigurationError: it is not there, or others may read or own it.
    """
    try:
        if not path.is_file():  # who opens a pipe waits
            raise FileNotFoundError
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(MAX_BYTES)
    except OSError:
        raise ConfigurationError(
            "The private key is not there.",
            where=str(path),
            fix="Make one with kt-migrate keys new.",
        ) from None
    _require_own(path, found)
    return content


def _require_own(path: Path, found: os.stat_result) -> None:
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigurationError(
            "Others on this machine may read the private key.",
            where=str(path),
            fix=said("chmod 600 {path}", path=path),
        )
    if found.st_uid != os.geteuid():
        raise ConfigurationError(
            "The private key belongs to another user of this machine.",
            where=str(path),
            fix="Make one of your own with kt-migrate keys new, or let an administrator chown it.",
        )


def _of_keyring(entry: Keyring, where: str) -> bytes:
    try:
        import keyring  # noqa: PLC0415  # optional: only who keeps keys there has it
        from keyring.errors import KeyringError  # noqa: PLC0415  # the same
    except ImportError:
        raise ConfigurationError(
            "The key is in a keyring, and the library keyring is not installed.",
            where=where,
            fix=INSTALL,
        ) from None
    try:
        secret = keyring.get_password(entry.service, entry.user)
    except KeyringError:
        secret = None  # no keyring on this machine, or it stays locked
    if not secret:
        raise ConfigurationError(
            "The keyring does not give the key.",
            where=where,
            fix="Unlock it, and put the PEM there: keyring set SERVICE USER, or keys new.",
        )
    return secret.encode()


def keep_in_keyring(entry: Keyring, secret: bytes, where: str) -> None:
    """Put a new secret in the keyring. Never overwrites one.

    Raises:
        ConfigurationError: there is one already, or no keyring takes it.
    """
    try:
        import keyring  # noqa: PLC0415  # optional: only who keeps keys there has it
        from keyring.errors import KeyringError  # noqa: PLC0415  # the same
    except ImportError:
        raise ConfigurationError(
            "The key is in a keyring, and the library keyring is not installed.",
            where=where,
            fix=INSTALL,
        ) from None
    try:
        if keyring.get_password(entry.service, entry.user):
            raise ConfigurationError(
                "There is a key already; it is not overwritten.",
                where=where,
                fix="Move it away first, if it really is to be replaced.",
            )
        keyring.set_password(entry.service, entry.user, secret.decode())
    except KeyringError:
        raise ConfigurationError(
            "The keyring does not take the key.", where=where, fix="Unlock it."
        ) from None


def _of_command(command: Sequence[str], root: Path, where: str) -> bytes:
    """Run a program, without a shell, and return what it prints."""
    try:
        process = subprocess.Popen(  # noqa: S603  # the owner of the folder names it; no shell
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, ValueError):
        raise ConfigurationError(
            "The program that gives the key cannot be started.",
            where=where,
            fix="Name a program of this machine, and its arguments, as a list.",
        ) from None
    deadline = time.monotonic() + COMMAND_SECONDS
    with process:
        try:
            content = _printed(process.stdout, deadline)
            code = process.wait(max(deadline - time.monotonic(), 0.1))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise _failed(
                where,
                said(
                    "The program that gives the key took longer than {command_seconds:.0f} "
                    "seconds.",
                    command_seconds=COMMAND_SECONDS,
                ),
            ) from None
        except BufferError:
            raise _failed(
                where,
                said(
                    "The program that gives the key printed more than {max_bytes} bytes.",
                    max_bytes=MAX_BYTES,
                ),
            ) from None
        finally:
            process.kill()
    if code != 0:
        raise _failed(where, said("The program that gives the key ended with {code}.", code=code))
    return content


def _failed(where: str, what: str) -> ConfigurationError:
    return ConfigurationError(
        what,
        where=where,
        fix="Run it yourself, in the working folder: it must print the PEM and nothing else.",
    )


def _printed(pipe: IO[bytes] | None, deadline: float) -> bytes:
    """Return what comes out of a pipe until it closes.

    Raises:
        TimeoutError: it stays open.
        BufferError: it is too much.
    """
    if pipe is None:
        raise AssertionError(pipe)
    content = bytearray()
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while True:
            if not ready.select(max(deadline - time.monotonic(), 0)):
                raise TimeoutError
            part = os.read(pipe.fileno(), MAX_BYTES)
            if not part:
                return bytes(content)
            content += part
            if len(content) > MAX_BYTES:
                raise BufferError
