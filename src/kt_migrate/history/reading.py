"""Reads an archive into a history, and decides which state of each object is the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kt_migrate.archive.files import walk
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.errors import SourceError
from kt_migrate.history import census
from kt_migrate.history.careplans import CarePlans
from kt_migrate.history.census import Census
from kt_migrate.history.last_states import LastStates
from kt_migrate.history.store import History
from kt_migrate.kt13.read import read_document
from kt_migrate.model import Document, Issue, Message, NoMessage, Unreadable

Progress = Callable[[int], None]
"""Is told how many files were read so far."""


def nothing(_count: int) -> None:
    """Be the listener that does nothing."""


def read_archive(
    roots: Sequence[Path],
    history: History,
    counted: Census,
    source_domains: Sequence[str] = (),
    progress: Progress = nothing,
    passwords: Passwords = no_passwords,
) -> None:
    """Read every file below the roots, count what is in it, and mark last states.

    Args:
        roots: folders, zips or files.
        history: an empty history.
        counted: an empty census; it gets every document whose objects are not refused by name.
        source_domains: labels of the KT 1.3 domains that belong here; empty: any.
        progress: is told how many files were read.
        passwords: gives the password of an encrypted container.

    Raises:
        SourceError: a root is not there, or there is not one file in them: an empty archive is
            no archive.
    """
    number = 0
    for number, file in enumerate(walk(roots, passwords=passwords), start=1):
        content = file.content
        found = read_document(content) if isinstance(content, bytes) else content
        match found:
            case Unreadable():
                history.add_unreadable(file, found)
            case NoMessage():
                history.add_no_message(file, found)
            case Document():
                kept = _of_domains(found, history, source_domains)
                history.add_document(file, kept)
                if isinstance(content, bytes) and len(kept.messages) == len(found.messages):
                    counted.add(census.count(content))
        progress(number)
    if number == 0:
        raise SourceError(
            "There is not one file in the archive.",
            where=", ".join(map(str, roots)),
            fix="Put the KT 1.3 messages there, or name the right folder with --archive.",
        )
    counted.settle()
    history.index()
    states = LastStates(history)
    states.decide()
    CarePlans(history, states).take_apart()


def _of_domains(document: Document, history: History, source_domains: Sequence[str]) -> Document:
    """Refuse what carries the label of another domain: environments and domains never mix."""
    if not source_domains:
        return document
    kept: list[Message] = []
    for message in document.messages:
        if message.domain and message.domain not in source_domains:
            history.refuse_message(message, Issue(code="domain-other", detail=message.domain))
        else:
            kept.append(message)
    return Document(
        kind=document.kind,
        messages=tuple(kept),
        response=document.response,
        issues=document.issues,
    )
