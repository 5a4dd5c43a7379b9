"""Where a container's password comes from: whoever calls says so; the archive asks by name."""

from __future__ import annotations

from collections.abc import Callable

Passwords = Callable[[str], str | None]
"""Gives the password, or the age identity, of the container of this name; None: there is none.

Asked at most once per container, only of one that is encrypted. What it gives is kept in no
message, log or file.
"""


def no_passwords(_container: str) -> None:
    """Give none: what is encrypted comes out as refused, `encrypted`."""
