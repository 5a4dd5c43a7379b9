"""What KT 1.3 had: the last states of a few objects, read from the archive into memory alone.

The same road as a plan takes (`history`), along the documents whose messages carried one of these
objects: the same sightings, so the same last states. Nothing of it is written to disk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords
from kt_migrate.history.activities import Parts
from kt_migrate.history.careplans import ACTIVITY, SUB_ACTIVITY
from kt_migrate.history.definitions import APPLICATION
from kt_migrate.history.reading import read_archive
from kt_migrate.history.store import History
from kt_migrate.judging.items import Item
from kt_migrate.judging.planned import Named
from kt_migrate.kt13.links import split_version
from kt_migrate.model import Body, SourceFile

_TOKEN = re.compile(rb"[A-Za-z0-9._-]{6,200}")
_PLAIN = re.compile(r"[A-Za-z0-9._-]{6,200}", re.ASCII)
_SEARCH = "search:"
_TEAM = "CareTeam"
_WIDE = 64
"""Of a text in UTF-16 every other of the first bytes is zero."""


class Carrying:
    """Which files hold one of some messages; told by their bytes, before anything is parsed.

    Args:
        messages: identifiers, as the plan has them.
    """

    def __init__(self, messages: Collection[str]) -> None:
        found = {one for one in messages if one and not one.startswith(_SEARCH)}
        self._plain = {one.encode() for one in found if _PLAIN.fullmatch(one)}
        self._others = [one.encode() for one in found if not _PLAIN.fullmatch(one)]
        self._searches = any(one.startswith(_SEARCH) for one in messages)

    def __call__(self, file: SourceFile) -> bool:
        """Whether a file may hold one of them."""
        content = file.content
        if not isinstance(content, bytes):
            return False
        if b"\0" in content[:_WIDE]:
            content = content.replace(b"\0", b"")
        if any(token in self._plain for token in _TOKEN.findall(content)):
            return True
        if self._searches and b"MessageHeader" not in content and b"Definition" in content:
            return True
        return any(one in content for one in self._others)


@dataclass(frozen=True, slots=True)
class Source:
    """The last states of some objects, in memory.

    Attributes:
        bodies: by type and link what each had; who is not in it was not found as the plan has it.
        besides: what else those messages carried, with its content.
        named: objects of which no more is needed than what they are called.
    """

    bodies: dict[Named, Body]
    besides: dict[Named, Body] = field(default_factory=dict)
    named: dict[Named, Body] = field(default_factory=dict)

    def with_names(self, other: Source) -> Source:
        """Return the same, with what other objects are called."""
        return Source(self.bodies, self.besides, {**other.besides, **other.bodies})


@contextmanager
def _held() -> Iterator[History]:
    history = History(None)
    try:
        yield history
    finally:
        history.close()


def read_source(
    roots: Collection[Path],
    items: Collection[Item],
    *,
    domains: Collection[str],
    passwords: Passwords,
    limits: Limits,
    progress: Callable[[int], None],
) -> Source:
    """Read the last states of some objects.

    Args:
        roots: the archive's.
        items: which objects.
        domains: labels of the KT 1.3 domains that belong here; empty: any.
        passwords: gives the password of an encrypted container.
        limits: bounds of the archive.
        progress: is told how many files with one of their messages were read.

    Raises:
        SourceError: the archive is not there, or no file holds any of their messages.
    """
    messages = {message for item in items for message in item.messages}
    with _held() as history:
        read_archive(
            tuple(roots),
            history,
            None,
            tuple(domains),
            progress,
            passwords,
            limits=limits,
            only=Carrying(messages),
        )
        parts = Parts(history)
        activities = {(p.source_type, p.link): p.source for p in parts.activities()}
        bodies: dict[Named, Body] = {}
        for item in items:
            source = activities.get(item.named)
            if source is not None:
                bodies[item.named] = source.body
            elif item.source_type == APPLICATION:
                bodies[item.named] = {"name": [item.link]}
            elif item.source_type not in (ACTIVITY, SUB_ACTIVITY):
                bodies |= _state(history, parts, item)
        return Source(bodies, dict(_besides(history, bodies)))


def unknown_links(source: Source) -> frozenset[str]:
    """Return what the objects that were read refer to, and that was not read."""
    known = {link for _kind, link in source.bodies.keys() | source.besides.keys()}
    return frozenset(
        link for body in source.bodies.values() for link in _referred(body) if link not in known
    )


def _referred(body: Body) -> Iterator[str]:
    for name, nodes in body.items():
        for node in nodes:
            if isinstance(node, dict):
                yield from _referred(node)
            elif name == "reference":
                yield split_version(node)[0]


def _state(history: History, parts: Parts, item: Item) -> dict[Named, Body]:
    """Return the last state of an object, when it is the one that the plan has."""
    state = history.last_state(*item.named)
    if state is None or (state.message, state.version or "") != item.last:
        return {}
    members = parts.members(item.link) if item.source_type == _TEAM else []
    return {item.named: {**state.body, **({"member": [*members]} if members else {})}}


def _besides(history: History, bodies: dict[Named, Body]) -> Iterator[tuple[Named, Body]]:
    for source_type in history.types():
        for state in history.last_states(source_type):
            if (source_type, state.link) not in bodies:
                yield (source_type, state.link), state.body
