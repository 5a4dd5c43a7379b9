"""What a document is, which messages are in it, and which objects they carry; in both forms."""

from __future__ import annotations

import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt13.forms import DOMAIN, MESSAGE, NS, Paper, Part, extended, header
from kt_migrate.kt13.read import read_document
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

pytestmark = pytest.mark.property

SERVER = "https://koppeltaal.example/FHIR/Koppeltaal/MessageHeader/"
P1, P2 = "http://epd.example/P/1", "http://epd.example/P/2"


def read(paper: Paper) -> Document | Unreadable:
    """Read a paper in each form; they say the same."""
    found = [read_document(content) for content in paper.both()]
    assert found[0] == found[1] == found[2]
    return found[0]


def document(
    *parts: Part, categories: tuple[tuple[str, str, str], ...] = (DOMAIN, MESSAGE)
) -> Document:
    """Read entries as a document that can be read."""
    found = read(Paper(parts=parts, categories=categories))
    assert isinstance(found, Document)
    return found


def message(*parts: Part, **more: object) -> Message:
    """Read the one message of a header with these changes, and of entries."""
    link = str(more.pop("link", ""))
    entry_id = str(more.pop("entry_id", ""))
    head = Part(kind="MessageHeader", body=header(**more), link=link, entry_id=entry_id)
    (found,) = document(head, *parts).messages
    return found


def unreadable(*parts: Part) -> tuple[str, str]:
    """Return why entries cannot be read: code and detail."""
    found = read(Paper(parts=parts))
    assert isinstance(found, Unreadable)
    return found.issue.code, found.issue.detail


STATUS = {
    "extension": [
        {
            "url": [NS + "MessageHeader#ProcessingStatus"],
            "extension": [extended("MessageHeader#ProcessingStatusStatus", "valueCode", "Claimed")],
        }
    ]
}
PATIENT = Part(kind="Patient", body={"active": ["true"]}, link=P1 + "/_history/2")
HEAD = Part(kind="MessageHeader", body=header())


def test_a_message_says_who_sent_what_when_and_about_whom() -> None:
    """Its identifier bare, its texts as they stand."""
    assert document(HEAD, PATIENT) == Document(
        kind=DocumentKind.SENDER_MESSAGE,
        messages=(
            Message(
                identifier="m-1",
                event="CreateOrUpdatePatient",
                form=Form.SENDER,
                iid=None,
                timestamp="2021-01-01T10:00:00+01:00",
                domain="TEST",
                sender="EPD",
                status="",
                focal=P1,
                objects=(
                    SourceVersion(
                        source_type="Patient", link=P1, version="2", body={"active": ["true"]}
                    ),
                ),
            ),
        ),
    )


def test_a_message_may_lack_all_but_its_identifier_and_event() -> None:
    """R1, #32, #33: no time, no source, no focal object, no domain, no objects."""
    bare = Part(
        kind="MessageHeader", body={"identifier": ["m"], "event": [{"code": ["E"]}]}, link=P2
    )
    (found,) = document(bare, categories=(MESSAGE,)).messages

    assert found == Message(
        identifier="m", event="E", form=Form.SENDER, iid=None, timestamp="", domain="", sender="",
        status="", focal="", objects=(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"identifier": None}, "identifier"),
        ({"identifier": None, "event": None}, "identifier"),
        ({"event": None}, "event"),
        ({"event": [{"display": ["x"]}]}, "event"),
    ],
)
def test_a_message_without_identifier_or_event_is_incomplete(
    changes: dict[str, object], detail: str
) -> None:
    """It says which of the two; the identifier first."""
    broken = Part(kind="MessageHeader", body=header(**changes))

    assert unreadable(broken, PATIENT) == ("message-incomplete", detail)


@pytest.mark.parametrize(
    ("more", "form", "iid"),
    [
        ({}, Form.SENDER, None),
        (STATUS, Form.QUEUE, None),
        (
            {"extension": [extended("Profile/MessageHeader#ProcessingStatus", "v", "x")]},
            Form.QUEUE,
            None,
        ),
        ({**STATUS, "link": SERVER + "45909"}, Form.QUEUE, 45909),
        ({**STATUS, "entry_id": SERVER + "45909"}, Form.QUEUE, 45909),
        ({"link": SERVER + "45909/_history/1"}, Form.QUEUE, 45909),
        ({"link": SERVER + "45909"}, Form.SENDER, None),
        ({"link": SERVER + "45909", "entry_id": SERVER + "45909/_history/1"}, Form.QUEUE, 45909),
        ({"link": SERVER + "45909", "entry_id": SERVER + "1/_history/1"}, Form.SENDER, None),
        ({"entry_id": SERVER + "45909/_history/1"}, Form.SENDER, None),
        ({"entry_id": SERVER + "45909"}, Form.SENDER, None),
        ({**STATUS, "link": SERVER + "x"}, Form.QUEUE, None),
        ({**STATUS, "link": SERVER + "1" * 18}, Form.QUEUE, int("1" * 18)),
        ({**STATUS, "link": SERVER + "1" * 19}, Form.QUEUE, None),
        ({**STATUS, "link": SERVER + "\u0661"}, Form.QUEUE, None),
        ({**STATUS, "link": SERVER + "7/x"}, Form.QUEUE, None),
        ({**STATUS, "link": "http://a.example/Message/7"}, Form.QUEUE, None),
    ],
)
def test_a_queue_message_is_known_by_its_status_or_its_headers_version(
    more: dict[str, object], form: Form, iid: int | None
) -> None:
    """Never by a title or an id that a sender may have copied (RV step 4)."""
    found = message(PATIENT, **more)

    assert (found.form, found.iid) == (form, iid)


def test_a_title_never_decides() -> None:
    """A sender may have copied that of a queue message, or of a search."""
    for title in ("MessageHeader with IID=7", "Search on resources in collection 'MessageHeader'"):
        found = read(Paper(parts=(HEAD, PATIENT), title=title))
        assert isinstance(found, Document)
        assert found.kind is DocumentKind.SENDER_MESSAGE


@pytest.mark.parametrize(
    ("element", "value", "status"),
    [
        ("valueCode", "Claimed", "Claimed"),
        ("valueCoding", {"code": ["New"]}, "New"),
        (
            "valueCodeableConcept",
            {
                "coding": [
                    {"system": [NS + "Other"], "code": ["x"]},
                    {"system": [NS + "ProcessingStatus"], "code": ["Claimed"]},
                ]
            },
            "Claimed",
        ),
        ("valueCode", "Jan Jansen", "Unknown"),
        ("valueCoding", {"display": ["x"]}, ""),
    ],
)
def test_a_status_is_a_code_or_a_coding(element: str, value: object, status: str) -> None:
    """#3: both are written; what cannot be a name is not shown."""
    inner = extended("MessageHeader#ProcessingStatusStatus", element, value)  # type: ignore[arg-type]  # a literal
    outer = {"url": [NS + "MessageHeader#ProcessingStatus"], "extension": [inner]}

    assert message(extension=[outer]).status == status


def coded(*codings: tuple[str, str]) -> list[object]:
    """Return a CodeableConcept, in a list."""
    return [{"coding": [{"system": [NS + s], "code": [c]} for s, c in codings]}]


def test_an_event_and_a_sender_are_names_or_unknown() -> None:
    """The event of Koppeltaal's own value set; both without what could do harm."""
    event = coded(("Other", "x"), ("MessageEvents", "CreateOrUpdateCarePlan"))

    assert message(event=event).event == "CreateOrUpdateCarePlan"
    assert message(event=[{"code": ["Jan Jansen"]}]).event == "Unknown"
    assert message(source=[{"software": ["x" * 81]}]).sender == "Unknown"
    assert message(source=[{"name": ["x"]}]).sender == ""
    assert message(identifier=["Jan Jansen"]).identifier.startswith("invalid:")
    assert message(data=[{"display": ["x"]}, {"reference": [P2]}]).focal == ""
    assert message(data=[{"reference": [P1]}, {"reference": [P2]}]).focal == P1


SECURITY = "http://hl7.org/fhir/tag/security"


@pytest.mark.parametrize(
    ("categories", "domain"),
    [
        ([(NS + "Domain#A", "B", SECURITY)], "B"),
        ([(NS + "Domain#A B", "", SECURITY)], "A B"),
        ([("A", "", SECURITY)], ""),
        ([MESSAGE, (NS + "Domain#A", "", SECURITY), (NS + "Domain#B", "", SECURITY)], "A"),
        ([(NS + "Domain#A", "A", "http://other.example")], ""),
        ([(NS + "Domain#A", "x" * 81, SECURITY)], "Unknown"),
    ],
)
def test_the_domain_is_the_security_tags_label_or_the_end_of_its_term(
    categories: list[tuple[str, str, str]], domain: str
) -> None:
    """Whatever their order."""
    found = document(HEAD, PATIENT, categories=tuple(categories))

    assert [m.domain for m in found.messages] == [domain]


OTHER = "OtherResourceUsage"


@pytest.mark.parametrize(
    ("kind", "body", "source_type"),
    [
        ("Patient", {}, "Patient"),
        ("Onbekend", {}, "Onbekend"),
        ("CarePlanActivity", {}, "Unknown"),
        ("Jan_Jansen", {}, "Unknown"),
        ("Other", {"code": coded((OTHER, "CareTeam"))}, "CareTeam"),
        ("Other", {"code": coded(("Een", "x"), (OTHER, "CareTeam"))}, "CareTeam"),
        ("Other", {"code": coded((OTHER, "Nieuw"))}, "Nieuw"),
        ("Other", {"code": coded((OTHER, "Application"))}, "Unknown"),
        ("Other", {"code": coded((OTHER, "Jan Jansen"))}, "Unknown"),
        ("Other", {"code": [{"display": ["x"]}]}, "Other"),
        ("Other", {}, "Other"),
    ],
)
def test_an_objects_type_is_its_contents_never_its_links(
    kind: str, body: Body, source_type: str
) -> None:
    """An `Other` by its usage code; what cannot be a name is Unknown."""
    found = message(Part(kind=kind, body=body, link="http://epd.example/Practitioner/1"))

    assert [o.source_type for o in found.objects] == [source_type]


@pytest.mark.parametrize(
    ("link", "entry_id", "identity"),
    [
        (P1, "", (P1, None)),
        (P1 + "/_history/2", "", (P1, "2")),
        ("", P1, (P1, None)),
        ("", P1 + "/_history/2", (P1, "2")),
        (P1, P2, (P1, None)),
        (P1, P1, (P1, None)),
        (P1, P1 + "/_history/2", (P1, "2")),
        (P1, P2 + "/_history/2", (P1, None)),
        (P1 + "/_history/3", P1 + "/_history/2", (P1, "3")),
        (P1 + "/_history/", P1 + "/_history/2", (P1, "2")),
        (P1, "urn:uuid:x", (P1, None)),
    ],
)
def test_an_object_is_its_self_link_else_its_id(
    link: str, entry_id: str, identity: tuple[str, str | None]
) -> None:
    """§0 rule 1; I3: an id of the same object may bring the version."""
    found = message(Part(kind="Patient", link=link, entry_id=entry_id, body={"id": ["wrong"]}))

    assert [(o.link, o.version) for o in found.objects] == [identity]


def test_an_object_that_cannot_be_named_is_an_issue_and_its_neighbours_stay() -> None:
    """Without a link, or without content: with its type, or Unknown."""
    found = message(Part(kind="Patient"), PATIENT, Part(link=P2), Part(kind="Other", link=P2))

    assert [(o.source_type, o.link) for o in found.objects] == [("Patient", P1), ("Other", P2)]
    assert found.issues == (
        Issue(code="object-without-link", path="Patient"),
        Issue(code="object-without-link", path="Unknown"),
    )


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
