"""Walks the archive's roots, in one stable order, one document in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from kt_migrate.archive.containers import Context, walk_container
from kt_migrate.archive.content import Gathered, document, gather, stored
from kt_migrate.archive.disk import Found, below, opened, stamp
from kt_migrate.archive.forms import Form, form_of
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.archive.problems import UNREACHABLE, RefusedError, refused, unreachable
from kt_migrate.model import NoMessage, SourceFile

DELIVERED = NoMessage(kind="as delivered")


def walk(
    roots: Sequence[Path], limits: Limits | None = None, passwords: Passwords = no_passwords
) -> Iterator[SourceFile]:
    """Yield every file below the roots and in their containers, each with its digest.

    Nothing is left out: what may not or cannot be read comes out with the reason, what no message
    can be with its kind. docs/archives.md has all of them.

    Args:
        roots: folders, containers or single files.
        limits: bounds; the defaults fit any archive of real messages.
        passwords: gives the password of an encrypted container.

    Raises:
        SourceError: a root that is not there.
    """
    context = Context(limits=limits or Limits(), passwords=passwords)
    for found in below(roots, context.limits):
        if isinstance(found, SourceFile):
            yield found
        else:
            yield from _read(found, context)


def delivered(roots: Sequence[Path], limits: Limits | None = None) -> Iterator[SourceFile]:
    """Yield every file on disk with the digest of its bytes, containers unopened.

    This is what the data owner's own `sha256sum` says of the same folder (Bijlage B eis 2).

    Raises:
        SourceError: a root that is not there.
    """
    for found in below(roots, limits or Limits()):
        if isinstance(found, SourceFile):
            yield found
            continue
        read = _whole(found)
        yield (
            read
            if isinstance(read, SourceFile)
            else SourceFile(name=found.name, sha256=read.sha256, size=read.size, content=DELIVERED)
        )


def _read(found: Found, context: Context) -> Iterator[SourceFile]:
    form = form_of(found.own_name)
    if form.is_container or form.inner == "ndjson":
        yield from _container(found, form, context)
        return
    read = _whole(found, context.limits.max_file_bytes)
    if isinstance(read, SourceFile):
        yield read
    else:
        yield document(found.name, found.own_name, read)


def _whole(found: Found, keep: int = 0) -> Gathered | SourceFile:
    """Read a file, and see that nobody wrote in it meanwhile."""
    try:
        with opened(found.path) as file:
            before = stamp(file)
            read = gather(file, keep)
            changed = stamp(file) != before or read.size != before[0]
    except OSError as error:
        return unreachable(found.name, error)
    except RefusedError as refusal:
        return refused(found.name, refusal.detail, code=refusal.code)
    return _changed(found.name, read.sha256, read.size) if changed else read


def _container(found: Found, form: Form, context: Context) -> Iterator[SourceFile]:
    try:
        with opened(found.path) as file:
            before, empty = stamp(file), True
            try:
                for inner in walk_container(found.name, form, file, context):
                    empty = False
                    yield inner
            except RefusedError as refusal:
                empty = False
                sha256, size = stored(file)
                yield refused(found.name, refusal.detail, sha256=sha256, size=size)
            if empty:
                sha256, size = stored(file)
                kind = NoMessage(kind="empty container")
                yield SourceFile(name=found.name, sha256=sha256, size=size, content=kind)
            if stamp(file) != before:
                yield _changed(found.name, *stored(file))
    except OSError as error:
        yield unreachable(found.name, error)
    except RefusedError as refusal:
        yield refused(found.name, refusal.detail, code=refusal.code)


def _changed(name: str, sha256: str, size: int) -> SourceFile:
    return refused(name, "changed-while-read", code=UNREACHABLE, sha256=sha256, size=size)
