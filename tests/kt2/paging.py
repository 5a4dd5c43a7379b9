"""A script that pages as servers do that the sandbox is not: for reading whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

import httpx

from kt2.wire import SYSTEM, answer
from kt_migrate.model import Resource


def patient(number: int, changed: str) -> Resource:
    """Return an invented patient."""
    meta: Resource = {"versionId": "1"}
    if changed:
        meta["lastUpdated"] = changed
    return {
        "resourceType": "Patient",
        "id": f"p{number}",
        "meta": meta,
        "identifier": [{"system": SYSTEM, "value": f"https://epd.example/Patient/{number}"}],
    }


@dataclass(slots=True, kw_only=True)
class Service:
    """What it holds, and how it pages.

    Attributes:
        patients: in the order of arrival.
        sort: `sorts`, `refuses` (400 on any `_sort`) or `ignores` it.
        filters: whether it knows `_lastUpdated=ge…`.
        page: most resources of a page.
        limit: hits after which a search ends without a word; 0: never.
        counts: gives what `_summary=count` says of how many there are; None: it does not.
        circle: the `next` link of each page leads to itself.
        asked: queries, as they came.
    """

    patients: list[Resource] = field(default_factory=list)
    sort: str = "sorts"
    filters: bool = True
    page: int = 200
    limit: int = 0
    counts: Callable[[int], int | None] = lambda there: there
    circle: bool = False
    asked: list[str] = field(default_factory=list)

    def search(self, request: httpx.Request) -> httpx.Response:
        """Answer a search of patients."""
        query = request.url.query.decode()
        self.asked.append(query)
        pairs = parse_qsl(query)
        first = dict(pairs)
        # A plus that was not quoted arrives as a space.
        unreadable = " " in first.get("_lastUpdated", "")
        if unreadable or ("_sort" in first and self.sort == "refuses"):
            return answer({"resourceType": "OperationOutcome"}, 400)
        found = [p for p in self.patients if self._matches(p, pairs)]
        if first.get("_summary") == "count":
            return answer(_bundle([], total=self.counts(len(found))))
        if first.get("_sort") == "_lastUpdated" and self.sort == "sorts":
            found.sort(key=_changed)
        if self.limit:
            found = found[: self.limit]
        start = int(first.get("_from", 0))
        part = found[start : start + min(self.page, int(first["_count"]))]
        after = start + (0 if self.circle else len(part))
        kept = [pair for pair in pairs if pair[0] != "_from"]
        link = urlencode([*kept, ("_from", after)]) if after < len(found) else ""
        return answer(_bundle(part, link=link))

    def _matches(self, patient: Resource, pairs: list[tuple[str, str]]) -> bool:
        values = dict(pairs)["identifier"].split(",")
        mine = str(patient["identifier"][0]["value"])  # type: ignore[index,call-overload]  # made above
        if values != [f"{SYSTEM}|"] and f"{SYSTEM}|{mine}" not in values:
            return False
        for name, value in pairs:
            if name == "_lastUpdated" and self.filters:
                late = _changed(patient) >= value[2:]
                if late != (value[:2] == "ge"):
                    return False
        return True


def _changed(patient: Resource) -> str:
    return str(patient["meta"].get("lastUpdated", ""))  # type: ignore[union-attr]  # made above


def _bundle(resources: list[Resource], *, link: str = "", total: int | None = None) -> Resource:
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset"}
    bundle["entry"] = [{"resource": resource} for resource in resources]
    if total is not None:
        bundle["total"] = total
    if link:
        url = f"http://fhir.invalid/fhir/DEFAULT/Patient?{link}"
        bundle["link"] = [{"relation": "next", "url": url}]
    return bundle
