"""Plans to draw from, made up: dossiers, who is around them, what is rejected, the catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from hypothesis import strategies as st

from kt_migrate.books import digest
from kt_migrate.plan.writing import PlanContent, write_plan

STATUSES = ("draft", "ready", "in-progress", "completed")
CODES = ("value-missing", "code-unknown", "reference-missing")
EVENTS = ("CreateOrUpdateCarePlan", "CreateOrUpdatePatient")


@dataclass(frozen=True, slots=True)
class Thing:
    """One object: what it becomes, or why it is rejected; what it refers to, by name."""

    name: str
    r4_type: str
    stage: int
    status: str = ""
    refers: tuple[str, ...] = ()
    event: str = EVENTS[0]
    codes: tuple[str, ...] = ()
    patient: str = ""


@dataclass(slots=True)
class Domain:
    """Everything in a plan."""

    things: list[Thing] = field(default_factory=list)

    @property
    def written(self) -> list[Thing]:
        """What is written."""
        return [thing for thing in self.things if not thing.codes]

    def reached(self, name: str) -> set[str]:
        """Return everything that something refers to, to the end, itself too."""
        by_name = {thing.name: thing for thing in self.written}
        found, left = set[str](), [name]
        while left:
            here = left.pop()
            if here not in found:
                found.add(here)
                left += by_name[here].refers
        return found


@st.composite
def domains(draw: st.DrawFn, most: int = 12) -> Domain:
    """Make a domain."""
    found = Domain()
    people = [f"practitioner-{n}" for n in range(draw(st.integers(1, 4)))]
    found.things += [Thing(name, "Practitioner", 0, "active") for name in people]
    found.things.append(Thing("endpoint", "Endpoint", 0, "active"))
    for n in range(draw(st.integers(1, 3))):
        definition = Thing(f"definition-{n}", "ActivityDefinition", 1, "active", ("endpoint",))
        found.things.append(definition)
    patients = [f"patient-{n:02}" for n in range(draw(st.integers(0, most)))]
    for patient in patients:
        event = draw(st.sampled_from(EVENTS))
        if draw(st.integers(0, 5)) == 0:
            codes = tuple(draw(st.sets(st.sampled_from(CODES), min_size=1, max_size=2)))
            found.things.append(Thing(patient, "Patient", 0, codes=codes, patient=patient))
            continue
        active = draw(st.sampled_from(["active", "inactive"]))
        found.things.append(Thing(patient, "Patient", 0, active, (), event))
        for n in range(draw(st.integers(0, 3))):
            found.things.append(_task(draw, f"{patient}-{n}", patient, patients, people, found))
    for n in range(draw(st.integers(0, 2))):
        found.things.append(Thing(f"file-{n}", "Document", 0, codes=(CODES[n],)))
    return found


def _task(
    draw: st.DrawFn,
    name: str,
    patient: str,
    patients: Sequence[str],
    people: Sequence[str],
    found: Domain,
) -> Thing:
    if draw(st.integers(0, 6)) == 0:
        return Thing(name, "Task", 0, codes=(draw(st.sampled_from(CODES)),), patient=patient)
    refers = {patient, draw(st.sampled_from(people)), "definition-0"}
    known = {t.name for t in found.written if t.r4_type == "Patient"}
    other = draw(st.sampled_from(patients))
    if draw(st.integers(0, 9)) == 0 and other in known:
        refers.add(other)
    status = draw(st.sampled_from(STATUSES))
    return Thing(name, "Task", 2, status, tuple(sorted(refers)), draw(st.sampled_from(EVENTS)))


def write_domain(folder: Path, domain: Domain, *, backwards: bool = False) -> Path:
    """Write a domain as plan.sqlite; `backwards`: with other numbers within each stage."""
    written = sorted(domain.written, key=lambda t: t.name, reverse=backwards)
    written.sort(key=lambda t: t.stage)
    seqs = {thing.name: n for n, thing in enumerate(written, 1)}
    objects = sorted(domain.things, key=lambda t: (t.r4_type, t.name))
    counts = Counter((t.r4_type, t.event) for t in objects)
    path = folder / "plan.sqlite"
    write_plan(
        path,
        PlanContent(
            meta=[("domain", "TEST")],
            writes=[_write(seqs[t.name], t) for t in written],
            references=[
                (seqs[t.name], seqs[other], orjson.dumps([n]).decode())
                for t in written
                for n, other in enumerate(t.refers)
            ],
            sightings=[
                (n, t.r4_type, t.event, t.name, "", "m", None, "") for n, t in enumerate(objects, 1)
            ],
            objects=[
                (t.r4_type, t.name, n, t.event, *_fate(t), seqs.get(t.name))
                for n, t in enumerate(objects, 1)
            ],
            dossiers=[(t.r4_type, t.name, t.patient) for t in objects if t.codes and t.patient],
            sighting_counts=[(*pair, count) for pair, count in sorted(counts.items())],
            issues=[
                (t.r4_type, t.event, t.name, code, "", "", "") for t in objects for code in t.codes
            ],
            hash_totals=[],
        ),
    )
    return path


def _fate(thing: Thing) -> tuple[str, str]:
    return ("rejected", thing.codes[0]) if thing.codes else ("migrated", "")


def _write(seq: int, thing: Thing) -> tuple[int, str, str, str, int, str, str, str, bytes]:
    status = (
        {"active": thing.status == "active"}
        if thing.r4_type in ("Patient", "Practitioner")
        else {"status": thing.status}
    )
    body = orjson.dumps(status)
    key = (thing.r4_type, "urn:s", thing.name)
    return (seq, *key, thing.stage, thing.r4_type, thing.name, digest(thing.name.encode()), body)
