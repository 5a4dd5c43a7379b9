"""Where two JSON values differ, by the path of each place. It shows them: for invented values."""

from __future__ import annotations

from collections.abc import Iterator

from kt_migrate.model import Json

_NOTHING = object()


def differences(expected: Json, found: Json, path: str = "") -> Iterator[str]:
    """Yield one line per place where two values differ, by its path.

    >>> list(differences([{"a": 1, "b": "x"}], [{"a": 2}], "Patient"))
    ['Patient[0].a: is 2, must be 1', "Patient[0].b: is not there, must be 'x'"]
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        names = dict.fromkeys((*expected, *found))
        for name in names:
            below = f"{path}.{name}" if path else name
            yield from _place(expected.get(name, _NOTHING), found.get(name, _NOTHING), below)
    elif isinstance(expected, list) and isinstance(found, list):
        for place in range(max(len(expected), len(found))):
            first = expected[place] if place < len(expected) else _NOTHING
            second = found[place] if place < len(found) else _NOTHING
            yield from _place(first, second, f"{path}[{place}]")
    elif expected != found or isinstance(expected, bool) is not isinstance(found, bool):
        yield f"{path}: is {found!r}, must be {expected!r}"


def _place(expected: object, found: object, path: str) -> Iterator[str]:
    if found is _NOTHING:
        yield f"{path}: is not there, must be {expected!r}"
    elif expected is _NOTHING:
        yield f"{path}: is {found!r}, must not be there"
    else:
        yield from differences(expected, found, path)  # type: ignore[arg-type]  # both are JSON
