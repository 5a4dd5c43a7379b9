"""A second road to the elements of a body: written out leaf by leaf, by nothing of what is tested."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.mapping.account import Account
from kt_migrate.mapping.coverage import Status, fate_of
from kt_migrate.model import Body


def leaves(body: Body, above: tuple[str, ...] = ()) -> Iterator[str]:
    """Yield the path of every leaf."""
    for name, nodes in body.items():
        for node in nodes:
            if name in ("id", "url"):
                continue
            step = name if re.fullmatch("[A-Za-z][A-Za-z0-9]{0,63}", name) else "Unknown"
            if isinstance(node, str):
                yield ".".join([*above, step])
            elif name == "extension":
                yield from leaves(node, (*above, f"extension[{_end(node)}]"))
            else:
                yield from leaves(node, (*above, step))


def _end(node: Body) -> str:
    first = node.get("url", [""])[0] if node.get("url") else ""
    url = first if isinstance(first, str) else ""
    end = re.sub(r"^.*/", "", url).replace(".", "-")
    return end if re.fullmatch("[A-Za-z0-9#_-]{0,80}", end) else "Unknown"


def counted(bodies: Iterable[tuple[str, Body]]) -> Counter[tuple[str, str]]:
    """Return how many objects have each (type, path)."""
    return Counter((kind, path) for kind, body in bodies for path in set(leaves(body)))


def account(*bodies: Body, source_type: str = "Thing") -> dict[str, int]:
    """Return the account of some objects of one type, by path."""
    found = Account()
    for body in bodies:
        found.take(source_type, body)
    return {path: count for _type, path, count in found.taken()}


def left(body: Body, source_type: str, algorithm: Algorithm) -> list[tuple[str, str]]:
    """Return path and rule of what is not read of one object, sorted; no rule: unread."""
    fates = [(path, fate_of(source_type, path, algorithm)) for path in account(body)]
    return sorted(
        (path, " ".join(fate.rules)) for path, fate in fates if fate.status is not Status.READ
    )
