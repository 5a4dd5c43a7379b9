"""Answers, summaries, merged documents and searches: what is in them, and what is not."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt13.forms import NS, Part, header
from kt13.reading import HEAD, OTHER, P1, P2, PATIENT, STATUS, coded, document, unreadable
from kt_migrate.model import (
    Body,
    Document,
    DocumentKind,
    Form,
    Issue,
    PostResponse,
)

pytestmark = pytest.mark.property


def answer(*data: str, identifier: str | None = "urn:uuid:m-1") -> Part:
    """Return a header that answers a message."""
    response: Body = {"identifier": [identifier]} if identifier else {"code": ["ok"]}
    links = [{"reference": [link]} if link else {"display": ["x"]} for link in data]
    return Part(kind="MessageHeader", body=header(response=[response], data=links))


def test_an_answer_gives_the_versions_that_the_server_gave() -> None:
    """Of what has one; its request without `urn:uuid:`."""
    found = document(answer(P1 + "/_history/1", P2, "", P2 + "/_history/x", "/_history/3"))

    assert found == Document(
        kind=DocumentKind.POST_RESPONSE,
        response=PostResponse(request="m-1", versions=((P1, "1"), (P2, "x"))),
    )
    hidden = document(answer(P1, identifier="Jan Jansen")).response
    assert hidden is not None
    assert hidden.request.startswith("invalid:")
    assert hidden.versions == ()


def test_an_answer_with_objects_is_a_message_and_without_a_request_it_is_none() -> None:
    """kt13.md §1.5: only headers, and the first one answers."""
    assert document(answer(P1), PATIENT).kind is DocumentKind.SENDER_MESSAGE
    assert document(answer(P1, identifier=None)).kind is DocumentKind.SENDER_MESSAGE
    assert document(answer(P1), HEAD).kind is DocumentKind.POST_RESPONSE
    assert document(HEAD, answer(P1)).kind is DocumentKind.SEARCH_SUMMARY


def test_headers_alone_are_a_summary_but_for_one_with_the_tags_of_a_message() -> None:
    """An index is no data."""
    summary = Document(kind=DocumentKind.SEARCH_SUMMARY)

    assert document(HEAD, HEAD) == document(HEAD, categories=()) == document() == summary
    assert document(HEAD).kind is DocumentKind.SENDER_MESSAGE
    assert document(HEAD, PATIENT, categories=()).kind is DocumentKind.SENDER_MESSAGE


def head(number: int, **more: object) -> Part:
    """Return the header of one of several messages."""
    return Part(kind="MessageHeader", body=header(identifier=[f"m-{number}"], **more))


def thing(number: int, kind: str = "Patient") -> Part:
    """Return one of several objects."""
    return Part(kind=kind, link=f"http://epd.example/P/{number}", body={"n": [str(number)]})


def test_a_merged_document_is_split_on_its_headers() -> None:
    """§1.4: each message with what follows its header; what came before belongs to the first."""
    found = document(thing(0), head(1), thing(1), head(2), head(3), thing(3), thing(4))

    objects = [(m.identifier, [o.body["n"][0] for o in m.objects]) for m in found.messages]
    assert objects == [("m-1", ["0", "1"]), ("m-2", []), ("m-3", ["3", "4"])]
    assert found.issues == ()


def test_a_message_that_cannot_be_read_costs_its_neighbours_nothing() -> None:
    """It is one issue; when none can be read the document is."""
    bad, worse = head(1, event=None), Part(kind="MessageHeader", body={}, link=P1)

    found = document(bad, thing(1), head(2), thing(2), worse)

    assert [m.identifier for m in found.messages] == ["m-2"]
    assert found.issues == (
        Issue(code="message-incomplete", detail="event"),
        Issue(code="message-incomplete", detail="identifier"),
    )
    assert unreadable(bad, thing(1), worse) == ("message-incomplete", "event")


def test_a_document_is_of_the_queue_when_all_its_messages_are() -> None:
    """One sender's copy among them makes it a sender's."""
    queued = head(2, **STATUS)

    assert document(queued, thing(1)).kind is DocumentKind.QUEUE_MESSAGE
    assert document(queued, thing(1), queued).kind is DocumentKind.QUEUE_MESSAGE
    assert document(queued, thing(1), head(1)).kind is DocumentKind.SENDER_MESSAGE


def definition(number: int, version: str = "") -> Part:
    """Return an ActivityDefinition as a search gives it."""
    link = f"http://server.example/Other/ActivityDefinition:{number}"
    body: Body = {"code": coded((OTHER, "ActivityDefinition")), "n": [str(number)]}  # type: ignore[dict-item]  # a literal
    return Part(kind="Other", body=body, link=f"{link}/_history/{version}" if version else link)


def test_a_search_of_definitions_is_one_message_without_a_header() -> None:
    """Its entries are the server's own; its identifier is what it says, and nothing else."""
    found = document(definition(1, "5"), definition(2))
    (made,) = found.messages

    assert found.kind is DocumentKind.DEFINITION_SEARCH
    assert (made.event, made.form, made.iid) == ("ActivityDefinitionSearch", Form.SEARCH, None)
    assert (made.timestamp, made.domain, made.sender) == ("", "TEST", "")
    assert (made.status, made.focal) == ("", "")
    assert [(o.source_type, o.link[-1], o.version) for o in made.objects] == [
        ("ActivityDefinition", "1", "5"),
        ("ActivityDefinition", "2", None),
    ]
    body = rb'{"code":[{"coding":[{"code":["ActivityDefinition"],"system":["' + NS.encode()
    content = [
        (
            f"http://server.example/Other/ActivityDefinition:{number}",
            version,
            body + b'OtherResourceUsage"]}]}],"n":["' + str(number).encode() + b'"]}',
        )
        for number, version in ((1, "5"), (2, ""))
    ]
    assert made.identifier == "search:" + hashlib.sha256(repr(content).encode()).hexdigest()
    assert made.issues == ()


@settings(max_examples=20)
@given(st.randoms(use_true_random=False), st.integers(2, 5))
def test_a_search_is_the_same_in_any_order_and_another_with_anything_else(
    order: random.Random, count: int
) -> None:
    """So that two pages or two downloads of it are known for one."""
    parts = [definition(number, "1") for number in range(count)]
    turned = order.sample(parts, count)

    def identifier(found: list[Part]) -> str:
        return document(*found).messages[0].identifier

    assert identifier(parts) == identifier(turned)
    assert identifier(parts) != identifier(parts[1:])
    assert identifier(parts) != identifier([definition(0, "2"), *parts[1:]])


def test_a_search_of_anything_else_is_no_input() -> None:
    """Entries of a later FHIR have no content; objects without a header have no message."""
    lonely = document(definition(1), Part(kind="Other"))

    assert unreadable(Part(link=P1), Part(link=P2)) == ("file-not-a-message", "Bundle")
    assert unreadable(definition(1), PATIENT) == ("message-incomplete", "MessageHeader")
    assert unreadable(PATIENT) == ("message-incomplete", "MessageHeader")
    assert lonely.kind is DocumentKind.DEFINITION_SEARCH
    assert lonely.messages[0].issues == (Issue(code="object-without-link", path="Other"),)
    assert len(document(definition(1), Part(link=P1)).messages[0].issues) == 1
