"""One file's bytes → what it is, and the messages in it (kt13.md §1.5).

Order of looking: which serialisation; which kind of document; then messages. A title never
decides: a sender may have copied it from the message that it answers (RV step 4).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import starmap
from typing import TypeAlias

import orjson

from kt_migrate.kt13.body import (
    coding_code,
    extension,
    extension_value,
    first_node,
    first_text,
    nodes,
    reference,
    source_type,
)
from kt_migrate.kt13.cleaning import cleaned_json, cleaned_xml, marked, may_hold_forbidden
from kt_migrate.kt13.envelope import HEADER, Bundle, Entry, TooDeepError
from kt_migrate.kt13.json_body import parse_json
from kt_migrate.kt13.links import split_version
from kt_migrate.kt13.names import UNKNOWN, code_name, label, message_identifier
from kt_migrate.kt13.remembering import remembered
from kt_migrate.kt13.xml_body import DoctypeError, parse_xml
from kt_migrate.model import (
    Body,
    Document,
    DocumentKind,
    Form,
    Issue,
    Message,
    PostResponse,
    SourceVersion,
    Unreadable,
)

SEARCH_EVENT = "ActivityDefinitionSearch"
"""Stands for an event in the books: a search has none."""

_DOMAIN = "http://hl7.org/fhir/tag/security"
_IID = re.compile(r"/MessageHeader/(\d{1,18})$", re.ASCII)
_BOM = b"\xef\xbb\xbf"

Named: TypeAlias = "tuple[str, str, str | None, Entry]"
"""An object in a message: its type, link and version, and the entry that carries it."""

Found: TypeAlias = "tuple[Document, tuple[tuple[Named, ...], ...]]"
"""A document whose messages have no objects yet, and those, per message."""


_code_name = remembered(4096)(code_name)
_label = remembered(1024)(label)


def read_document(content: bytes) -> Document | Unreadable:
    """Read one file.

    Args:
        content: the bytes of an Atom XML or DSTU1 JSON document.

    Returns:
        What it is, with its messages and all that they carry; or why it cannot be input.
    """
    found = in_full(content)
    if isinstance(found, Unreadable):
        return found
    document, named = found
    return Document(
        kind=document.kind,
        messages=tuple(map(_carrying, document.messages, named)),
        response=document.response,
        issues=document.issues,
    )


def _carrying(message: Message, named: tuple[Named, ...]) -> Message:
    # Field by field: dataclasses.replace costs as much as reading a small message.
    return Message(
        identifier=message.identifier,
        event=message.event,
        form=message.form,
        iid=message.iid,
        timestamp=message.timestamp,
        domain=message.domain,
        sender=message.sender,
        status=message.status,
        focal=message.focal,
        objects=tuple(starmap(_version, named)),
        issues=message.issues,
    )


def _version(source_type: str, link: str, version: str | None, entry: Entry) -> SourceVersion:
    return SourceVersion(
        source_type=source_type, link=link, version=version, body=entry.body, removed=entry.removed
    )


def in_full(content: bytes) -> Found | Unreadable:
    """Read one file, every content in canonical form."""
    start = content.removeprefix(_BOM).lstrip()[:1]
    try:
        bundle = _json(content) if start in (b"{", b"[") else _xml(content)
    except DoctypeError:
        return _unreadable("file-doctype")
    except TooDeepError:
        return _unreadable("file-unreadable", "too-deep")
    except (ValueError, RecursionError):
        return _unreadable("file-unreadable", "json" if start in (b"{", b"[") else "xml")
    return document_of(bundle)


def _json(content: bytes) -> Bundle:
    """Parse JSON, forbidden characters taken out, also those that no JSON may have in a text."""
    try:
        bundle = parse_json(content)
    except TooDeepError:
        raise
    except ValueError:
        return cleaned_json(parse_json(content, strict=False))
    return cleaned_json(bundle) if may_hold_forbidden(content) else bundle


def _xml(content: bytes) -> Bundle:
    """Parse XML, forbidden characters taken out: no parser takes them."""
    try:
        return parse_xml(content)
    except (DoctypeError, TooDeepError):
        raise
    except ValueError:
        without = marked(content)
        if without == content:
            raise
        return cleaned_xml(parse_xml(without))


def _unreadable(code: str, detail: str = "") -> Unreadable:
    return Unreadable(issue=Issue(code=code, detail=detail))


def document_of(bundle: Bundle) -> Found | Unreadable:
    """Say what a parsed file is, and which messages are in it."""
    if bundle.root == "OperationOutcome":
        return Document(kind=DocumentKind.OPERATION_OUTCOME), ()
    if bundle.root != "Bundle":
        return _unreadable("file-not-a-message", code_name(bundle.root))
    types = [entry.resource_type for entry in bundle.entries]
    if HEADER not in types:
        return _search(bundle)
    headers = [e for e in bundle.entries if e.resource_type == HEADER]
    if len(headers) == len(types):
        response = _response(headers[0])
        if response is not None:
            return Document(kind=DocumentKind.POST_RESPONSE, response=response), ()
        if len(headers) > 1 or not bundle.categories:
            return Document(kind=DocumentKind.SEARCH_SUMMARY), ()
    return _messages(bundle)


def _search(bundle: Bundle) -> Found | Unreadable:
    """A search: of definitions (input), or empty."""
    if not bundle.entries:
        return Document(kind=DocumentKind.SEARCH_SUMMARY), ()
    if not any(entry.resource_type for entry in bundle.entries):
        # Entries of a later FHIR than DSTU1 have no content.
        return _unreadable("file-not-a-message", "Bundle")
    objects, issues = _objects(bundle.entries)
    if any(kind != "ActivityDefinition" for kind, _link, _version, _entry in objects):
        return _unreadable("message-incomplete", HEADER)
    content = sorted(
        (link, version or "", orjson.dumps(entry.body, option=orjson.OPT_SORT_KEYS))
        for _kind, link, version, entry in objects
    )
    message = Message(
        identifier="search:" + hashlib.sha256(repr(content).encode()).hexdigest(),
        event=SEARCH_EVENT,
        form=Form.SEARCH,
        iid=None,
        timestamp="",
        domain=_domain(bundle),
        sender="",
        status="",
        focal="",
        objects=(),
        issues=issues,
    )
    return Document(kind=DocumentKind.DEFINITION_SEARCH, messages=(message,)), (objects,)


def _response(header: Entry) -> PostResponse | None:
    answer = first_node(header.body, "response")
    request = first_text(answer, "identifier")
    if request is None:
        return None
    links = (link for d in nodes(header.body, "data") if (link := first_text(d, "reference")))
    pairs = map(split_version, links)
    versions = tuple((link, version) for link, version in pairs if link and version)
    return PostResponse(request=message_identifier(request), versions=versions)


def _domain(bundle: Bundle) -> str:
    for term, name, scheme in bundle.categories:
        if scheme == _DOMAIN:
            return _label(name or term.partition("Domain#")[2])
    return ""


def _messages(bundle: Bundle) -> Found | Unreadable:
    """Read the messages; one without identifier or event is lost, not its neighbours."""
    domain = _domain(bundle)
    made, carried, issues = [], [], []
    for header, payload in _split(bundle.entries):
        objects, odd = _objects(payload)
        message = _message(header, domain, odd)
        if isinstance(message, Issue):
            issues.append(message)
        else:
            made.append(message)
            carried.append(objects)
    if not made:
        return Unreadable(issue=issues[0])
    queue = all(message.form is Form.QUEUE for message in made)
    kind = DocumentKind.QUEUE_MESSAGE if queue else DocumentKind.SENDER_MESSAGE
    document = Document(kind=kind, messages=tuple(made), issues=tuple(issues))
    return document, tuple(carried)


def _split(entries: Iterable[Entry]) -> Iterator[tuple[Entry, list[Entry]]]:
    """Split on headers: a home-grown export may have merged messages (kt13.md §1.4)."""
    header: Entry | None = None
    before: list[Entry] = []
    payload: list[Entry] = before
    for entry in entries:
        if entry.resource_type != HEADER:
            payload.append(entry)
            continue
        if header is not None:
            yield header, payload
            payload = []
        header = entry
    if header is not None:
        yield header, payload


def _message(header: Entry, domain: str, issues: tuple[Issue, ...]) -> Message | Issue:
    body = header.body
    identifier = first_text(body, "identifier")
    event = coding_code(next(iter(body.get("event", ())), None), "MessageEvents")
    if not identifier or not event:
        return Issue(code="message-incomplete", detail="event" if identifier else "identifier")
    link, version = header.identity
    status = extension(body, "MessageHeader#ProcessingStatus")
    queue = status is not None or (bool(header.self_link) and version is not None)
    iid = _IID.search(link) if queue else None
    return Message(
        identifier=message_identifier(identifier),
        event=_code_name(event),
        form=Form.QUEUE if queue else Form.SENDER,
        iid=int(iid[1]) if iid else None,
        timestamp=first_text(body, "timestamp") or "",
        domain=domain,
        sender=_label(first_text(first_node(body, "source"), "software") or ""),
        status=_status(status),
        focal=next((reference(d) for d in nodes(body, "data")), ""),
        objects=(),
        issues=issues,
    )


def _status(status: Body | None) -> str:
    """Return the processing status: a code on the wire, a Coding in some documents."""
    if status is None:
        return ""
    name = "MessageHeader#ProcessingStatusStatus"
    found = coding_code(extension_value(status, name), "ProcessingStatus")
    return _code_name(found) if found else ""


def _objects(entries: Iterable[Entry]) -> tuple[tuple[Named, ...], tuple[Issue, ...]]:
    objects: list[Named] = []
    issues = []
    for entry in entries:
        kind = entry.seal[0] if entry.seal else source_type(entry.resource_type, entry.body)
        link, version = entry.identity
        if link and kind:
            objects.append((kind, link, version, entry))
        else:
            issues.append(Issue(code="object-without-link", path=kind or UNKNOWN))
    return tuple(objects), tuple(issues)
