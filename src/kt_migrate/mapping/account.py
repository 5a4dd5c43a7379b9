"""The account of the elements: per type and path, how many objects have it. Pure.

A type has a million objects and a few hundred paths. They are counted in a tree that looks like
the bodies do: no path is written out more than once.
"""

from __future__ import annotations

from collections.abc import Iterator

from kt_migrate.kt13.body import first_text
from kt_migrate.mapping.coverage import shown, shown_extension
from kt_migrate.model import Body

ANCHORS = frozenset({"id", "url"})
"""Not content: `id` is an anchor within the document (kt13.md §1.6), `url` names an extension."""

MOST = 10_000
"""More elements than this are counted apart: a hostile archive has as many as it likes."""

_LONGEST = 200
"""Longer names are not remembered: they are no KT 1.3's, and there may be many."""


class _Element:
    """One path of one type, and what lies below it by the names that messages use."""

    __slots__ = ("below", "count", "extensions", "last", "path")

    def __init__(self, path: str) -> None:
        self.path = path
        self.count = 0
        self.last = 0
        self.below: dict[str, _Element] = {}
        self.extensions: dict[str, _Element] = {}


class Account:
    """Counts objects per element. A name that may be content is not shown.

    Indices are left out, and an object counts once for each of its paths, however often it has it.
    """

    def __init__(self) -> None:
        self._types: dict[str, dict[str, _Element]] = {}
        self._size = 0
        self._object = 0

    @property
    def full(self) -> bool:
        """Whether its counts must be taken away before it counts on."""
        return self._size > MOST

    def take(self, source_type: str, body: Body) -> None:
        """Count one object: each of its elements, once."""
        elements = self._types.get(source_type)
        if elements is None:
            elements = self._types[source_type] = {"": _Element("")}
        self._object += 1
        self._walk(body, elements[""], elements)

    def _walk(self, body: Body, above: _Element, elements: dict[str, _Element]) -> None:
        below = above.below
        for name, values in body.items():
            if name in ANCHORS:
                continue
            for value in values:
                if isinstance(value, dict) and name == "extension":
                    self._walk(value, self._extension(value, above, elements), elements)
                    continue
                element = below.get(name) or self._below(name, above, elements)
                if isinstance(value, dict):
                    self._walk(value, element, elements)
                elif element.last != self._object:
                    element.last = self._object
                    element.count += 1

    def _below(self, name: str, above: _Element, elements: dict[str, _Element]) -> _Element:
        key = name if len(name) <= _LONGEST else shown(name)
        if key not in above.below:
            above.below[key] = self._new(shown(name), above, elements)
        return above.below[key]

    def _extension(self, value: Body, above: _Element, elements: dict[str, _Element]) -> _Element:
        url = first_text(value, "url") or ""
        element = above.extensions.get(url)
        if element is None:
            step = f"extension[{shown_extension(url)}]"
            element = self._new(step, above, elements)
            if len(url) <= _LONGEST:
                above.extensions[url] = element
        return element

    def _new(self, step: str, above: _Element, elements: dict[str, _Element]) -> _Element:
        """Return the element at a path: names that are shown alike share it."""
        self._size += 1
        path = f"{above.path}.{step}" if above.path else step
        return elements.setdefault(path, _Element(path))

    def taken(self) -> Iterator[tuple[str, str, int]]:
        """Yield (type, path, objects) of what was counted, and forget it."""
        types, self._types, self._size = self._types, {}, 0
        for source_type, elements in types.items():
            for path, element in elements.items():
                if element.count:
                    yield source_type, path, element.count
