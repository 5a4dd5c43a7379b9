"""Puts fragments of Koppeltaal 1.3 into documents as they were delivered, for an example."""

from __future__ import annotations

import re

import orjson

from kt_migrate.algorithm.examples import Source
from kt_migrate.kt13.body import NS

_TAG = "http://hl7.org/fhir/tag"
_FEED = """<feed xmlns="http://www.w3.org/2005/Atom"><title>example</title>
<category term="{tag}/message" scheme="{tag}"/>
<entry><title>MessageHeader</title><content type="text/xml">
<MessageHeader xmlns="http://hl7.org/fhir"><identifier value="{identifier}"/>
<timestamp value="{timestamp}"/><event><code value="{event}"/></event>
<source><software value="example"/></source></MessageHeader></content></entry>
<entry><title>object</title><link rel="self" href="{link}"/><content type="text/xml">
{content}
</content></entry></feed>"""
_EVENTS = {
    "CarePlan": "CreateOrUpdateCarePlan",
    "Practitioner": "CreateOrUpdatePractitioner",
    "RelatedPerson": "CreateOrUpdateRelatedPerson",
}
_NOT_IN_XML = str.maketrans({"&": "&amp;", "<": "&lt;", '"': "&quot;"})


def document(source: Source, number: int) -> bytes:
    """Return the document that carries a fragment.

    Args:
        source: the fragment.
        number: its place in the example, from 0: what comes later was sent later.
    """
    if source.document is not None:
        return source.document.encode()
    link = f"{source.link}/_history/2021-01-01T00:00:00:{number:03}.10"
    if source.xml is not None:
        return _feed(source.xml, link, number).encode()
    content = source.content or {}
    return orjson.dumps(
        {
            "resourceType": "Bundle",
            "category": [{"term": f"{_TAG}/message", "scheme": _TAG}],
            "entry": [
                _header(number, str(content.get("resourceType"))),
                {"link": [{"rel": "self", "href": link}], "content": content},
            ],
        }
    )


def _header(number: int, resource_type: str) -> dict[str, object]:
    status = {"url": f"{NS}MessageHeader#ProcessingStatusStatus", "valueCode": "Success"}
    processing = {"url": f"{NS}MessageHeader#ProcessingStatus", "extension": [status]}
    return {
        "id": f"https://koppeltaal.example/MessageHeader/{number}",
        "content": {
            "resourceType": "MessageHeader",
            "identifier": f"example-{number:03}",
            "timestamp": _timestamp(number),
            "event": {"code": _event(resource_type)},
            "source": {"software": "example"},
            "extension": [processing],
        },
    }


def _feed(content: str, link: str, number: int) -> str:
    root = re.search(r"<(?:\w+:)?(\w+)", content)
    return _FEED.format(
        tag=_TAG,
        identifier=f"example-{number:03}",
        timestamp=_timestamp(number),
        event=_event(root[1] if root else ""),
        link=link.translate(_NOT_IN_XML),
        content=content,
    )


def _timestamp(number: int) -> str:
    return f"2021-01-01T00:{number // 60:02}:{number % 60:02}Z"


def _event(resource_type: str) -> str:
    return _EVENTS.get(resource_type, "CreateOrUpdatePatient")
