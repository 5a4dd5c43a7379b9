"""Reads an archive into a history, and decides which state of each object is the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from kt_migrate.archive.files import walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.errors import SourceError
from kt_migrate.history.careplans import CarePlans
from kt_migrate.history.census import Census
from kt_migrate.history.last_states import LastStates
from kt_migrate.history.prepare import Prepared, read_files
from kt_migrate.history.store import History
from kt_migrate.kt13.carried import Carried
from kt_migrate.model import Issue, Message, NoMessage, SourceFile

Progress = Callable[[int], None]
"""Is told how many files were read so far."""


def nothing(_count: int) -> None:
    """Be the listener that does nothing."""


def everything(_file: SourceFile) -> bool:
    """Let every file count."""
    return True


def read_archive(  # noqa: PLR0913  # what there is to read, and how
    roots: Sequence[Path],
    history: History,
    counted: Census | None,
    source_domains: Sequence[str] = (),
    progress: Progress = nothing,
    passwords: Passwords = no_passwords,
    *,
    limits: Limits | None = None,
    only: Callable[[SourceFile], bool] = everything,
) -> None:
    """Read every file below the roots, count what is in it, and mark last states.

    Args:
        roots: folders, zips or files.
        history: an empty history.
        counted: an empty census; it gets every document whose objects are not refused by name.
            None: nothing is counted, where nothing will be held against it.
        source_domains: labels of the KT 1.3 domains that belong here; empty: any.
        progress: is told how many files were read.
        passwords: gives the password of an encrypted container.
        limits: bounds of the archive; the standard ones when None.
        only: which files count; the others are passed over.

    Raises:
        SourceError: a root is not there, or there is not one file in them: an empty archive is
            no archive.
    """
    number = 0
    files = filter(only, walk(roots, limits, passwords))
    for number, (file, found) in enumerate(read_files(files, counts=counted is not None), start=1):
        if isinstance(found, NoMessage):
            history.add_no_message(file, found)
        else:
            kept = _of_domains(found, history, source_domains)
            history.add_document(file, kept)
            if counted is not None and len(kept.messages) == len(found.messages):
                counted.add(found.counted)
        progress(number)
    if number == 0:
        raise SourceError(
            "There is not one file in the archive.",
            where=", ".join(map(str, roots)),
            fix="Put the KT 1.3 messages there, or name the right folder with --archive.",
        )
    if counted is not None:
        counted.settle()
    history.index()
    states = LastStates(history)
    states.decide()
    CarePlans(history, states).take_apart()


def _of_domains(document: Prepared, history: History, source_domains: Sequence[str]) -> Prepared:
    """Refuse what carries the label of another domain: environments and domains never mix."""
    if not source_domains:
        return document
    kept: list[tuple[Message, tuple[Carried, ...]]] = []
    for message, carried in zip(document.messages, document.carried, strict=True):
        if message.domain and message.domain not in source_domains:
            issue = Issue(code="domain-other", detail=message.domain)
            history.refuse_message(message, carried, issue)
        else:
            kept.append((message, carried))
    return document._replace(
        messages=tuple(message for message, _carried in kept),
        carried=tuple(carried for _message, carried in kept),
    )
