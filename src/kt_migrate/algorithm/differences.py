"""What two algorithms say differently: policies, scope, codes, rules by id. Pure.

Whatever sections the language has: each is compared as the data that it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import orjson
from pydantic import BaseModel

from kt_migrate.algorithm.model import Algorithm

_NAMES = ("name", "digest")
"""What an algorithm is called is no choice in it."""

_REASONS = "reasons"
"""Of rules of `not_migrated`: one that comes or goes is told there."""

ABSENT = object()
"""Stands where one of the two says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Difference:
    """One place at which two algorithms differ.

    Attributes:
        section: `policies`, `scope`, `codes`, `types`, …
        path: where in it, rules by their id: `Patient.rules.patient-name.using`.
        before, after: what each says; None: nothing is there.
    """

    section: str
    path: str
    before: str | None
    after: str | None

    @property
    def how(self) -> str:
        """`added`, `removed` or `changed`."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "section": self.section,
            "path": self.path,
            "how": self.how,
            "before": self.before,
            "after": self.after,
        }


def differences(before: Algorithm, after: Algorithm) -> tuple[Difference, ...]:
    """Return where two resolved algorithms differ, sorted; empty: they say the same."""
    return compare_plain(plain(before), plain(after))


def plain(algorithm: Algorithm) -> dict[str, object]:
    """Return what an algorithm says per section, as data that JSON can hold."""
    return {
        field.name: _plain(getattr(algorithm, field.name))
        for field in fields(Algorithm)
        if field.name not in _NAMES
    }


def compare_plain(
    before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[Difference, ...]:
    """Return where two algorithms differ, of which only what they say is there (`plain`)."""
    return tuple(
        sorted(
            (
                Difference(section=section, path=".".join(path), before=old, after=new)
                for section in {**before, **after}
                for path, old, new in _compare(before.get(section), after.get(section), ())
                if section != _REASONS or (old is not None and new is not None)
            ),
            key=lambda found: (found.section, found.path),
        )
    )


def _plain(value: object) -> object:
    """Return a part of an algorithm as dicts and scalars; a list of rules is a dict by id."""
    match value:
        case BaseModel():
            return _plain(value.model_dump(by_alias=True))
        case Mapping():
            return {str(name): _plain(inner) for name, inner in value.items()}
        case str() | int() | float() | None:
            return value
        case Sequence():
            items = [_plain(item) for item in value]
            named = [item for item in items if isinstance(item, dict) and "id" in item]
            if items and len(named) == len(items):
                return {str(item.pop("id")): item for item in named}
            return items or None
        case _:
            return str(value)


def _compare(
    old: object, new: object, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str | None, str | None]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _compare(old.get(name, ABSENT), new.get(name, ABSENT), (*path, name))
    elif old is ABSENT or new is ABSENT or old != new:
        yield path, _text(old), _text(new)


def _text(value: object) -> str | None:
    """Return what stands somewhere as one line; of a rule what it says, not what it leaves out."""
    if value is ABSENT:
        return None
    if isinstance(value, dict):
        value = {name: inner for name, inner in value.items() if inner not in (None, "", False)}
    return value if isinstance(value, str) else orjson.dumps(value).decode()
