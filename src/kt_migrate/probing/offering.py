"""Judges what the server says that it is and can do. Pure: only its statement was looked at."""

from __future__ import annotations

from kt_migrate.conformance import known_versions
from kt_migrate.errors import Said, said
from kt_migrate.plan.profile import named
from kt_migrate.probing.needs import Needs
from kt_migrate.probing.observing import Observed
from kt_migrate.probing.points import AGAIN, MAKE_PLAN, NO_PLAN, NOT_SEEN, Point
from kt_migrate.probing.record import Verdict
from kt_migrate.probing.service import TYPES

INTERACTIONS = ("read", "search-type", "create", "update")
_VERSIONS = ("history-instance", "vread")
_ASK = said("Ask the administrators of the environment; the statement (metadata) does not name it.")


def fhir(seen: Observed) -> Point:
    """Whether it is FHIR R4."""
    version = seen.service.fhir_version
    verdict = Verdict.MET if (version or "").startswith("4.0") else Verdict.NOT_MET
    return Point(
        id="fhir",
        verdict=verdict if version else Verdict.UNKNOWN,
        found=Said(version) if version else NOT_SEEN,
        needed=said("4.0.1"),
        advice=said("Check fhir_base_url in the environment's file."),
    )


def profile(seen: Observed, needs: Needs | None) -> Point:
    """Whether the domain runs the profiles that the plan was checked against."""
    running = seen.service.profiles
    needed = said("a plan's version")
    if needs is not None:
        needed = Said(needs.profile)
    if not running:
        found = NOT_SEEN if running is None else said("does not say")
        verdict, advice = Verdict.UNKNOWN, AGAIN if running is None else _ASK
    elif needs is None:
        text = ", ".join(map(named, running))
        verdict, advice = Verdict.UNKNOWN, MAKE_PLAN
        found = said("{names}; {why}", names=text, why=NO_PLAN)
    else:
        text = ", ".join(map(named, running))
        verdict = Verdict.MET if needs.profile in map(named, running) else Verdict.NOT_MET
        found = Said(text)
        advice = _other_profile(running[-1])
    return Point(id="profile", verdict=verdict, found=found, needed=needed, advice=advice)


def _other_profile(newest: str) -> Said:
    if newest not in known_versions():
        return said("Add that version with make profiles PACKAGE=…; docs/conformance.md says how.")
    return said(
        "Write profile_version: {newest} in the environment's file; make a new plan.", newest=newest
    )


def types(seen: Observed, needs: Needs | None) -> Point:
    """Whether each type that is written can be read, searched, created and updated."""
    needed = said("per type: {names}", names=", ".join(INTERACTIONS))
    if seen.service.interactions is None or needs is None:
        found, advice = (NOT_SEEN, AGAIN) if needs is not None else (NO_PLAN, MAKE_PLAN)
        return Point(id="types", verdict=Verdict.UNKNOWN, found=found, needed=needed, advice=advice)
    stated = dict(seen.service.interactions)
    absent = [t for t in needs.types if t not in stated]
    lacks = absent + [
        f"{t} ({', '.join(i for i in INTERACTIONS if i not in stated[t])})"
        for t in needs.types
        if stated.get(t) and not set(INTERACTIONS) <= set(stated[t])
    ]
    silent = [t for t in needs.types if t in stated and not stated[t]]
    if lacks:
        text = ", ".join(lacks)
        verdict, found = Verdict.NOT_MET, said("lacking: {texts}", texts=text)
    elif silent:
        text = ", ".join(silent)
        verdict, found = Verdict.UNKNOWN, said("says nothing of {texts}", texts=text)
    else:
        number = len(needs.types)
        verdict, found = Verdict.MET, said("all {number} types", number=number)
    return Point(id="types", verdict=verdict, found=found, needed=needed, advice=_ASK)


def history(seen: Observed, needs: Needs) -> Point:
    """Whether versions can be read back; for a plan of every version."""
    stated = dict(seen.service.interactions or ())
    verdict, found = Verdict.UNKNOWN, NOT_SEEN
    if stated and all(stated.get(t) for t in needs.types):
        lacks = [t for t in needs.types if not set(_VERSIONS) & set(stated[t])]
        verdict = Verdict.NOT_MET if lacks else Verdict.MET
        text = ", ".join(lacks)
        found = said("lacking: {texts}", texts=text) if lacks else said("yes")
    return Point(
        id="history",
        verdict=verdict,
        found=found,
        needed=said("_history or vread per type"),
        advice=said("Without history verify cannot look at earlier versions: plan in mode latest."),
    )


def conditional_create(seen: Observed, needs: Needs | None) -> Point:
    """Whether If-None-Exist is offered; where it is not, every object is looked up first."""
    offered = seen.service.conditional_create
    if offered is None:
        return Point(id="conditional-create", verdict=Verdict.UNKNOWN, found=NOT_SEEN, advice=AGAIN)
    lacks = sorted(set(TYPES if needs is None else needs.types) - set(offered))
    if not lacks:
        found = said("offered; only the statement was looked at")
        return Point(id="conditional-create", verdict=Verdict.MET, found=found)
    text = ", ".join(lacks)
    return Point(
        id="conditional-create",
        verdict=Verdict.NOT_MET,
        found=said("not for {types}; only the statement was looked at", types=text),
        advice=said("Every object is looked up first; meanwhile nobody else may write the same."),
    )
