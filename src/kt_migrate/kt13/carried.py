"""Reads a file as far as a history of it needs: which contents it carries, each text once."""

from __future__ import annotations

from typing import NamedTuple

from kt_migrate.kt13.envelope import HEADER, Bundle
from kt_migrate.kt13.read import Found, Named, document_of, in_full
from kt_migrate.kt13.sealed import Seals
from kt_migrate.model import Document, Unreadable


class Carried(NamedTuple):
    """One sighting of one object in a message.

    `text` is the content in canonical JSON; empty when it was given before. `removed` is how
    many characters that FHIR forbids were taken out of it.
    """

    source_type: str
    link: str
    version: str
    digest: str
    text: bytes
    removed: int = 0


class Sealed(NamedTuple):
    """What one file turned out to be, without the contents of its objects.

    Attributes:
        document: as `read_document` returns it, its messages without their objects.
        carried: those objects, per message, in document order.
    """

    document: Document
    carried: tuple[tuple[Carried, ...], ...]


def read_sealed(content: bytes, seals: Seals) -> Sealed | Unreadable:
    """Read one file as `read_document` does, but no content that was read before.

    Args:
        content: the bytes of an Atom XML or DSTU1 JSON document.
        seals: remembers what was read; gives each text once.

    Returns:
        What it is, and which contents it carries; or why it cannot be input.
    """
    bundle = seals.bundle(content)
    found: Found | Unreadable | None = _complete(bundle) if bundle else None
    if found is None:
        seals.take_back()
        found = in_full(content)
    if isinstance(found, Unreadable):
        return found
    document, named = found
    return Sealed(
        document, tuple([tuple([_carried(one, seals) for one in some]) for some in named])
    )


def _complete(bundle: Bundle) -> Found | None:
    """Return what a bundle is when it carries on every content that was sealed."""
    if HEADER not in [entry.resource_type for entry in bundle.entries]:
        # A search is known by the texts of its contents.
        return None
    sealed = len([entry for entry in bundle.entries if entry.seal])
    found = document_of(bundle)
    if isinstance(found, Unreadable) or sum(map(len, found[1])) < sealed:
        # A text that was given and goes no further would never be given again.
        return None
    return found


def _carried(named: Named, seals: Seals) -> Carried:
    kind, link, version, entry = named
    _kind, digest, text = entry.seal or seals.seal(kind, entry.body)
    return Carried(kind, link, version or "", digest, text, entry.removed)
