"""One algorithm over another: what a file does not say stays, and which file said what is kept.

Mappings are merged by key, lists of what has an id by id, anything else is replaced. A coding is
one value. `value` takes the place of `from`, `using` and `enrichment`; `from` and `using` take that
of `value`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from kt_migrate.strict_yaml import YamlFile

Path: TypeAlias = tuple[str, ...]
Data: TypeAlias = dict[str, object]

_INSTEAD = {"value": ("from", "using", "enrichment"), "using": ("value",), "from": ("value",)}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something stands: a file, and the way to it there."""

    file: YamlFile
    loc: tuple[str | int, ...]


@dataclass(slots=True)
class Origins:
    """Which file decided what. A way leads by ids, where the file has numbers."""

    at: dict[Path, Origin] = field(default_factory=dict)

    def of(self, path: Path) -> Origin:
        """Return what decided this, or its nearest parent."""
        while path and path not in self.at:
            path = path[:-1]
        return self.at[path]

    def where(self, path: Path, *, value: bool = False, offset: int = 0) -> str:
        """Return `file:line:column` of a key, or of its value."""
        origin = self.of(path)
        return origin.file.where(origin.loc, value=value, offset=offset)

    def forget(self, path: Path) -> None:
        """Forget what is gone, and all below it."""
        gone = [known for known in self.at if known[: len(path)] == path]
        for known in gone:
            del self.at[known]


def put_over(below: Data, above: Data, file: YamlFile, origins: Origins) -> Data:
    """Return one algorithm's content over another's; `origins` learns of it.

    Args:
        below: plain content, merged already.
        above: what the file says, and only that; keys as in YAML.
        file: the file.
        origins: who decided what so far.
    """
    origins.at[()] = Origin(file, ())
    return _Merge(file, origins).mapping(below, above, (), ())


@dataclass(slots=True)
class _Merge:
    file: YamlFile
    origins: Origins

    def mapping(self, below: Data, above: Data, path: Path, loc: tuple[str | int, ...]) -> Data:
        merged = dict(below)
        for key, value in above.items():
            for gone in _INSTEAD.get(key, ()) if value is not None and "id" in above else ():
                if gone not in above:
                    merged.pop(gone, None)
            merged[key] = self._value(merged.get(key), value, (*path, key), (*loc, key))
        return merged

    def _value(
        self, below: object, above: object, path: Path, loc: tuple[str | int, ...]
    ) -> object:
        if isinstance(above, dict) and "code" not in above:
            self.origins.at.setdefault(path, Origin(self.file, loc))
            return self.mapping(below if isinstance(below, dict) else {}, above, path, loc)
        if _with_ids(above):
            self.origins.at.setdefault(path, Origin(self.file, loc))
            return self._listing(below if _with_ids(below) else (), above, path, loc)
        self.origins.at[path] = Origin(self.file, loc)
        return above

    def _listing(
        self, below: object, above: object, path: Path, loc: tuple[str | int, ...]
    ) -> tuple[Data, ...]:
        merged = {str(item["id"]): item for item in _items(below)}
        for place, item in enumerate(_items(above)):
            name = str(item["id"])
            own = (*path, name)
            self.origins.at[own] = Origin(self.file, (*loc, place))
            merged[name] = self.mapping(merged.get(name, {}), item, own, (*loc, place))
        return tuple(merged.values())


def _with_ids(value: object) -> bool:
    return isinstance(value, list | tuple) and any(
        isinstance(item, dict) and "id" in item for item in value
    )


def _items(value: object) -> Iterable[Data]:
    return (
        (item for item in value if isinstance(item, dict))
        if isinstance(value, list | tuple)
        else ()
    )


def ids(data: Data) -> dict[str, Path]:
    """Return every id that `remove` may name, with the way to it."""
    found = {
        name: path
        for section in ("not_migrated", "own_elements")
        for name, path in _named(data, (section,))
    }
    types = data.get("types")
    for source_type, rules in types.items() if isinstance(types, dict) else ():
        for section in ("rules", "ignored"):
            found |= dict(_named(rules, ("types", source_type, section)))
    return found


def _named(data: Data, path: Path) -> Iterable[tuple[str, Path]]:
    for item in _items(data.get(path[-1])):
        yield str(item["id"]), (*path, str(item["id"]))


def without(data: Data, gone: Iterable[str], origins: Origins) -> Data:
    """Return the content without what has these ids."""
    names = set(gone)
    for name, path in ids(data).items():
        if name in names:
            origins.forget(path)
    kept: Data = dict(data)
    for section in ("not_migrated", "own_elements"):
        if section in data:
            kept[section] = _kept(data[section], names)
    types = data.get("types")
    if isinstance(types, dict):
        kept["types"] = {
            source_type: {
                key: _kept(value, names) if key in {"rules", "ignored"} else value
                for key, value in rules.items()
            }
            for source_type, rules in types.items()
        }
    return kept


def _kept(value: object, gone: set[str]) -> tuple[Data, ...]:
    return tuple(item for item in _items(value) if item["id"] not in gone)
