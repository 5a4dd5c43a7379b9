"""Things that a probe may have seen other than good, each with the points that then are not met."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kt_migrate.probing.access import CERTIFICATE_DAYS
from kt_migrate.probing.observing import Clock, Observed, Searching
from kt_migrate.probing.record import Verdict
from kt_migrate.probing.service import TYPES
from probing.observations import AT, NEEDS, SEEN, with_service
from probing.services import CRUDS, subscription

NOT_MET, UNKNOWN = Verdict.NOT_MET, Verdict.UNKNOWN


def without(r4_type: str, *codes: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what may be done, with less on one type."""
    left = tuple(code for code in CRUDS if code not in codes)
    return tuple((t, left if t == r4_type else CRUDS) for t in TYPES)


ONE_THING: list[tuple[str, Observed, dict[str, Verdict]]] = [
    ("login refused", replace(SEEN, logged_in=False), {"login": NOT_MET}),
    ("login not asked", replace(SEEN, logged_in=None), {"login": UNKNOWN}),
    ("clock ahead", replace(SEEN, clock=Clock(least=61, most=63)), {"clock": NOT_MET}),
    ("clock behind", replace(SEEN, clock=Clock(least=-63, most=-61)), {"clock": NOT_MET}),
    ("clock slow answer", replace(SEEN, clock=Clock(least=-90, most=2)), {"clock": UNKNOWN}),
    ("clock at the edge", replace(SEEN, clock=Clock(least=59, most=61)), {"clock": UNKNOWN}),
    ("clock just right", replace(SEEN, clock=Clock(least=-60, most=60)), {}),
    ("no clock", replace(SEEN, clock=None), {"clock": UNKNOWN}),
    ("no certificate", replace(SEEN, certificate=None), {"certificate": UNKNOWN}),
    (
        "certificate too short",
        replace(SEEN, certificate=AT + timedelta(days=CERTIFICATE_DAYS, seconds=-1)),
        {"certificate": NOT_MET},
    ),
    (
        "certificate just long enough",
        replace(SEEN, certificate=AT + timedelta(days=CERTIFICATE_DAYS)),
        {},
    ),
    ("another FHIR", with_service(fhir_version="5.0.0"), {"fhir": NOT_MET}),
    ("no FHIR version", with_service(fhir_version=""), {"fhir": UNKNOWN}),
    ("another profile", with_service(profiles=("0.16.2",)), {"profile": NOT_MET}),
    ("one of two profiles", with_service(profiles=("0.16.2", "0.16.3")), {}),
    ("no profile said", with_service(profiles=()), {"profile": UNKNOWN}),
    ("no Device", with_service(device="absent"), {"device": NOT_MET}),
    ("Device off", with_service(device="inactive"), {"device": NOT_MET}),
    ("Device hidden", with_service(device=None), {"device": UNKNOWN}),
    ("no update", with_service(interactions=without("Task", "update")), {"types": NOT_MET}),
    ("no search", with_service(interactions=without("Task", "search-type")), {"types": NOT_MET}),
    ("no delete", with_service(interactions=without("Task", "delete")), {"delete": NOT_MET}),
    ("of another type", with_service(interactions=without("CareTeam", *CRUDS)), {}),
    (
        "a type that is not there",
        with_service(interactions=tuple((t, CRUDS) for t in TYPES if t != "Task")),
        {"types": NOT_MET, "history": UNKNOWN},
    ),
    (
        "a type of which nothing is said",
        with_service(interactions=without("Task", *CRUDS)),
        {"types": UNKNOWN, "history": UNKNOWN},
    ),
    (
        "no history",
        with_service(interactions=without("Task", "history-instance", "vread")),
        {"history": NOT_MET},
    ),
    ("no vread", with_service(interactions=without("Task", "vread")), {}),
    ("no conditional create", with_service(conditional_create=()), {"conditional-create": NOT_MET}),
    ("not for one type", with_service(conditional_create=("Patient",)), {"conditional-create": NOT_MET}),
    ("for those of the plan", with_service(conditional_create=("Patient", "Task")), {}),
    ("searches find wrongly", replace(SEEN, searching=Searching(finds=False, counts=True, pages=True)), {"search": NOT_MET}),
    ("searches do not count", replace(SEEN, searching=Searching(finds=True, counts=False, sorts=True)), {"search": NOT_MET}),
    ("searches not seen", replace(SEEN, searching=Searching(sorts=True)), {"search": UNKNOWN}),
    ("nothing to page", replace(SEEN, searching=Searching(finds=True, counts=True)), {"paging": UNKNOWN}),
    ("no paging", replace(SEEN, searching=Searching(finds=True, counts=True, sorts=False, pages=False)), {"paging": NOT_MET}),
    ("limit not measured", with_service(search_limit=None), {"search-limit": UNKNOWN}),
    ("no limit", with_service(search_limit=0), {}),
    ("subscriptions not seen", with_service(subscriptions=None), {"subscriptions": UNKNOWN}),
    ("a subscription", with_service(subscriptions=(subscription(),)), {}),
    ("counts not seen", replace(SEEN, there={}), {"there": UNKNOWN}),
    ("one count not seen", replace(SEEN, there={NEEDS.systems[0]: 0}), {"there": UNKNOWN}),
    ("something there", replace(SEEN, there=dict.fromkeys(NEEDS.systems, 9)), {}),
]  # fmt: skip
