"""What a file's name says it is: a document, a container, or what no message can be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

CODECS = {".gz": "gz", ".zst": "zst", ".age": "age"}
SHORT = {".tgz": ".tar.gz", ".tzst": ".tar.zst"}
INNER = {".zip": "zip", ".7z": "7z", ".tar": "tar", ".ndjson": "ndjson", ".jsonl": "ndjson"}
UNSUPPORTED = frozenset(
    [
        *(".bz2", ".cab", ".gpg", ".iso", ".lz4", ".lzma", ".p7m", ".pgp", ".rar"),
        *(".tbz", ".tbz2", ".txz", ".xz", ".z"),
    ]
)
"""Containers that are never opened: they get their own line."""

NO_MESSAGE = frozenset(
    [
        *(".asc", ".csv", ".db", ".doc", ".docx", ".gif", ".ini", ".jpeg", ".jpg", ".log"),
        *(".md", ".md5", ".msg", ".pdf", ".png", ".ps1", ".py", ".rtf", ".sh", ".sha1"),
        *(".sha256", ".sha512", ".sig", ".tsv", ".txt", ".xls", ".xlsx", ".yaml", ".yml"),
    ]
)
_KNOWN = {"thumbs.db": "Thumbs.db", "desktop.ini": "desktop.ini", ".ds_store": ".DS_Store"}
_TEXTS = re.compile(
    r"(readme|leesmij|license|licence|licentie|copying|changelog)(\..*)?", re.IGNORECASE
)
_MAGIC = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"),
    *(b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"Rar!\x1a\x07"),
    *(b"BZh", b"\xfd7zXZ\x00", b"age-encryption.org/", b"-----BEGIN AGE ", b"-----BEGIN PGP "),
)
_DOCUMENTS = (".json", ".xml")
"""What nearly every file is called."""
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What is to be undone, in this order, and what is then there.

    Attributes:
        codecs: of `age`, `gz`, `zst`.
        inner: `zip`, `7z`, `tar`, `ndjson`, `document` or `unsupported`.
        inner_name: name of a document without the codecs' extensions.
    """

    codecs: tuple[str, ...]
    inner: str
    inner_name: str

    @property
    def is_container(self) -> bool:
        """Whether there is something to open."""
        return bool(self.codecs) or self.inner not in ("document", "ndjson")


def form_of(name: str) -> Form:
    """Return what a name says, by its extensions: `b.tar.gz.age` is age, gz, tar."""
    own = name.rpartition("/")[2]
    if own.endswith(_DOCUMENTS):
        return Form(codecs=(), inner="document", inner_name=own)
    codecs: list[str] = []
    path = PurePosixPath(name)
    while True:
        suffix = path.suffix.lower()
        if suffix in SHORT:
            path = path.with_suffix(SHORT[suffix])
        elif suffix in CODECS:
            codecs.append(CODECS[suffix])
            path = path.with_suffix("")
        else:
            break
    inner = "unsupported" if suffix in UNSUPPORTED else INNER.get(suffix, "document")
    return Form(codecs=tuple(codecs), inner=inner, inner_name=path.name)


def starts_as_input(head: bytes) -> bool:
    """Say whether a file starts as XML or JSON does, whatever its name is."""
    for mark in _MARKS:
        head = head.removeprefix(mark)
    return head.lstrip(b" \t\r\n\v\f\0")[:1] in (b"{", b"[", b"<")


def starts_as_container(head: bytes) -> bool:
    """Say whether a file starts as a known kind of container does."""
    return head.startswith(_MAGIC)


def no_message_kind(name: str) -> str:
    """Return under which kind a file is counted that no message can be; empty: it can."""
    path = PurePosixPath(name)
    if path.name.lower() in _KNOWN:
        return _KNOWN[path.name.lower()]
    if any(part.startswith(".") for part in path.parts):
        return "dot files"
    if _TEXTS.fullmatch(path.name):
        return path.name.partition(".")[0].upper()
    suffix = path.suffix.lower()
    return suffix if suffix in NO_MESSAGE else ""
