"""Finds the contents of a plain XML document without parsing it.

A content whose bytes were parsed before, at its place between the tags of a `content`, parses to
the same once more: as long as nothing around it can change what it says. So it can be cut out,
and only the rest is parsed. What is not written as machines write it is not cut at all.
"""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

NUMBER = "n"
"""The attribute of a `content` that says which slice it holds, in what `numbered` returns."""

_OPEN, _CLOSE = b'<content type="text/xml">', b"</content>"
_DECLARATION = re.compile(rb'<\?xml version="1\.0"(?: encoding="(?:utf|UTF)-8")?\?>')
_HEADER = b"<MessageHeader"


class Slices(NamedTuple):
    """A document, cut.

    Attributes:
        around: what is before, between and after the contents: one more than there are.
        forms: per content the SHA-256 of its bytes; of a header nothing, for each is another.
        inside: those bytes.
    """

    around: list[bytes]
    forms: list[bytes]
    inside: list[bytes]


def sliced(xml: bytes) -> Slices | None:
    """Cut a document, or return None when it is not plain.

    In a plain one every `<` begins a tag, so that what stands between the two tags of a content
    is all that is in it; prefixes are declared where they are used; it is in UTF-8.
    """
    first, *pieces = xml.split(_OPEN)
    if not pieces or not _is_plain(xml, len(pieces)):
        return None
    around, inside = [first], []
    for piece in pieces:
        content, closed, after = piece.partition(_CLOSE)
        if not closed:
            return None
        inside.append(content)
        around.append(after)
    if any(b"xmlns:" in part for part in around):
        return None
    return Slices(around, [_form(content) for content in inside], inside)


def _is_plain(xml: bytes, contents: int) -> bool:
    declared = _DECLARATION.match(xml)
    begin = declared.end() if declared else 0
    # One byte is found much faster than two, and most documents have neither.
    return (
        (xml.find(b"?", begin) < 0 or xml.find(b"<?", begin) < 0)
        and (b"!" not in xml or b"<!" not in xml)
        and b"xml:id" not in xml
        and xml.count(b"<content") == xml.count(b"</content") == contents
    )


def _form(content: bytes) -> bytes:
    return b"" if _HEADER in content[:40] else hashlib.sha256(content).digest()


def numbered(cut: Slices, known: list[bool]) -> bytes:
    """Return the document with a number for each content, an empty element for the known ones."""
    made = [cut.around[0]]
    for number, content in enumerate(cut.inside):
        kept = b"<known/>" if known[number] else content
        made.append(b'<content n="%d">%b</content>%b' % (number, kept, cut.around[number + 1]))
    return b"".join(made)
