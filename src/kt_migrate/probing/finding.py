"""Judges what can be found on the server, and what is there already. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kt_migrate.errors import Said, said
from kt_migrate.kt2.scopes import letters, origins
from kt_migrate.probing.limits import KNOWN_LIMIT, LOOKED_AT, NO_END
from kt_migrate.probing.needs import Needs
from kt_migrate.probing.observing import Observed
from kt_migrate.probing.points import AGAIN, NOT_SEEN, NOTHING, Point
from kt_migrate.probing.record import Verdict
from kt_migrate.probing.subscriptions import Subscription


def search(seen: Observed) -> Point:
    """Whether what has a temporary identifier can be found and counted."""
    found = seen.searching
    states = (found.finds, found.counts)
    verdict = Verdict.UNKNOWN
    words = NOT_SEEN
    if False in states:
        verdict = Verdict.NOT_MET
        words = (
            said("search by temporary identifier is wrong")
            if found.finds is False
            else said("_summary=count does not count")
        )
    elif None not in states:
        verdict, words = Verdict.MET, said("finds and counts")
    return Point(
        id="search",
        verdict=verdict,
        found=words,
        needed=said("search by temporary identifier; _summary=count"),
        advice=said(
            "Without searching nothing can be found again or verified: ask the administrators."
        ),
    )


def paging(seen: Observed) -> Point:
    """Whether a type can be read through: by order of change, or by `next`."""
    found = seen.searching
    if True in (found.sorts, found.pages):
        roads = [
            name
            for name, works in (("_sort=_lastUpdated", found.sorts), ("link next", found.pages))
            if works
        ]
        text = " + ".join(roads)
        return Point(id="paging", verdict=Verdict.MET, found=Said(text))
    if False in (found.sorts, found.pages):
        return Point(
            id="paging",
            verdict=Verdict.NOT_MET,
            found=said("neither order nor next works"),
            advice=said("verify will say that it could not look (25)."),
        )
    return Point(
        id="paging",
        verdict=Verdict.UNKNOWN,
        found=said("too little there to page through"),
    )


def search_limit(seen: Observed) -> Point:
    """After how many hits a search ends; kt-migrate reads past that, and counts."""
    limit = seen.service.search_limit
    advice = said("kt-migrate reads past it, and counts before and after.")
    if limit is None:
        return Point(
            id="search-limit",
            verdict=Verdict.UNKNOWN,
            found=said("not measured: paging ended before")
            if seen.largest > KNOWN_LIMIT
            else said(
                "not measurable: of no type more than {known_limit} can be seen",
                known_limit=KNOWN_LIMIT,
            ),
            advice=advice,
        )
    if limit == NO_END:
        found = said("none up to {looked_at} hits", looked_at=LOOKED_AT)
    else:
        found = said("ends after {limit} hits", limit=limit)
    return Point(id="search-limit", verdict=Verdict.MET, found=found, advice=advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """Subscriptions of one kind, and what a plan fires of them.

    Attributes:
        criteria: as shown.
        host: of their endpoint.
        count: how many of them.
        notifications: what one plan fires of all of them; None: it cannot be said.
        exact: whether it is that number; else at most.
    """

    criteria: str
    host: str
    count: int
    notifications: int | None
    exact: bool


def firing(
    subscriptions: tuple[Subscription, ...], requests: Mapping[tuple[str, str], int]
) -> tuple[Firing, ...]:
    """Group subscriptions by kind, and forecast what a plan fires; the most first."""
    kinds: dict[tuple[str, str], list[Subscription]] = {}
    for each in subscriptions:
        kinds.setdefault((each.criteria, each.host), []).append(each)
    found = [
        Firing(
            criteria=criteria,
            host=host,
            count=len(same),
            notifications=len(same) * same[0].fires(requests) if same[0].r4_type else None,
            exact=same[0].only_status,
        )
        for (criteria, host), same in kinds.items()
    ]
    return tuple(sorted(found, key=lambda f: (-(f.notifications or 0), f.criteria, f.host)))


def subscriptions(seen: Observed, needs: Needs | None) -> Point:
    """Which subscriptions are in force: each write that one matches is a notification."""
    needed = said("all subscriptions seen")
    known = seen.service.subscriptions
    scope = " ".join(seen.service.scope or ())
    if known is not None and not seen.service.scope:
        found = said("{known} to be seen", known=len(known))
    elif known is None:
        may = not seen.service.scope or "r" in letters(scope, "Subscription")
        found = NOT_SEEN if may else said("may not be read (scope)")
    elif origins(scope, "Subscription", "r") is not None:
        found = said("{known} of our own; others hidden", known=len(known))
    else:
        return Point(
            id="subscriptions",
            verdict=Verdict.MET,
            found=_forecast(known, needs),
            needed=needed,
            advice=_TELL if known else NOTHING,
        )
    return Point(
        id="subscriptions",
        verdict=Verdict.UNKNOWN,
        found=found,
        needed=needed,
        advice=said(
            "Ask for system/Subscription.rs without a limit, or for a list of the administration."
        ),
    )


_TELL = said(
    "Nothing suppresses a notification: have their owners switch them off, or know what comes."
)


def _forecast(known: tuple[Subscription, ...], needs: Needs | None) -> Said:
    number = len(known)
    if needs is None or not known:
        return said("{number} in force", number=number)
    fired = firing(known, needs.requests)
    readable = [each for each in fired if each.notifications is not None]
    total = sum(each.notifications or 0 for each in readable)
    exact = all(each.exact for each in readable)
    rest = number - sum(each.count for each in readable)
    plan = (
        said("{number} in force; this plan: {total} notifications", number=number, total=total)
        if exact
        else said(
            "{number} in force; this plan: at most {total} notifications",
            number=number,
            total=total,
        )
    )
    return said("{known}; {rest} cannot be read", known=plan, rest=rest) if rest else plan


def there(seen: Observed, systems: tuple[tuple[str, str], ...]) -> Point:
    """What is on the server already with a temporary identifier of our systems."""
    scope = " ".join(seen.service.scope or ())
    whole = all(kind in seen.there and origins(scope, kind[0], "r") is None for kind in systems)
    per_type: dict[str, int] = {}
    for (r4_type, _system), number in seen.there.items():
        per_type[r4_type] = per_type.get(r4_type, 0) + number
    text = ", ".join(f"{t} {n}" for t, n in sorted(per_type.items()) if n)
    found = Said(text) if text else said("nothing")
    if not seen.there:
        found = NOT_SEEN
    elif not whole:
        found = said("of what can be seen: {found}", found=found)
    return Point(
        id="there",
        verdict=Verdict.MET if whole and systems else Verdict.UNKNOWN,
        found=found,
        advice=said("kt-migrate plan --probe says whose it is, and whether it is equal.")
        if text
        else AGAIN
        if not seen.there
        else NOTHING,
    )
