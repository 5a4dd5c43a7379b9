"""Where a container's password comes from: a file descriptor, the keyring, or a question.

Never from the command line or the environment: others on the machine can read those.
"""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from kt_migrate.archive.passwords import Passwords
from kt_migrate.errors import UsageError
from kt_migrate.language import tr

KEYRING_SERVICE = "kt-migrate"
"""Under this service, with the container's name as the user, a password stands in the keyring."""

PasswordFd = Annotated[
    int | None,
    typer.Option(
        "--password-fd",
        help=tr(
            "Read the password (or age identity) of encrypted archives from this file descriptor."
        ),
    ),
]


def passwords_of(password_fd: int | None = None) -> Passwords:
    """Return what the archive asks passwords of.

    With a file descriptor that alone counts: one password for every container. Else the keyring
    is asked for the container's name, when the keyring package is installed; else a person,
    when there is a terminal. A container is asked for once, however often it is read.

    Args:
        password_fd: number of an open file descriptor; read to its end, at once.

    Raises:
        UsageError: the file descriptor cannot be read, or has nothing.
    """
    if password_fd is not None:
        secret = _from_descriptor(password_fd)
        return lambda _container: secret
    return _Remembered((_from_keyring, _from_person))


class _Remembered:
    """Asks the first source that knows, and remembers what it said, also that it said nothing."""

    def __init__(self, sources: Sequence[Passwords]) -> None:
        self._sources = sources
        self._known: dict[str, str | None] = {}

    def __call__(self, container: str) -> str | None:
        """Return the password of a container."""
        if container not in self._known:
            answers = (source(container) for source in self._sources)
            self._known[container] = next((answer for answer in answers if answer), None)
        return self._known[container]


def _from_descriptor(number: int) -> str:
    try:
        with os.fdopen(number, "rb") as file:
            content = file.read().decode()
    except (OSError, ValueError, OverflowError):
        raise UsageError(
            "No password can be read from the file descriptor.",
            where="--password-fd",
            fix="Open it as in: --password-fd 3 3< FILE; the password is UTF-8.",
        ) from None
    # The line end is the shell's; everything else may be the password's.
    secret = content.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise UsageError(
            "The file descriptor has no password.",
            where="--password-fd",
            fix="Open it as in: --password-fd 3 3< FILE; the password is UTF-8.",
        )
    return secret


def _from_keyring(container: str) -> str | None:
    try:
        import keyring  # noqa: PLC0415  # optional: only who keeps passwords there has it
        from keyring.errors import KeyringError  # noqa: PLC0415  # the same
    except ImportError:
        return None
    try:
        return keyring.get_password(KEYRING_SERVICE, container)
    except KeyringError:
        return None  # no keyring on this machine, or it stays locked: the person is asked


def _from_person(container: str) -> str | None:
    if not sys.stdin.isatty():
        return None
    return getpass.getpass(tr("Password of {container}: ", container=container)) or None
