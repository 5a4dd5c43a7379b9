"""Writes YAML as a person does, and knows where everything came to stand."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]
_PLAIN = re.compile("[g-k]+[0-9]*")


@dataclass(frozen=True)
class Extra:
    """An entry more at the end of one mapping, written as it is given.

    Attributes:
        where: the mapping's path.
        key: its text in the file; None: the mapping's own first key, so that it occurs twice.
        value: the same of its value.
    """

    where: Path
    key: str | None
    value: str


@dataclass
class Written:
    """A text that grows, with the place of every key and item.

    Attributes:
        flow_from: the depth from which `{…}` and `[…]` are written on one line.
        extra: one entry more.
        places: line and column, from 1, by path.
        extra_key: the place of the entry more.
        extra_value: the place of its value.
    """

    flow_from: int = 99
    extra: Extra | None = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    extra_key: tuple[int, int] = (0, 0)
    extra_value: tuple[int, int] = (0, 0)
    _lines: list[str] = field(default_factory=lambda: ["# first", ""])

    @property
    def content(self) -> bytes:
        """The whole of it."""
        return ("\n".join(self._lines) + "\n").encode()

    def _put(self, text: str) -> None:
        self._lines[-1] += text

    def _here(self) -> tuple[int, int]:
        return len(self._lines), len(self._lines[-1]) + 1

    def _on(self, column: int) -> None:
        self._lines.append(" " * (column - 1))

    def write(self, value: object, path: Path = ()) -> None:
        """Write a value where the text has come to."""
        if isinstance(value, dict) and (value or self._more(path)):
            self._mapping(value, path)
        elif isinstance(value, list) and value:
            self._sequence(value, path)
        elif isinstance(value, str) and _PLAIN.fullmatch(value):
            self._put(value)
        else:
            self._put(json.dumps(value, ensure_ascii=False))

    def _more(self, path: Path) -> bool:
        return self.extra is not None and self.extra.where == path

    def _mapping(self, value: dict[str, object], path: Path) -> None:
        flow, (_line, column) = len(path) >= self.flow_from, self._here()
        self._put("{" if flow else "")
        for number, (key, inner) in enumerate(value.items()):
            self._between(number, column, flow=flow)
            self.places[(*path, key)] = self._here()
            self.write(key)
            self._put(":")
            self._value(inner, (*path, key), column, flow=flow)
        if self.extra is not None and self._more(path):
            self._between(len(value), column, flow=flow)
            self.extra_key = self._here()
            self._put(self.extra.key or json.dumps(next(iter(value)), ensure_ascii=False))
            self._put(": ")
            self.extra_value = self._here()
            self._put(self.extra.value)
        self._put("}" if flow else "")

    def _value(self, inner: object, path: Path, column: int, *, flow: bool) -> None:
        opens = isinstance(inner, dict | list) and (inner or self._more(path))
        if opens and not flow and len(path) < self.flow_from:
            self._on(column + 2)
        else:
            self._put(" ")
        self.write(inner, path)

    def _sequence(self, value: list[object], path: Path) -> None:
        flow, (_line, column) = len(path) >= self.flow_from, self._here()
        self._put("[" if flow else "")
        for number, inner in enumerate(value):
            self._between(number, column, flow=flow)
            self._put("" if flow else "- ")
            self.places[(*path, number)] = self._here()
            self.write(inner, (*path, number))
        self._put("]" if flow else "")

    def _between(self, number: int, column: int, *, flow: bool) -> None:
        if number and flow:
            self._put(", ")
        elif number:
            self._on(column)


def written(value: object, flow_from: int = 99, extra: Extra | None = None) -> Written:
    """Return a value as YAML, with its places."""
    paper = Written(flow_from=flow_from, extra=extra)
    paper.write(value)
    return paper


def at(place: tuple[int, int], name: str = "t.yaml") -> str:
    """Return a place as messages give it."""
    return f"{name}:{place[0]}:{place[1]}"


def paths(value: object, path: Path = ()) -> list[Path]:
    """Return the path of everything in a value, itself included."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(deeper for step, item in inner for deeper in paths(item, (*path, step)))]


def mappings(value: object, path: Path = ()) -> list[Path]:
    """Return the path of every mapping in a value."""
    return [p for p in paths(value, path) if isinstance(found(value, p), dict)]


def found(value: object, path: Path) -> object:
    """Return what stands at a path."""
    for step in path:
        value = value[step]  # type: ignore[index]  # a path of this value
    return value
