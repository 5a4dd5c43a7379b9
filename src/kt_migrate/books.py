"""The two accounts, the canonical form and the hash totals: what every step agrees on.

Pure: no disk, no network, no clock.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import orjson

from kt_migrate.model import Json, Outcome, Resource

RESOURCE_ORIGIN = "http://koppeltaal.nl/fhir/StructureDefinition/resource-origin"
"""The server stamps this extension; a client may not send it. Source: TOP-KT-009, server.md §1."""

_MODULUS = 1 << 256
_SERVER_OWNED = frozenset({"id", "meta", "text"})


def canonical(resource: Resource, rename: Callable[[str], str] | None = None) -> bytes:
    """Put a resource in the one form in which source side, journal and server are compared.

    Left out is what the server owns: `id`, `meta`, the narrative and `resource-origin`. Keys are
    sorted; lists keep their order, which carries meaning in FHIR.

    Args:
        resource: an R4 resource as FHIR JSON.
        rename: turns the text of a `reference` into another (a logical id into a conditional
            reference, say); None leaves them as they are.

    Returns:
        UTF-8 JSON, the same bytes for the same meaning.

    >>> canonical({"resourceType": "Patient", "id": "1", "active": True})
    b'{"active":true,"resourceType":"Patient"}'
    """
    kept = {name: value for name, value in resource.items() if name not in _SERVER_OWNED}
    extensions = kept.get("extension")
    if isinstance(extensions, list):
        kept["extension"] = [e for e in extensions if not _is_resource_origin(e)]
        if not kept["extension"]:
            del kept["extension"]
    renamed: Json = kept if rename is None else _rename(kept, rename)
    return orjson.dumps(renamed, option=orjson.OPT_SORT_KEYS)


def _is_resource_origin(extension: Json) -> bool:
    return isinstance(extension, dict) and extension.get("url") == RESOURCE_ORIGIN


def _rename(value: Json, rename: Callable[[str], str]) -> Json:
    if isinstance(value, list):
        return [_rename(item, rename) for item in value]
    if isinstance(value, dict):
        return {
            name: rename(item)
            if name == "reference" and isinstance(item, str)
            else _rename(item, rename)
            for name, item in value.items()
        }
    return value


def digest(canonical_form: bytes) -> str:
    """Return the SHA-256 of a canonical form: 64 hexadecimal digits."""
    return hashlib.sha256(canonical_form).hexdigest()


@dataclass(frozen=True, slots=True)
class HashTotal:
    """Count and sum of digests: equal totals mean the same set of resources.

    The sum is modulo 2^256, so the order does not matter, and (unlike XOR) a pair of equal
    digests does not cancel: a lost or doubled resource always shows.

    >>> HashTotal().plus("00" * 31 + "02").plus("00" * 31 + "03") == HashTotal(2, 5)
    True
    """

    count: int = 0
    sum: int = 0

    def plus(self, hex_digest: str) -> HashTotal:
        """Return the total with one more resource in it."""
        return HashTotal(self.count + 1, (self.sum + int(hex_digest, 16)) % _MODULUS)

    @property
    def hex(self) -> str:
        """The sum as 64 hexadecimal digits."""
        return f"{self.sum:064x}"

    def as_json(self) -> dict[str, int | str]:
        """Return `{"count": …, "sum": …}` with the sum in hexadecimal."""
        return {"count": self.count, "sum": self.hex}


def hash_totals(digests: Iterable[tuple[str, str]]) -> dict[str, HashTotal]:
    """Add up (R4 type, digest) pairs per type, types in alphabetical order."""
    totals: dict[str, HashTotal] = {}
    for r4_type, hex_digest in digests:
        totals[r4_type] = totals.get(r4_type, HashTotal()).plus(hex_digest)
    return dict(sorted(totals.items()))


@dataclass(slots=True)
class Row:
    """One line of the books: two accounts of one type in one event.

    Attributes:
        sightings: versions of objects in documents, as they came in.
        superseded: sightings that are not their object's last state.
        objects: distinct objects: the figure that a care provider knows.
        ended: objects per fate.
        not_drawn: objects that a sample leaves alone; None: the books are of the whole plan.
    """

    sightings: int = 0
    superseded: int = 0
    objects: int = 0
    ended: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    not_drawn: int | None = None

    @property
    def balances(self) -> bool:
        """Whether sightings = superseded + objects, and objects = the four fates.

        Of a sample: and what was not drawn.
        """
        seen = self.sightings == self.superseded + self.objects
        return seen and self.objects == sum(self.ended.values()) + (self.not_drawn or 0)

    def add(self, other: Row) -> None:
        """Add another line to this one."""
        self.sightings += other.sightings
        self.superseded += other.superseded
        self.objects += other.objects
        for outcome, count in other.ended.items():
            self.ended[outcome] += count
        if other.not_drawn is not None:
            self.not_drawn = (self.not_drawn or 0) + other.not_drawn

    def as_json(self) -> dict[str, int]:
        """Return the seven figures by their names; `read` is sightings. Of a sample: eight."""
        return {
            "read": self.sightings,
            "superseded": self.superseded,
            "objects": self.objects,
            **{outcome.value: count for outcome, count in self.ended.items()},
            **({} if self.not_drawn is None else {"not_drawn": self.not_drawn}),
        }


class Books:
    """Counts per type and event. Each figure is booked apart, so that a gap shows."""

    def __init__(self, *, sampled: bool = False) -> None:
        self.sampled = sampled
        self._rows: dict[tuple[str, str], Row] = {}

    def _row(self, source_type: str, event: str) -> Row:
        new = Row(not_drawn=0 if self.sampled else None)
        return self._rows.setdefault((source_type, event), new)

    def see(self, source_type: str, event: str, count: int = 1) -> None:
        """Book sightings that came in."""
        self._row(source_type, event).sightings += count

    def supersede(self, source_type: str, event: str, count: int = 1) -> None:
        """Book sightings that another one superseded."""
        self._row(source_type, event).superseded += count

    def know(self, source_type: str, event: str, count: int = 1) -> None:
        """Book distinct objects, by the event that carried their last state."""
        self._row(source_type, event).objects += count

    def end(self, source_type: str, event: str, outcome: Outcome, count: int = 1) -> None:
        """Book where objects ended."""
        self._row(source_type, event).ended[outcome] += count

    def leave(self, source_type: str, event: str, count: int = 1) -> None:
        """Book objects that a sample leaves alone: they have no fate yet."""
        row = self._row(source_type, event)
        row.not_drawn = (row.not_drawn or 0) + count

    def move(
        self, source_type: str, event: str, start: Outcome, to: Outcome, count: int = 1
    ) -> None:
        """Book objects over from one fate to another (the server refused them, say)."""
        self.end(source_type, event, start, -count)
        self.end(source_type, event, to, count)

    def rows(self) -> Iterator[tuple[str, str, Row]]:
        """Yield (type, event, row), sorted."""
        for (source_type, event), row in sorted(self._rows.items()):
            yield source_type, event, row

    def per_type(self) -> Mapping[str, Row]:
        """Return one row per type, all events together, types in alphabetical order."""
        total: dict[str, Row] = {}
        for source_type, _event, row in self.rows():
            total.setdefault(source_type, Row()).add(row)
        return total

    def unbalanced(self) -> tuple[tuple[str, str], ...]:
        """Return the (type, event) pairs whose two accounts do not balance; empty is good."""
        return tuple((t, e) for t, e, row in self.rows() if not row.balances)

    def as_json(self) -> dict[str, dict[str, int]]:
        """Return the books per type, as `--json` prints them."""
        return {source_type: row.as_json() for source_type, row in self.per_type().items()}

    def as_json_per_event(self) -> dict[str, dict[str, dict[str, int]]]:
        """Return the books per type and event."""
        out: dict[str, dict[str, dict[str, int]]] = {}
        for source_type, event, row in self.rows():
            out.setdefault(source_type, {})[event] = row.as_json()
        return out


def origin_of(resource: Resource) -> str:
    """Return `Device/<id>` of whoever posted a resource; empty when the server does not say.

    Without an address and a version, which a server may put around it.

    >>> who = {"reference": "https://kt.example/fhir/r4/Device/1/_history/2"}
    >>> origin_of({"extension": [{"url": RESOURCE_ORIGIN, "valueReference": who}]})
    'Device/1'
    """
    extensions = resource.get("extension")
    for extension in extensions if isinstance(extensions, list) else []:
        if isinstance(extension, dict) and extension.get("url") == RESOURCE_ORIGIN:
            value = extension.get("valueReference")
            text = str(value.get("reference") or "") if isinstance(value, dict) else ""
            return "/".join(text.partition("/_history/")[0].split("/")[-2:])
    return ""
