"""Writes the copies of one message: each recipient's, the sender's, the server's answer."""

from __future__ import annotations

import random
from dataclasses import dataclass

from envelopes import (
    DATA,
    EXPIRED,
    HEADER,
    OF_PATIENT,
    PROCESSING,
    RESPONSE,
    SERVER,
    bundle,
    entry,
)
from pieces import row
from story import Sent
from things import draw

DOMAIN = "BENCH"
"""Label of the KT 1.3 domain."""
_STATUSES = ("Success", "Success", "Success", "Success", "New", "Claimed", "Failed")


@dataclass(slots=True)
class Copies:
    """The copies; each queue copy has a counter (IID) and a processing status of its own."""

    chance: random.Random
    _iid: int = 40_000

    def header(self, sent: Sent, style: int, *, expired: bool = False) -> str:
        """Write the header of a queue copy: each recipient has a counter of its own."""
        self._iid += 1
        focal, _base, given = sent.things[0]
        content = HEADER.write(
            style,
            {
                "extensions": self._extensions(sent, style, queue=True, expired=expired),
                "identifier": sent.identifier,
                "timestamp": f"{sent.moment}+00:00",
                "event": sent.event,
                "software": "Koppeltaal" if expired else sent.software,
                "endpoint": "Not used",
                "focal": f"{focal.link}/_history/{given}",
            },
        )
        link = f"{SERVER}/MessageHeader/{self._iid}"
        return entry(
            style,
            content,
            title=f"MessageHeader with IID={self._iid}",
            id=link,
            updated=f"{sent.moment}+01:00",
            link=f"{link}/_history/{sent.version}",
        )

    def queue(
        self, sent: Sent, style: int, *, versions: bool = True, expired: bool = False
    ) -> bytes:
        """Write a copy as the server delivered it: with the versions that it gave."""
        entries = [self.header(sent, style, expired=expired)]
        for thing, _base, given in () if expired else sent.things:
            link = f"{thing.link}/_history/{given}" if versions else thing.link
            entries.append(entry(style, thing.content(style), id=thing.link, link=link))
        return bundle(style, entries, domain=DOMAIN, id=f"urn:uuid:{sent.identifier}")

    def sender(self, sent: Sent, style: int) -> bytes:
        """Write a copy as the sender posted it: with the versions that it was based on."""
        focal, base, _given = sent.things[0]
        header = HEADER.write(
            style,
            {
                "extensions": self._extensions(sent, style, queue=False),
                "identifier": sent.identifier,
                "timestamp": f"{sent.moment}.453Z",
                "event": sent.event,
                "software": sent.software,
                "endpoint": "Not used",
                "focal": f"{focal.link}/_history/{base}" if base else focal.link,
            },
        )
        entries = [entry(style, header, id=f"urn:uuid:{sent.identifier}")]
        for thing, before, _given in sent.things:
            link = f"{thing.link}/_history/{before}" if before else thing.link
            entries.append(entry(style, thing.content(style), id=thing.link, link=link))
        return bundle(style, entries, domain=DOMAIN, id=f"urn:uuid:{sent.identifier}")

    def answer(self, sent: Sent, style: int) -> bytes:
        """Write the server's answer to a sender's copy."""
        data = [
            DATA.write(style, {"reference": f"{thing.link}/_history/{given}"})
            for thing, _base, given in sent.things
        ]
        own = f"urn:uuid:a{sent.identifier[1:]}"
        content = RESPONSE.write(
            style,
            {
                "extensions": "",
                "identifier": own,
                "timestamp": f"{sent.moment}+00:00",
                "event": sent.event,
                "request": sent.identifier,
                "software": "",
                "endpoint": f"{SERVER}/Mailbox",
                "data": row(style, data),
            },
        )
        return bundle(style, [entry(style, content, id=own)], domain=DOMAIN, id=own)

    def _extensions(self, sent: Sent, style: int, *, queue: bool, expired: bool = False) -> str:
        made = []
        if sent.patient:
            made.append(OF_PATIENT.write(style, {"patient": sent.patient}))
        if queue:
            status = _STATUSES[draw(self.chance, len(_STATUSES))]
            values = {"status": status, "moment": f"{sent.moment}+00:00"}
            made.append(PROCESSING.write(style, values))
            made.append(EXPIRED[expired].write(style, {}))
        return row(style, made)
