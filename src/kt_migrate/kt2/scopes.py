"""What a token may do, as the login service says it. Source: SMART App Launch 2, TOP-KT-003."""

from __future__ import annotations

from collections.abc import Iterator

_OF_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}
_ORIGIN = "resource-origin="


def letters(scope: str, r4_type: str) -> frozenset[str]:
    """Return which of `cruds` a scope grants on a type; the part about origins is left out.

    >>> sorted(letters("system/Patient.cru system/Task.rs", "Patient"))
    ['c', 'r', 'u']
    """
    return frozenset(letter for allowed, _limit in _lines(scope, r4_type) for letter in allowed)


def origins(scope: str, r4_type: str, letter: str) -> frozenset[str] | None:
    """Return the Devices whose resources a scope grants this on; None: those of everybody.

    Any other limit than one of origins is taken for one that lets nothing through.

    >>> sorted(origins("system/Task.rs?resource-origin=Device/1,Device/2", "Task", "r"))
    ['Device/1', 'Device/2']
    """
    found: set[str] = set()
    for allowed, limit in _lines(scope, r4_type):
        if letter in allowed and not limit:
            return None
        if letter in allowed and limit.startswith(_ORIGIN):
            found.update(filter(None, limit.removeprefix(_ORIGIN).split(",")))
    return frozenset(found)


def _lines(scope: str, r4_type: str) -> Iterator[tuple[str, str]]:
    """Yield (letters, limit) of every line that is about a type."""
    for entry in scope.split():
        context, _, rest = entry.partition("/")
        named, _, limit = rest.partition("?")
        name, _, allowed = named.partition(".")
        if context == "system" and name in (r4_type, "*"):
            yield _OF_VERSION_1.get(allowed, allowed), limit
