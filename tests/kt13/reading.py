"""Documents read in each form, and what stands in most of them."""

from __future__ import annotations

from kt13.both_ways import read_document
from kt13.forms import DOMAIN, MESSAGE, NS, Paper, Part, extended, header
from kt_migrate.model import (
    Document,
    Unreadable,
)

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


def coded(*codings: tuple[str, str]) -> list[object]:
    """Return a CodeableConcept, in a list."""
    return [{"coding": [{"system": [NS + s], "code": [c]} for s, c in codings]}]


OTHER = "OtherResourceUsage"
