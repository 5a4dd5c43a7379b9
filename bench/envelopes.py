"""The envelopes of KT 1.3 documents: feed or Bundle, entries, headers (kt13.md §1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import beside  # noqa: F401 (makes dstu1 importable)
from dstu1 import NS, coding, extension, reference
from pieces import JSON, XML, Piece, element, resource, row

from kt_migrate.model import Body, Node

SERVER = "https://server.koppeltaal13.example/FHIR/Koppeltaal"
_TAG = "http://hl7.org/fhir/tag"

_HEADER: Body = {
    "extension": ["@extensions"],
    "identifier": ["%(identifier)s"],
    "timestamp": ["%(timestamp)s"],
    "event": [coding("MessageEvents", "%(event)s")],
}
_SOURCE: Body = {
    "software": ["%(software)s"],
    "version": ["1.3.5"],
    "endpoint": ["%(endpoint)s"],
}
HEADER = resource(
    "MessageHeader",
    {**_HEADER, "source": [_SOURCE], "data": [reference("%(focal)s")]},
)
RESPONSE = resource(
    "MessageHeader",
    {
        **_HEADER,
        "response": [{"verzoek": ["%(request)s"], "code": ["ok"]}],
        "source": [_SOURCE],
        "data": ["@data"],
    },
)
DATA = element("MessageHeader", "data", reference("%(reference)s"))
OF_PATIENT = element(
    "Other",
    "extension",
    extension("MessageHeader#Patient", "valueResource", reference("%(patient)s")),
)
_PROCESSING: Node = {
    "url": [NS + "MessageHeader#ProcessingStatus"],
    "extension": [
        extension("MessageHeader#ProcessingStatusStatus", "valueCode", "%(status)s"),
        extension("MessageHeader#ProcessingStatusStatusLastChanged", "valueInstant", "%(moment)s"),
    ],
}
PROCESSING = element("Other", "extension", _PROCESSING)
EXPIRED = tuple(
    element("Other", "extension", extension("MessageHeader#IsExpired", "valueBoolean", flag))
    for flag in ("false", "true")
)

_ENTRY = Piece(
    (
        '<entry>\n%(head)s<content type="text/xml">\n%(content)s\n</content></entry>\n',
        '{\n%(head)s"content": %(content)s\n}',
    )
)
_HEADS: Mapping[str, tuple[str, str]] = {
    "title": ('<title type="text">%s</title>\n', '"title": "%s",\n'),
    "id": ("<id>%s</id>\n", '"id": "%s",\n'),
    "updated": ("<updated>%s</updated>\n", '"updated": "%s",\n'),
    "link": ('<link rel="self" href="%s"/>\n', '"link": [{"href": "%s", "rel": "self"}],\n'),
}
_TAGS_XML = (
    f'<category term="{NS}Domain#%(domain)s" label="%(domain)s" scheme="{_TAG}/security"/>\n'
    f'<category term="{_TAG}/message" scheme="{_TAG}"/>\n'
)
_TAGS_JSON = (
    f'"category": [\n{{"label": "%(domain)s", "scheme": "{_TAG}/security", '
    f'"term": "{NS}Domain#%(domain)s"}},\n'
    f'{{"scheme": "{_TAG}", "term": "{_TAG}/message"}}\n],\n'
)
_TAGS = Piece((_TAGS_XML, _TAGS_JSON))
_FEED = (
    '<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom">\n'
    "%(heads)s%(tags)s%(entries)s</feed>\n"
)
_BUNDLE = Piece(
    (_FEED, '{\n%(tags)s%(heads)s"entry": [\n%(entries)s\n],\n"resourceType": "Bundle"\n}\n')
)
OUTCOME = resource(
    "OperationOutcome",
    {
        "issue": [
            {
                "severity": ["error"],
                "type": [
                    {"system": ["http://hl7.org/fhir/issue-type"], "code": ["conflict"]},
                ],
                "details": ["The specified resource version is not correct."],
            }
        ]
    },
)
SUFFIX = (".xml", ".json")
"""File extension per serialisation."""


def entry(style: int, content: str, **heads: str) -> str:
    """Write one entry.

    Args:
        style: `pieces.XML` or `pieces.JSON`.
        content: the resource.
        heads: title, id, updated, link: what the entry says besides.
    """
    head = "".join(_HEADS[name][style] % text for name, text in heads.items() if text)
    return _ENTRY.write(style, {"head": head, "content": content})


def bundle(style: int, entries: Sequence[str], *, domain: str = "", **heads: str) -> bytes:
    """Write a document; with a domain it is a message, without one a search."""
    written = _BUNDLE.write(
        style,
        {
            "heads": "".join(_HEADS[name][style] % text for name, text in heads.items() if text),
            "tags": _TAGS.write(style, {"domain": domain}) if domain else "",
            "entries": row(style, entries),
        },
    )
    return written.encode()


def outcome(style: int) -> bytes:
    """Write an OperationOutcome: the root is the resource itself."""
    return (OUTCOME.forms[style] + "\n").encode()


def unreadable(number: int, whole: bytes) -> tuple[str, bytes]:
    """Make a damaged copy of a document: (file extension, bytes)."""
    match number % 3:
        case 0:
            return SUFFIX[XML], b'<!DOCTYPE feed [<!ENTITY x "y">]>\n<feed>&x;</feed>\n'
        case 1:
            return SUFFIX[JSON], b'{"resourceType": "Boodschappenlijst"}\n'
        case _:
            kind = JSON if whole.startswith(b"{") else XML
            return SUFFIX[kind], whole[: len(whole) // 2]
