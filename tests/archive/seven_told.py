"""Says what comes of a 7z; no thread of it is left."""

from __future__ import annotations

import io
import threading
from typing import Any

import py7zr

from archive.reading import outcome, until_refused
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.archive.sevenzip import walk_sevenzip
from kt_migrate.model import SourceFile

COPY: list[dict[str, Any]] = [{"id": py7zr.FILTER_COPY}]
UNIX = 0x8000
SECRET = "vier willekeurige woorden"
Result = tuple[list[SourceFile], str]


def walked(
    content: bytes, limits: Limits | None = None, passwords: Passwords = no_passwords
) -> Result:
    """Return what comes out, and why it goes no further; no thread is left."""
    files = walk_sevenzip("s", io.BytesIO(content), limits or Limits(), passwords)
    result = until_refused(files)
    assert threading.active_count() == 1
    return result


def told(content: bytes, limits: Limits | None = None) -> dict[str, str]:
    """Return what comes of each name; the whole has the empty name."""
    found, why = walked(content, limits)
    said = {file.name.removeprefix("s!"): outcome(file) for file in found}
    assert len(said) == len(found)
    return said | ({"": why} if why else {})
