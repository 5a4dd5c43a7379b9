"""What a document is, which messages are in it, and which objects they carry; in both forms."""

from __future__ import annotations

import pytest

from kt13.forms import MESSAGE, NS, Paper, Part, extended, header
from kt13.reading import HEAD, OTHER, P1, P2, PATIENT, STATUS, coded, document, read, unreadable
from kt_migrate.model import (
    Body,
    Document,
    DocumentKind,
    Form,
    Issue,
    Message,
    SourceVersion,
)

pytestmark = pytest.mark.property


SERVER = "https://koppeltaal.example/FHIR/Koppeltaal/MessageHeader/"


def message(*parts: Part, **more: object) -> Message:
    """Read the one message of a header with these changes, and of entries."""
    link = str(more.pop("link", ""))
    entry_id = str(more.pop("entry_id", ""))
    head = Part(kind="MessageHeader", body=header(**more), link=link, entry_id=entry_id)
    (found,) = document(head, *parts).messages
    return found


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


@pytest.mark.parametrize(
    ("kind", "body", "source_type"),
    [
        ("Patient", {}, "Patient"),
        ("Onbekend", {}, "Onbekend"),
        ("CarePlanActivity", {}, "Unknown"),
        ("Jan_Jansen", {}, "Unknown"),
        ("Other", {"code": coded((OTHER, "CareTeam"))}, "CareTeam"),
        ("Other", {"code": coded(("Een", "x"), (OTHER, "CareTeam"))}, "CareTeam"),
        ("Other", {"code": [{"x": ["y"]}, *coded((OTHER, "CareTeam"))]}, "CareTeam"),
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


def head(number: int, **more: object) -> Part:
    """Return the header of one of several messages."""
    return Part(kind="MessageHeader", body=header(identifier=[f"m-{number}"], **more))
