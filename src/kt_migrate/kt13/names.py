"""Names that come from data: checked before anything shows them.

A type, an event, a sender and a domain are shown in books and error lists. A
hostile or broken document may put anything there, a patient's name or an escape sequence.
"""

from __future__ import annotations

import hashlib
import re

UNKNOWN = "Unknown"
"""Stands for a name that cannot be one."""

RESERVED = frozenset(
    {
        "Application",
        "CarePlanActivity",
        "CarePlanGoal",
        "CarePlanSubActivity",
        "Document",
        "MessageHeader",
    }
)
"""What the books call objects that have no type of their own: no content may call itself so."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/+-]{0,39}", re.ASCII)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_IDENTIFIER = re.compile(r"[\x21-\x7e]{1,200}")
_MAX_LABEL = 80


def code_name(found: str) -> str:
    """Return the name of a type or an event, or `Unknown` when it cannot be one.

    >>> code_name("CarePlan"), code_name("Jan de Vries")
    ('CarePlan', 'Unknown')
    """
    return found if _NAME.fullmatch(found) else UNKNOWN


def shown_code(found: str) -> str:
    """Return a code of the data as it may be shown, or `Unknown` when it is no plain code.

    >>> shown_code("Waiting"), shown_code("Jan de Vries")
    ('Waiting', 'Unknown')
    """
    return found if _CODE.fullmatch(found) else UNKNOWN


def type_name(found: str) -> str:
    """Return the type of a content, or `Unknown` when it cannot be one.

    >>> type_name("Patient"), type_name("CarePlanActivity")
    ('Patient', 'Unknown')
    """
    return UNKNOWN if found in RESERVED else code_name(found)


def label(found: str) -> str:
    """Return the name of a sender or a domain without control characters; empty stays empty.

    What is not printable, or longer than 80 characters, is `Unknown`.
    """
    kept = _CONTROL.sub("", found)
    if not kept and found:
        return UNKNOWN
    return kept if kept.isprintable() and len(kept) <= _MAX_LABEL else UNKNOWN


def message_identifier(found: str) -> str:
    """Return MessageHeader.identifier without `urn:uuid:`.

    What cannot be an identifier becomes `invalid:` plus 16 hexadecimal digits of its SHA-256: the
    same for every copy of the message, and free of what stood there.
    """
    bare = found.removeprefix("urn:uuid:")
    if _IDENTIFIER.fullmatch(bare):
        return bare
    return "invalid:" + hashlib.sha256(bare.encode("utf-8", "surrogatepass")).hexdigest()[:16]
