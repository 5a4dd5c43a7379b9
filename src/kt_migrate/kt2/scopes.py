"""What a token may do, as the login service says it. Source: SMART App Launch 2, TOP-KT-003."""

from __future__ import annotations

_OF_VERSION_1 = {"read": "rs", "write": "cud", "*": "cruds"}


def letters(scope: str, r4_type: str) -> frozenset[str]:
    """Return which of `cruds` a scope grants on a type; the part about origins is left out.

    >>> sorted(letters("system/Patient.cru system/Task.rs", "Patient"))
    ['c', 'r', 'u']
    """
    granted: set[str] = set()
    for entry in scope.split():
        context, _, rest = entry.partition("/")
        name, _, allowed = rest.partition("?")[0].partition(".")
        if context == "system" and name in (r4_type, "*"):
            granted.update(_OF_VERSION_1.get(allowed, allowed))
    return frozenset(granted)
