"""What the tests of the verification share: plans, and a server that can only be searched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import orjson

from kt_migrate.books import RESOURCE_ORIGIN, canonical, digest, hash_totals
from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import Found, Page
from kt_migrate.model import Json, Key, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.plan.writing import PlanContent, write_plan
from kt_migrate.verify.compare import VerifyResult, compare
from kt_migrate.verify.read_back import ReadBack
from kt_migrate.verify.written import NOTHING, Written

SYSTEM = "http://koppeltaal.nl/migration/identifier/"
FAMILY = "Invented-Family"
SOURCES = {"Patient": "Patient", "Task": "CarePlanActivity"}


def value(r4_type: str, number: int) -> str:
    """Return an invented temporary identifier."""
    return f"https://epd.example/{r4_type}/{number}"


def link(r4_type: str, number: int) -> str:
    """Return the link of the object that it comes from, which need not be the same."""
    return f"{value(r4_type, number)}?link"


def key(r4_type: str, number: int) -> Key:
    """Return the key of a planned resource."""
    return Key(r4_type=r4_type, system=SYSTEM + r4_type, value=value(r4_type, number))


def patient(number: int, **more: Json) -> Resource:
    """Return a planned patient."""
    return {
        "resourceType": "Patient",
        "identifier": [
            {"use": "temp", "system": SYSTEM + "Patient", "value": value("Patient", number)}
        ],
        "name": [{"family": FAMILY}],
        **more,
    }


def task(number: int) -> Resource:
    """Return a planned task of the patient with the same number."""
    return {
        "resourceType": "Task",
        "identifier": [{"system": SYSTEM + "Task", "value": value("Task", number)}],
        "for": {"reference": key("Patient", number).reference},
    }


def stored(
    resource: Resource, logical_id: str, version: str = "1", device: str = "me", at: str = ""
) -> Resource:
    """Return a resource as a server has it."""
    origin: Json = {
        "url": RESOURCE_ORIGIN,
        "valueReference": {"reference": f"Device/{device}"},
    }
    meta: dict[str, Json] = {"versionId": version}
    if at:
        meta["lastUpdated"] = at
    made: Resource = {**resource, "id": logical_id, "meta": meta, "extension": [origin]}
    if resource["resourceType"] == "Task":
        made["for"] = {"reference": f"Patient/{logical_id.replace('t', 'p')}"}
    return made


def planned(
    folder: Path,
    resources: Sequence[Resource],
    versions: Mapping[int, Sequence[Resource]] | None = None,
    clients: Mapping[int, str] | None = None,
) -> Plan:
    """Return a plan of these resources, in this order.

    Args:
        folder: where.
        resources: the last states.
        versions: per number of a write its earlier versions: mode `every-version`.
        clients: per number of a write which client of ours writes it, where that is another.
    """
    rows = []
    for seq, resource in enumerate(resources, 1):
        (identifier,) = orjson.loads(orjson.dumps(resource["identifier"]))
        r4_type = str(resource["resourceType"])
        mine = (identifier["system"], identifier["value"])
        source = (SOURCES[r4_type], f"{mine[1]}?link")
        form = canonical(resource)
        rows.append((seq, r4_type, *mine, 0, *source, digest(form), orjson.dumps(resource)))
    totals = hash_totals((row[1], row[7]) for row in rows)
    write_plan(
        folder / "plan.sqlite",
        PlanContent(
            meta=[("domain", "TEST"), ("mode", "latest" if versions is None else "every-version")],
            versions=[
                (seq, n, "", "", digest(canonical(one)), orjson.dumps(one))
                for seq, many in (versions or {}).items()
                for n, one in enumerate(many, 1)
            ],
            writes=rows,
            references=[],
            hash_totals=[(t, total.count, total.hex) for t, total in totals.items()],
            clients=list((clients or {}).items()),
        ),
    )
    return Plan(folder / "plan.sqlite")


def compared(
    folder: Path,
    plan: Sequence[Resource],
    server: Sequence[Resource],
    written: Written = NOTHING,
    own_device: str = "me",
) -> VerifyResult:
    """Compare a plan with what a server has."""
    there = ReadBack(folder)
    for r4_type in ("Patient", "Task"):
        there.keep([r for r in server if r["resourceType"] == r4_type], SYSTEM + r4_type)
    try:
        with planned(folder, plan) as made:
            return compare(made, there, written, own_device)
    finally:
        there.close()


class Journals:
    """What journals would say: ids → versions of this run, ids of earlier ones."""

    def __init__(
        self, versions: dict[str, str], earlier: set[str], adopted: frozenset[str] = frozenset()
    ) -> None:
        self._versions, self._earlier, self._adopted = versions, earlier, adopted

    def version_of(self, r4_type: str, logical_id: str) -> str | None:
        """Return a version."""
        return self._versions.get(f"{r4_type}/{logical_id}")

    def earlier(self, r4_type: str, logical_id: str) -> bool:
        """Return whether an earlier run wrote it."""
        return f"{r4_type}/{logical_id}" in self._earlier

    def adopted(self, r4_type: str, logical_id: str) -> bool:
        """Return whether this run left it as it was."""
        return f"{r4_type}/{logical_id}" in self._adopted

    def not_taken(self, seq: int) -> frozenset[int]:
        """Return nothing: the server took all versions."""
        del seq
        return frozenset()

    def cut_short(self, seq: int) -> bool:
        """Return whether it was there before: it was not."""
        del seq
        return False


@dataclass(slots=True)
class Server:
    """What a server holds. It is searched, and there is nothing else that it can do.

    Attributes:
        resources: what is there, in the order of their last change.
        page: most of them that a page has.
        limit: hits after which a search ends without a word; 0: never.
        lie: added to every count.
        asked: each search, as it came.
        named: keys that were asked for by name.
    """

    resources: list[Resource]
    page: int = 200
    limit: int = 0
    lie: int = 0
    asked: list[str] = field(default_factory=list)
    named: list[Key] = field(default_factory=list)

    async def search(self, address: str) -> Page | Refused:
        """Answer one search."""
        self.asked.append(address)
        r4_type, _, query = address.partition("?")
        pairs = parse_qsl(query)
        given = dict(pairs)
        system = given["identifier"].removesuffix("|")
        found = [
            r
            for r in self.resources
            if r["resourceType"] == r4_type
            and any(s == system for s, _value in identifiers(r))
            and all(_in(r, window) for name, window in pairs if name == "_lastUpdated")
        ]
        if given.get("_summary") == "count":
            return Page(resources=[], next="", total=len(found) + self.lie)
        found = found[: self.limit or None]
        start = int(given.pop("_from", "0"))
        end = start + self.page
        rest = f"{address.partition('&_from')[0]}&_from={end}" if end < len(found) else ""
        return Page(resources=found[start:end], next=rest, total=None)

    async def read(self, r4_type: str, logical_id: str) -> Resource | None:
        """Give no resource by its id: only a mode with versions asks for that."""
        del r4_type, logical_id
        raise AssertionError

    async def find(self, keys: Sequence[Key]) -> dict[Key, tuple[Found, ...]]:
        """Look up by temporary identifier."""
        self.named.extend(keys)
        found: dict[Key, list[Found]] = {}
        for r in self.resources:
            for system, mine in identifiers(r):
                named = Key(r4_type=str(r["resourceType"]), system=system, value=mine)
                if named in keys:
                    found.setdefault(named, []).append(
                        Found(id=str(r["id"]), version="1", resource=r)
                    )
        return {name: tuple(those) for name, those in found.items()}


def identifiers(resource: Resource) -> list[tuple[str, str]]:
    """Return (system, value) of each identifier."""
    found = orjson.loads(orjson.dumps(resource.get("identifier", [])))
    return [(i["system"], i["value"]) for i in found]


def _in(resource: Resource, window: str) -> bool:
    meta = resource["meta"]
    changed = str(meta.get("lastUpdated", "")) if isinstance(meta, dict) else ""
    return changed >= window[2:] if window[:2] == "ge" else changed < window[2:]
