"""Judges what the server says that it is and can do. Pure: only its statement was looked at."""

from __future__ import annotations

from kt_migrate.conformance import known_versions
from kt_migrate.plan.profile import named
from kt_migrate.probing.needs import Needs
from kt_migrate.probing.observing import Observed
from kt_migrate.probing.points import AGAIN, MAKE_PLAN, NO_PLAN, NOT_SEEN, Point, Said
from kt_migrate.probing.record import Verdict
from kt_migrate.probing.service import TYPES

INTERACTIONS = ("read", "search-type", "create", "update")
_VERSIONS = ("history-instance", "vread")
_ASK = Said(
    "Vraag de beheerders van de omgeving; de verklaring (metadata) noemt het niet.",
    "Ask the administrators of the environment; the statement (metadata) does not name it.",
)


def fhir(seen: Observed) -> Point:
    """Whether it is FHIR R4."""
    version = seen.service.fhir_version
    verdict = Verdict.MET if (version or "").startswith("4.0") else Verdict.NOT_MET
    return Point(
        id="fhir",
        verdict=verdict if version else Verdict.UNKNOWN,
        found=Said(version, version) if version else NOT_SEEN,
        needed=Said("4.0.1", "4.0.1"),
        advice=Said(
            "Controleer fhir_base_url in het bestand van de omgeving.",
            "Check fhir_base_url in the environment's file.",
        ),
    )


def profile(seen: Observed, needs: Needs | None) -> Point:
    """Whether the domain runs the profiles that the plan was checked against."""
    running = seen.service.profiles
    needed = Said("de versie van een plan", "a plan's version")
    if needs is not None:
        needed = Said(needs.profile, needs.profile)
    if not running:
        found = NOT_SEEN if running is None else Said("zegt het niet", "does not say")
        verdict, advice = Verdict.UNKNOWN, AGAIN if running is None else _ASK
    elif needs is None:
        text = ", ".join(map(named, running))
        verdict, advice = Verdict.UNKNOWN, MAKE_PLAN
        found = Said(f"{text}; {NO_PLAN.nl}", f"{text}; {NO_PLAN.en}")
    else:
        text = ", ".join(map(named, running))
        verdict = Verdict.MET if needs.profile in map(named, running) else Verdict.NOT_MET
        found = Said(text, text)
        advice = _other_profile(running[-1])
    return Point(id="profile", verdict=verdict, found=found, needed=needed, advice=advice)


def _other_profile(newest: str) -> Said:
    if newest not in known_versions():
        return Said(
            "Voeg die versie toe met make profiles PACKAGE=…; docs/conformance.md zegt hoe.",
            "Add that version with make profiles PACKAGE=…; docs/conformance.md says how.",
        )
    return Said(
        f"Zet profile_version: {newest} in configs/ van de omgeving; maak een nieuw plan.",
        f"Write profile_version: {newest} in the environment's file; make a new plan.",
    )


def types(seen: Observed, needs: Needs | None) -> Point:
    """Whether each type that is written can be read, searched, created and updated."""
    needed = Said(f"per soort: {', '.join(INTERACTIONS)}", f"per type: {', '.join(INTERACTIONS)}")
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
        verdict, found = Verdict.NOT_MET, Said(f"ontbreekt: {text}", f"lacking: {text}")
    elif silent:
        text = ", ".join(silent)
        verdict, found = Verdict.UNKNOWN, Said(f"zegt niets van {text}", f"says nothing of {text}")
    else:
        number = len(needs.types)
        verdict, found = Verdict.MET, Said(f"alle {number} soorten", f"all {number} types")
    return Point(id="types", verdict=verdict, found=found, needed=needed, advice=_ASK)


def history(seen: Observed, needs: Needs) -> Point:
    """Whether versions can be read back; for a plan of every version."""
    stated = dict(seen.service.interactions or ())
    verdict, found = Verdict.UNKNOWN, NOT_SEEN
    if stated and all(stated.get(t) for t in needs.types):
        lacks = [t for t in needs.types if not set(_VERSIONS) & set(stated[t])]
        verdict = Verdict.NOT_MET if lacks else Verdict.MET
        text = ", ".join(lacks)
        found = Said(f"ontbreekt: {text}", f"lacking: {text}") if lacks else Said("ja", "yes")
    return Point(
        id="history",
        verdict=verdict,
        found=found,
        needed=Said("_history of vread per soort", "_history or vread per type"),
        advice=Said(
            "Zonder geschiedenis kan verify eerdere versies niet nazien: plan in mode latest.",
            "Without history verify cannot look at earlier versions: plan in mode latest.",
        ),
    )


def conditional_create(seen: Observed, needs: Needs | None) -> Point:
    """Whether If-None-Exist is offered; where it is not, every object is looked up first."""
    offered = seen.service.conditional_create
    note = Said("; alleen de verklaring is bekeken", "; only the statement was looked at")
    if offered is None:
        return Point(id="conditional-create", verdict=Verdict.UNKNOWN, found=NOT_SEEN, advice=AGAIN)
    lacks = sorted(set(TYPES if needs is None else needs.types) - set(offered))
    if not lacks:
        found = Said(f"aangeboden{note.nl}", f"offered{note.en}")
        return Point(id="conditional-create", verdict=Verdict.MET, found=found)
    text = ", ".join(lacks)
    return Point(
        id="conditional-create",
        verdict=Verdict.NOT_MET,
        found=Said(f"niet voor {text}{note.nl}", f"not for {text}{note.en}"),
        advice=Said(
            "Elk object wordt eerst opgezocht; niemand anders mag intussen hetzelfde schrijven.",
            "Every object is looked up first; meanwhile nobody else may write the same.",
        ),
    )
