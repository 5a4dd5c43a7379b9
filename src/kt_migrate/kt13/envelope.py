"""The envelope that both serialisations share: a bundle with categories and entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kt_migrate.kt13.links import split_version
from kt_migrate.model import Body

HEADER = "MessageHeader"
"""Type of the entry that makes a message of a bundle."""

MAX_DEPTH = 60
"""Deepest nesting of elements; real messages stay below 15."""


class TooDeepError(ValueError):
    """The document nests deeper than any message does."""


class Seal(NamedTuple):
    """A content of which only is known what tells it from others.

    Attributes:
        source_type: as in `SourceVersion`; empty: it has no type.
        digest: SHA-256 of its canonical text, hexadecimal.
        text: that text (its canonical form as JSON, keys sorted); empty when it was given before.
    """

    source_type: str
    digest: str
    text: bytes


class Entry(NamedTuple):
    """One entry of a bundle.

    Attributes:
        entry_id: `id`, verbatim, or empty.
        self_link: the href of the link with rel `self`, verbatim, or empty.
        resource_type: name of the content's root element, or empty; a seal's may have its own.
        body: the content in canonical form; empty when a seal stands for it.
        removed: how many characters that FHIR forbids were taken out of it.
        seal: what stands for the body when that was not asked for.
    """

    entry_id: str
    self_link: str
    resource_type: str
    body: Body
    removed: int = 0
    seal: Seal | None = None

    @property
    def identity(self) -> tuple[str, str | None]:
        """Resource link and version: the self link's, else the id's (kt13.md §0 rule 1)."""
        entry_id, self_link, *_rest = self
        link, version = split_version(self_link or entry_id)
        if version is None and self_link:
            # I3: a versioned id beside an unversioned self link.
            other, beside = split_version(entry_id)
            version = beside if other == link else None
        return link, version


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A feed (Atom) or Bundle (JSON), or a bare resource.

    Attributes:
        root: resource type of the root: `Bundle`, `OperationOutcome`, …
        title: its title, or empty.
        categories: (term, label, scheme) of each category.
        entries: in document order.
    """

    root: str
    title: str = ""
    categories: tuple[tuple[str, str, str], ...] = ()
    entries: tuple[Entry, ...] = ()
