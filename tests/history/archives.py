"""Invented archives for the tests of this room: small messages, in every kind of copy."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
HOST = "https://epd.example/fhir"
Json = dict[str, Any]


def version(number: int) -> str:
    """Return the n-th version that the server gave."""
    return f"2021-01-01T00:00:{number // 60:02}:{number % 60:03}.10"


def extension(name: str, **value: object) -> Json:
    """Return a Koppeltaal extension."""
    return {"url": NS + name, **value}


def patient(name: str = "Jansen", **more: object) -> Json:
    """Return a patient that KT 2.0 accepts."""
    return {
        "resourceType": "Patient",
        "name": [{"use": "official", "family": [name], "given": ["Test"]}],
        "birthDate": "1980-01-02T00:00:00",
        "gender": {"coding": [{"code": "M"}]},
        **more,
    }


def activity(identifier: str, status: str = "Available", subs: Sequence[str] = ()) -> Json:
    """Return an activity of a care plan, with its sub-activities."""
    return {
        "extension": [
            extension("CarePlan#ActivityIdentifier", valueString=identifier),
            extension("CarePlan#ActivityStatus", valueCoding={"code": status}),
            *(_sub_activity(sub) for sub in subs),
        ]
    }


def _sub_activity(identifier: str) -> Json:
    own = extension("CarePlan#SubActivityIdentifier", valueString=identifier)
    return extension("CarePlan#SubActivity", extension=[own])


def careplan(*activities: Json, of: str = "1", goals: int = 0) -> Json:
    """Return a care plan of a patient."""
    aims = [{"description": f"goal {n}"} for n in range(goals)]
    return {
        **({"goal": aims} if goals else {}),
        "resourceType": "CarePlan",
        "status": "active",
        "patient": {"reference": f"{HOST}/Patient/{of}"},
        "activity": list(activities),
    }


def status(identifier: str, code: str) -> Json:
    """Return the status of an activity."""
    return {
        "resourceType": "Other",
        "code": {
            "coding": [{"system": NS + "OtherResourceUsage", "code": "CarePlanActivityStatus"}]
        },
        "extension": [
            extension("CarePlanActivityStatus#Activity", valueString=identifier),
            extension("CarePlanActivityStatus#ActivityStatus", valueCoding={"code": code}),
        ],
    }


@dataclass(frozen=True)
class Sent:
    """One message: what it carries, and which versions its objects got and were based on.

    Attributes:
        identifier: MessageHeader.identifier.
        carried: link → content.
        assigned, base: link → version, in a queue copy and in a sender copy.
    """

    identifier: str
    carried: Mapping[str, Json]
    assigned: Mapping[str, str] = field(default_factory=dict)
    base: Mapping[str, str] = field(default_factory=dict)
    event: str = "CreateOrUpdateCarePlan"
    iid: int = 1
    timestamp: str = "2021-01-01T00:00:00Z"

    def queue(self, iid: int | None = None) -> bytes:
        """Return the copy that the server delivered."""
        return self._bundle(self.carried, self.assigned, iid or self.iid)

    def sender(self) -> bytes:
        """Return the copy that was posted."""
        return self._bundle(self.carried, self.base, None)

    def header_only(self) -> bytes:
        """Return the copy of an expired message: its body is gone."""
        return self._bundle({}, {}, self.iid)

    def stripped(self) -> bytes:
        """Return the copy for an old receiver: without versions."""
        return self._bundle(self.carried, {}, self.iid)

    def broken(self, link: str) -> bytes:
        """Return a queue copy in which one entry has no link."""
        return self._bundle(self.carried, self.assigned, self.iid, without_link=link)

    def answer(self, versions: Mapping[str, str]) -> bytes:
        """Return the server's answer to the sender copy: which versions it gave."""
        content = {
            "resourceType": "MessageHeader",
            "identifier": f"answer-{self.identifier}",
            "response": {"identifier": self.identifier, "code": "ok"},
            "data": [{"reference": f"{k}/_history/{v}"} for k, v in versions.items()],
        }
        return json.dumps({"resourceType": "Bundle", "entry": [{"content": content}]}).encode()

    def _bundle(
        self,
        carried: Mapping[str, Json],
        versions: Mapping[str, str],
        iid: int | None,
        without_link: str = "",
    ) -> bytes:
        entries = [self._header(iid)]
        for link, content in carried.items():
            history = f"/_history/{versions[link]}" if link in versions else ""
            links = [] if link == without_link else [{"rel": "self", "href": link + history}]
            entries.append({"link": links, "content": content})
        tag = {"term": "http://hl7.org/fhir/tag/message", "scheme": "http://hl7.org/fhir/tag"}
        return json.dumps({"resourceType": "Bundle", "category": [tag], "entry": entries}).encode()

    def _header(self, iid: int | None) -> Json:
        content: Json = {
            "resourceType": "MessageHeader",
            "identifier": self.identifier,
            "timestamp": self.timestamp,
            "event": {"code": self.event},
            "source": {"software": "test"},
        }
        if iid is None:
            return {"content": content}
        processing = extension(
            "MessageHeader#ProcessingStatus",
            extension=[extension("MessageHeader#ProcessingStatusStatus", valueCode="Success")],
        )
        link = f"https://kt.example/MessageHeader/{iid}"
        return {"id": link, "content": {**content, "extension": [processing]}}


def write(folder: Path, files: Iterable[bytes]) -> Path:
    """Write files into a new folder; their order is that of their names."""
    folder.mkdir()
    for place, content in enumerate(files):
        (folder / f"{place:04}.json").write_bytes(content)
    return folder


def life(contents: Sequence[Mapping[str, Json]], start: int = 1) -> list[Sent]:
    """Return messages that each carry the next contents, with versions as a server gives them."""
    known: dict[str, tuple[str, str]] = {}
    made = []
    for place, carried in enumerate(contents, start=start):
        base = {link: known[link][0] for link in carried if link in known}
        for link, content in carried.items():
            text = json.dumps(content, sort_keys=True)
            if link not in known or known[link][1] != text:
                known[link] = (version(place), text)
        sent = Sent(
            identifier=f"m-{place:03}",
            carried=carried,
            assigned={link: known[link][0] for link in carried},
            base=base,
            iid=place,
            timestamp=f"2021-01-01T00:{place // 60:02}:{place % 60:02}Z",
        )
        made.append(replace(sent, event=_event(carried)))
    return made


def _event(carried: Mapping[str, Json]) -> str:
    types = {content["resourceType"] for content in carried.values()}
    if "CarePlan" in types:
        return "CreateOrUpdateCarePlan"
    return "UpdateCarePlanActivityStatus" if "Other" in types else "CreateOrUpdatePatient"
