"""The limits of the KT 2.0 profiles as data, read once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from kt_migrate.model import Json

PROFILE_PACKAGE = "koppeltaalv2.00"
PROFILE_VERSION = "0.16.3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a profile says of one element.

    Attributes:
        minimum: least number of values.
        maximum: most; None: no bound; 0: forbidden.
        repeats: whether it is a list in JSON (by FHIR itself, whatever the profile says).
        types: R4 datatypes that it may have.
        codes: allowed codes of a required binding; empty: any.
        targets: R4 types that a reference may have; empty: any.
        fixed: the only value that it may have.
        children: limits of its children, when it is a backbone element.
    """

    minimum: int
    maximum: int | None
    repeats: bool
    types: tuple[str, ...]
    codes: frozenset[str]
    targets: frozenset[str]
    fixed: Json
    children: dict[str, Limit]


@lru_cache(maxsize=1)
def _content() -> dict[str, dict[str, dict[str, Json]]]:
    file = resources.files(__package__).joinpath(f"kt2-{PROFILE_VERSION}.json")
    content: dict[str, dict[str, dict[str, Json]]] = json.loads(file.read_bytes())["types"]
    return content


def known_types() -> frozenset[str]:
    """Return the R4 types that have limits here."""
    return frozenset(_content())


@lru_cache(maxsize=16)
def limits_of(r4_type: str) -> dict[str, Limit]:
    """Return the limits of a type's elements, by name; `value[x]` once per datatype."""
    made: dict[str, Limit] = {}
    for path, data in sorted(_content()[r4_type].items()):
        parent, _, name = path.rpartition(".")
        into = _children(made, parent)
        for full, limit in _named(name, data):
            into[full] = limit
    return made


def _children(made: dict[str, Limit], parent: str) -> dict[str, Limit]:
    for name in parent.split(".") if parent else []:
        made = made[name].children
    return made


def _named(name: str, data: dict[str, Json]) -> list[tuple[str, Limit]]:
    types = [str(t) for t in _list(data.get("types"))]
    if not name.endswith("[x]"):
        return [(name, _limit(data, types, int(str(data["min"]))))]
    # Which of the choices is there cannot be said per name; the minimum is checked by rules.
    return [(name[:-3] + t[0].upper() + t[1:], _limit(data, [t], 0)) for t in types]


def _limit(data: dict[str, Json], types: list[str], minimum: int) -> Limit:
    maximum = str(data["max"])
    return Limit(
        minimum=minimum,
        maximum=None if maximum == "*" else int(maximum),
        repeats=data.get("list") is True,
        types=tuple(types),
        codes=frozenset(str(c) for c in _list(data.get("codes"))),
        targets=frozenset(str(t) for t in _list(data.get("targets"))),
        fixed=data.get("fixed"),
        children={},
    )


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
