"""Judges who we are to the server: login, certificate, clock, scopes, our Device. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from kt_migrate.errors import Said, said
from kt_migrate.kt2.scopes import letters, origins
from kt_migrate.probing.needs import OPERATIONS, Needs
from kt_migrate.probing.observing import Observed
from kt_migrate.probing.points import AGAIN, MAKE_PLAN, NO_PLAN, NOT_SEEN, Point
from kt_migrate.probing.record import Verdict
from kt_migrate.probing.service import ABSENT

TOLERANCE_SECONDS = 60
"""So far a clock may be off: the service's leeway on a token (kt2.md §4.2)."""

CERTIFICATE_DAYS = 7
"""So long a certificate must last: a migration's weekend, and the days of looking after it."""

_ROLE = said("Have this client's role completed in the domain administration; a new token has it.")


def login(seen: Observed, algorithm: str) -> Point:
    """Whether a token was given."""
    needed = said("a token")
    if seen.logged_in is None:
        return Point(
            id="login", verdict=Verdict.UNKNOWN, found=NOT_SEEN, needed=needed, advice=AGAIN
        )
    if not seen.logged_in:
        return Point(
            id="login",
            verdict=Verdict.NOT_MET,
            found=said("refused ({algorithm})", algorithm=algorithm),
            needed=needed,
            advice=said("Check client_id, key and kid, and whether the JWKS is registered there."),
        )
    life = seen.lifetime
    return Point(
        id="login",
        verdict=Verdict.MET,
        found=said("a token ({algorithm}); life not said", algorithm=algorithm)
        if life is None
        else said("a token ({algorithm}); lives {life} s", algorithm=algorithm, life=life),
        needed=needed,
    )


def clock(seen: Observed) -> Point:
    """Whether the two clocks are close enough for a token to be valid."""
    most = TOLERANCE_SECONDS
    needed = said("at most {most} s apart", most=most)
    if seen.clock is None:
        verdict, found = Verdict.UNKNOWN, said("no Date that can be read")
    elif -most <= seen.clock.least and seen.clock.most <= most:
        verdict, found = Verdict.MET, said("within {most} s", most=most)
    elif seen.clock.least > most or seen.clock.most < -most:
        ahead = seen.clock.least > 0
        verdict = Verdict.NOT_MET
        found = (
            said("server is more than {most} s ahead", most=most)
            if ahead
            else said("server is more than {most} s behind", most=most)
        )
    else:
        verdict, found = (
            Verdict.UNKNOWN,
            said("cannot be said for certain"),
        )
    return Point(
        id="clock",
        verdict=verdict,
        found=found,
        needed=needed,
        advice=said(
            "Set the clock (NTP), or have the administrators do so; else the login says no."
        ),
    )


def certificate(seen: Observed, at: datetime) -> Point:
    """Whether the server's certificate lasts for the weekend; of an https address only."""
    end = seen.certificate
    verdict, found = Verdict.UNKNOWN, NOT_SEEN
    if end is not None:
        enough = end >= at + timedelta(days=CERTIFICATE_DAYS)
        verdict = Verdict.MET if enough else Verdict.NOT_MET
        found = said("valid until {end:%Y-%m-%d}", end=end)
    return Point(
        id="certificate",
        verdict=verdict,
        found=found,
        needed=said("valid for {certificate_days} days more", certificate_days=CERTIFICATE_DAYS),
        advice=said("Ask the administrators of the environment for a new certificate."),
    )


def scopes(seen: Observed, needs: Needs | None, client_id: str) -> Point:
    """Whether the token allows what the plan does with each type."""
    needed = _needed(needs)
    unknown = _unseen_scope(seen, needs)
    if unknown is not None or needs is None:
        found, advice = unknown or (NO_PLAN, MAKE_PLAN)
        return Point(
            id="scopes", verdict=Verdict.UNKNOWN, found=found, needed=needed, advice=advice
        )
    lacks: dict[str, list[str]] = {}
    for r4_type in needs.types:
        lacks.setdefault(_lacking(_scope(seen), r4_type, client_id, OPERATIONS), []).append(r4_type)
    missing = [
        f"{lacking} ({', '.join(found)})" for lacking, found in sorted(lacks.items()) if lacking
    ]
    if not missing:
        number = len(needs.types)
        found = said("{operations} on {number} types", operations=OPERATIONS, number=number)
        return Point(id="scopes", verdict=Verdict.MET, found=found, needed=needed)
    return Point(
        id="scopes",
        verdict=Verdict.NOT_MET,
        found=said("lacking: {names}", names=", ".join(missing)),
        needed=needed,
        advice=_ROLE,
    )


def _needed(needs: Needs | None) -> Said:
    if needs is None:
        return said("what a plan does")
    text = " ".join(f"system/{r4_type}.{OPERATIONS}" for r4_type in needs.types)
    return Said(text)


def delete(seen: Observed, needs: Needs | None, client_id: str) -> Point:
    """Whether a rollback can delete; where it cannot, it ends lives instead."""
    meaning = said("Without d rollback brings an object to the end of its life.")
    unknown = _unseen_scope(seen, needs)
    if unknown is not None or needs is None:
        found, advice = unknown or (NO_PLAN, MAKE_PLAN)
        return Point(id="delete", verdict=Verdict.UNKNOWN, found=found, advice=advice)
    stated = dict(seen.service.interactions or ())
    unstated = {t for t in needs.types if stated.get(t) and "delete" not in stated[t]}
    lacks = {t for t in needs.types if _lacking(_scope(seen), t, client_id, "d")} | unstated
    if not lacks:
        found = said("d on all types")
        return Point(id="delete", verdict=Verdict.MET, found=found)
    text = ", ".join(sorted(lacks))
    return Point(
        id="delete",
        verdict=Verdict.NOT_MET,
        found=said("no d: {texts}", texts=text),
        advice=meaning,
    )


def others(seen: Observed, needs: Needs | None) -> Point:
    """Whether we see what others wrote."""
    unknown = _unseen_scope(seen, needs)
    if unknown is not None or needs is None:
        found, advice = unknown or (NO_PLAN, MAKE_PLAN)
        return Point(id="others", verdict=Verdict.UNKNOWN, found=found, advice=advice)
    limited = [t for t in needs.types if origins(_scope(seen), t, "r") is not None]
    if not limited:
        found = said("reading without a limit")
        return Point(id="others", verdict=Verdict.MET, found=found)
    text = ", ".join(limited)
    return Point(
        id="others",
        verdict=Verdict.NOT_MET,
        found=said("limited (resource-origin): {texts}", texts=text),
        advice=said("What others wrote under the same temporary identifier cannot be seen."),
    )


def device(seen: Observed, client_id: str) -> Point:
    """Whether our own Device is there: without it every create is refused."""
    needed = said("our client's Device, active")
    status = seen.service.device
    hidden = origins(_scope(seen), "Device", "r") is not None
    if status is None or (status == ABSENT and hidden):
        verdict, found = Verdict.UNKNOWN, NOT_SEEN
    elif status == "active":
        verdict, found = Verdict.MET, said("active")
    else:
        verdict = Verdict.NOT_MET
        found = said("absent") if status == ABSENT else Said(status)
    return Point(
        id="device",
        verdict=verdict,
        found=found,
        needed=needed,
        advice=said(
            "Have Device/{client_id} made in the domain administration, and reading allowed.",
            client_id=client_id,
        ),
    )


def _scope(seen: Observed) -> str:
    return " ".join(seen.service.scope or ())


def _unseen_scope(seen: Observed, needs: Needs | None) -> tuple[Said, Said] | None:
    """Return what is found, and what to do, when a scope cannot be held against a plan."""
    if seen.service.scope is None:
        if not seen.logged_in:
            return NOT_SEEN, AGAIN
        return (
            said("the login says no scope"),
            said("Ask what role this client has."),
        )
    return None if needs is not None else (NO_PLAN, MAKE_PLAN)


def _lacking(scope: str, r4_type: str, client_id: str, wanted: str) -> str:
    """Return which letters a token lacks for what we post ourselves.

    A limit of origins does no harm when it names our own Device: what we post comes from it.
    """
    granted = letters(scope, r4_type)
    ours = f"Device/{client_id}"
    lacking = [letter for letter in wanted if letter not in granted]
    for letter in wanted:
        allowed = origins(scope, r4_type, letter)
        if letter not in lacking and letter != "c" and allowed is not None and ours not in allowed:
            lacking.append(letter)
    return "".join(letter for letter in wanted if letter in lacking)
