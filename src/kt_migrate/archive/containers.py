"""Opens one container, whatever its kind: undoes what it is wrapped in, and yields its files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import BinaryIO

from kt_migrate.archive.compressed import Gunzipped, Unzstd
from kt_migrate.archive.content import Stream, document, gather
from kt_migrate.archive.encrypted import decrypted, in_memory
from kt_migrate.archive.forms import Form
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.names import inside
from kt_migrate.archive.ndjson import walk_ndjson
from kt_migrate.archive.passwords import Passwords
from kt_migrate.archive.problems import RefusedError
from kt_migrate.archive.sevenzip import walk_sevenzip
from kt_migrate.archive.tars import walk_tar
from kt_migrate.archive.zips import walk_zip
from kt_migrate.model import SourceFile

_ALLOWED = {(), ("gz",), ("zst",), ("age",), ("age", "gz"), ("age", "zst")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What holds for a whole walk."""

    limits: Limits
    passwords: Passwords


def walk_container(name: str, form: Form, file: BinaryIO, context: Context) -> Iterator[SourceFile]:
    """Yield what is in a container.

    Args:
        name: its shown name.
        form: what its name says it is.
        file: its bytes, at the start.
        context: bounds and passwords.

    Raises:
        RefusedError: it is refused, as a whole or from here on.
    """
    if form.inner == "unsupported":
        raise RefusedError("unsupported")
    by_place = form.inner in ("zip", "7z")  # read by place in the file, not front to back
    if form.codecs not in _ALLOWED or (by_place and form.codecs not in ((), ("age",))):
        raise RefusedError("nested")
    with ExitStack() as stack:
        stream: Stream = file
        for codec in form.codecs:
            if codec == "age":
                opened = decrypted(name, file, context.limits, context.passwords)
                stream = stack.enter_context(opened)
            else:
                stream = _unpacked(codec, stream, form, context.limits)
        if by_place:
            held = _held(file, stream, form, context.limits)
            walk = walk_zip if form.inner == "zip" else walk_sevenzip
            yield from walk(name, held, context.limits, context.passwords)
        else:
            yield from _in_order(name, form, stream, context.limits)


def _unpacked(codec: str, stream: Stream, form: Form, limits: Limits) -> Stream:
    alike = form.inner != "document"
    return (Gunzipped if codec == "gz" else Unzstd)(stream, limits, alike=alike)


def _held(file: BinaryIO, stream: Stream, form: Form, limits: Limits) -> BinaryIO:
    if not form.codecs:
        return file
    return stream if isinstance(stream, io.BytesIO) else in_memory(stream, limits)


def _in_order(name: str, form: Form, stream: Stream, limits: Limits) -> Iterator[SourceFile]:
    match form.inner:
        case "tar":
            yield from walk_tar(name, stream, limits)
        case "ndjson":
            yield from walk_ndjson(name, stream, limits)
        case _:
            own = form.inner_name
            yield document(inside(name, own), own, gather(stream, limits.max_file_bytes))
