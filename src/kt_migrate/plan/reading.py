"""Reads an archive into the fold, and decides which version of each object is the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kt_migrate.archive.files import walk
from kt_migrate.errors import SourceError
from kt_migrate.kt13.order import last
from kt_migrate.kt13.read import read_document
from kt_migrate.model import Document, NoMessage, Unreadable
from kt_migrate.plan.fold import Fold

Progress = Callable[[int], None]
"""Is told how many files were read so far."""


def nothing(_count: int) -> None:
    """Be the listener that does nothing."""


def read_archive(
    roots: Sequence[Path],
    fold: Fold,
    source_domains: Sequence[str] = (),
    progress: Progress = nothing,
) -> None:
    """Read every file below the roots into the fold, and mark last states.

    Args:
        roots: folders, zips or files.
        fold: an empty fold.
        source_domains: labels of the KT 1.3 domains that belong here; empty: any.
        progress: is told how many files were read.

    Raises:
        SourceError: a root is not there, or there is not one file in them: an empty archive is
            no archive.
    """
    count = 0
    for count, file in enumerate(walk(roots), start=1):
        content = file.content
        found = read_document(content) if isinstance(content, bytes) else content
        match found:
            case Unreadable():
                fold.add_unreadable(file, found)
            case NoMessage():
                fold.add_no_message(file, found)
            case Document():
                fold.add_document(file, _of_domains(found, fold, source_domains))
        progress(count)
    if count == 0:
        raise SourceError(
            "There is not one file in the archive.",
            where=", ".join(map(str, roots)),
            fix="Put the KT 1.3 messages there, or name the right folder with --archive.",
        )
    fold.index()
    for group in fold.groups():
        index, decided_by = last([candidate for _row, candidate in group])
        fold.decide(group[index][0], decided_by)
    fold.settle()


def _of_domains(document: Document, fold: Fold, source_domains: Sequence[str]) -> Document:
    """Refuse what carries the label of another domain: environments and domains never mix."""
    if not source_domains:
        return document
    kept = []
    for message in document.messages:
        if message.domain and message.domain not in source_domains:
            fold.refuse_message(message, "domain-other")
        else:
            kept.append(message)
    return Document(kind=document.kind, messages=tuple(kept), response=document.response)
