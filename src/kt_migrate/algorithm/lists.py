"""Lists of patients, as a care provider has them: CSV, a link or an identifier per line."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

from kt_migrate.errors import ConfigurationError, said

_MAX_BYTES = 64 * 1024 * 1024
_NAMES = ("link", "identifier")
"""A first line with one of these says which column counts; without one it is the first."""


def read_list(path: Path, where: str) -> frozenset[str]:
    """Read a list of patients.

    Args:
        path: CSV (comma or semicolon) in UTF-8; lines that are empty or begin with `#` do not
            count.
        where: place in the algorithm that names it, for messages.

    Raises:
        ConfigurationError: it cannot be read, is too large, is no text, or names nobody. Never
            shows what is in it.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigurationError(
                said("The list {name} is too large.", name=path.name),
                where=where,
                fix=said("Keep it under {max_bytes} bytes.", max_bytes=_MAX_BYTES),
            )
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigurationError(
            said("The list {name} cannot be read.", name=path.name),
            where=where,
            fix=said(
                "Give its path from the folder of the algorithm ({strerror}).",
                strerror=error.strerror,
            ),
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            said("The list {name} is no UTF-8 text.", name=path.name),
            where=where,
            fix="Save it as CSV in UTF-8.",
        ) from None
    found = _named(text, path.name)
    if not found:
        raise ConfigurationError(
            said("The list {name} names nobody.", name=path.name),
            where=where,
            fix="Put a link or an identifier on each line, or take the group away.",
        )
    return found


def _named(text: str, name: str) -> frozenset[str]:
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in first else ",")
    column, found = 0, set()
    try:
        for row in reader:
            heads = [cell.strip().lower() for cell in row]
            if reader.line_num == 1 and any(head in heads for head in _NAMES):
                column = next(heads.index(head) for head in _NAMES if head in heads)
                continue
            cell = row[column].strip() if column < len(row) else ""
            if cell and not cell.startswith("#"):
                found.add(cell)
    except csv.Error:
        raise ConfigurationError(
            "The list is no CSV.",
            where=f"{name}:{reader.line_num}",
            fix="Correct this line, or save the list again as CSV.",
        ) from None
    return frozenset(found)


def list_digest(members: frozenset[str]) -> str:
    """Return the SHA-256 over a list, whatever the order of its lines."""
    return hashlib.sha256("\0".join(sorted(members)).encode()).hexdigest()
