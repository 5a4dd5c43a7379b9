"""Somebody else on the same server: what was there before a run, and what happens meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from asking import logged_in, signed
from kt_migrate.config import find_workspace, load_environment
from kt_migrate.kt2.keys import key_of
from kt_migrate.plan.store import Plan

Content = dict[str, Any]
TYPES = (
    "ActivityDefinition",
    "CareTeam",
    "Endpoint",
    "Organization",
    "Patient",
    "Practitioner",
    "RelatedPerson",
    "Task",
)
_SERVERS = ("versionId", "lastUpdated", "source")
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Somebody:
    """A client beside kt-migrate that sees everything."""

    http: httpx.Client

    def everything(self) -> dict[str, Content]:
        """Return all content per `Type/id`; without whose version it is, which is history.

        Raises:
            AssertionError: a type has more than one page: this is for small domains.
        """
        found: dict[str, Content] = {}
        for r4_type in TYPES:
            bundle = self.http.get(r4_type, params={"_count": _PAGE, "_total": "accurate"}).json()
            entries = bundle.get("entry", [])
            assert len(entries) == bundle["total"] <= _PAGE, r4_type
            for entry in entries:
                found[f"{r4_type}/{entry['resource']['id']}"] = content(entry["resource"])
        return found

    def read(self, place: str) -> Content:
        """Return one resource as it is now."""
        answer = self.http.get(place)
        assert answer.status_code == 200, answer.text
        resource: Content = answer.json()
        return resource

    def make(self, resource: Content) -> str:
        """Make a resource; return its `Type/id`."""
        body = {name: value for name, value in content(resource).items() if name != "id"}
        body["extension"] = [e for e in body.get("extension", []) if "origin" not in e["url"]]
        if not body["extension"]:
            del body["extension"]
        answer = self.http.post(resource["resourceType"], json=body)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return f"{made['resourceType']}/{made['id']}"

    def change(self, place: str, **values: object) -> Content:
        """Change elements of a resource; return its content."""
        now = self.read(place)
        version = now["meta"]["versionId"]
        answer = self.http.put(
            place, json={**now, **values}, headers={"If-Match": f'W/"{version}"'}
        )
        assert answer.status_code == 200, answer.text
        return content(self.read(place))

    def remove(self, place: str) -> None:
        """Delete a resource."""
        answer = self.http.delete(place)
        assert answer.is_success, answer.text

    def clear(self, places: Iterable[str]) -> None:
        """Delete resources, each after what refers to it."""
        todo = list(places)
        while todo:
            kept = [place for place in todo if not self.http.delete(place).is_success]
            assert len(kept) < len(todo), kept
            todo = kept


def content(resource: Content) -> Content:
    """Return what a resource says, and not who wrote it when."""
    meta = {name: value for name, value in resource["meta"].items() if name not in _SERVERS}
    return {**resource, "meta": meta}


@contextmanager
def straight(base: str) -> Iterator[Somebody]:
    """Come to a server that asks for no token."""
    headers = {"Accept": "application/fhir+json", "Prefer": "return=representation"}
    with httpx.Client(base_url=base, timeout=60, headers=headers) as http:
        yield Somebody(http)


@contextmanager
def with_a_token(workspace: Path) -> Iterator[Somebody]:
    """Come to the sandbox of a working folder."""
    found = find_workspace(workspace)
    local = load_environment(found, "local")
    key = key_of(found, local)
    endpoint = local.base.removesuffix("/fhir/r4") + "/oauth2/token"
    form = signed(key, local.key.kid, local.client_id, endpoint)
    with logged_in(local.base, endpoint, form) as http:
        yield Somebody(http)


def other_than_planned(resource: Content) -> Content:
    """Return the resource as it was before: in use, where it is not now, or the reverse."""
    if "active" in resource:
        return {**resource, "active": not resource["active"]}
    now = resource["status"]
    before = {"active": "off", "off": "active"}.get(now, "draft" if now != "draft" else "active")
    return {**resource, "status": before}


def without_references(plan: Plan, types: Iterable[str]) -> list[Content]:
    """Return planned resources that refer to nothing, by their temporary identifiers."""
    return [
        dict(write.resource)
        for write in plan.writes()
        if write.key.r4_type in types and not plan.targets(write.seq)
    ]
