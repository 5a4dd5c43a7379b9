"""Reads a document in full and by its seals, and holds that both say the same."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import orjson

from kt_migrate.kt13 import read
from kt_migrate.kt13.carried import Carried, Sealed, read_sealed
from kt_migrate.kt13.sealed import Seals
from kt_migrate.model import Document, Message, Unreadable


def read_document(content: bytes) -> Document | Unreadable:
    """Read a document in full; by seals it must be the same, also when all was seen before."""
    found = read.read_document(content)
    assert agrees(found, content, Seals())
    return found


def agrees(found: Document | Unreadable, content: bytes, seals: Seals) -> bool:
    """Say whether seals give, the first and the second time, what was read in full.

    Each text comes before, or with, the first that carries it.
    """
    texts: dict[str, bytes] = {}
    return all(_same(found, read_sealed(content, seals), texts) for _time in range(2))


def _same(
    found: Document | Unreadable, sealed: Sealed | Unreadable, texts: dict[str, bytes]
) -> bool:
    if isinstance(found, Unreadable) or isinstance(sealed, Unreadable):
        return found == sealed
    bare = tuple(replace(message, objects=()) for message in found.messages)
    expected = tuple(_carried(message, texts) for message in found.messages)
    return sealed == Sealed(replace(found, messages=bare), expected)


def _carried(message: Message, texts: dict[str, bytes]) -> tuple[Carried, ...]:
    made = []
    for one in message.objects:
        text = orjson.dumps(one.body, option=orjson.OPT_SORT_KEYS)
        digest = hashlib.sha256(text).hexdigest()
        new = b"" if digest in texts else text
        texts[digest] = text
        made.append(Carried(one.source_type, one.link, one.version or "", digest, new, one.removed))
    return tuple(made)
