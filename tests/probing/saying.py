"""Every sentence of a probe, in both languages: `python tests/probing/saying.py` writes said.txt.

Run it from the root with `PYTHONPATH=src:tests`, and read what it changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kt_migrate.errors import ServerUnavailableError
from kt_migrate.language import shown
from kt_migrate.probing.needs import Needs
from kt_migrate.probing.observing import Observed
from kt_migrate.probing.points import Point
from probing.cases import ONE_THING
from probing.observations import CLIENT, NEEDS, SEEN, judged, nothing_seen, with_scope, with_service
from probing.services import subscription

SAID = Path(__file__).with_name("said.txt")
_OWN = f"?resource-origin=Device/{CLIENT}"
_REST = ("system/Device.rs", "system/Subscription.rs")
_KINDS = ("Task?status=ready", "Patient?x=1", "[what", "Device")

AWAY = ServerUnavailableError("It is away.", where="GET metadata", fix="Wait.")
MORE: list[tuple[str, Observed, Needs | None]] = [
    ("no plan", SEEN, None),
    ("no plan and nothing to see", Observed(service=nothing_seen(), there={}, stopped_by=AWAY), None),
    ("nothing to see", Observed(service=nothing_seen(), there={}, stopped_by=AWAY), NEEDS),
    ("no plan and a subscription", with_service(subscriptions=(subscription(),)), None),
    ("no plan, no profile", with_service(profiles=None), None),
    ("a newer profile", with_service(profiles=("9.9.9",)), NEEDS),
    ("no scope said", with_scope(), NEEDS),
    ("scopes too few", with_scope("system/Patient.cru", "system/Task.rs", *_REST), NEEDS),
    ("scopes of our own", with_scope(f"system/*.cruds{_OWN}"), NEEDS),
    ("no subscriptions allowed", replace(with_scope("system/Task.cruds", "system/Patient.cruds"), service=replace(with_scope("system/Task.cruds", "system/Patient.cruds").service, subscriptions=None)), NEEDS),
    ("several kinds of subscription", with_service(subscriptions=tuple(map(subscription, _KINDS))), NEEDS),
    ("some may be counted", replace(with_scope(f"system/*.cruds{_OWN}"), there={NEEDS.systems[0]: 4}), NEEDS),
    ("two systems of one type", replace(SEEN, there={("Task", "a"): 2, ("Task", "b"): 3}), NEEDS),
    ("a life not said", replace(SEEN, lifetime=None), NEEDS),
    ("much, but no limit", replace(with_service(search_limit=None), largest=9_999), NEEDS),
]  # fmt: skip


def said() -> str:
    """Return every sentence: all points of a good environment, then per case what is other."""
    good = judged()
    lines = ["good", *(line for point in good.values() for line in _point(point))]
    for name, seen, needs in [*((n, s, NEEDS) for n, s, _points in ONE_THING), *MORE]:
        lines += ["", name]
        for point_id, point in judged(seen, needs).items():
            if point != good.get(point_id):
                lines += _point(point)
    return "\n".join(lines) + "\n"


def _point(point: Point) -> Iterator[str]:
    yield f"  {point.id}: {point.verdict}"
    for about, text in (("found", point.found), ("needed", point.needed), ("do", point.advice)):
        if text:
            yield f"    {about}: {text}"
            yield f"    {' ' * len(about)}  {shown(text)}"


if __name__ == "__main__":
    SAID.write_text(said(), encoding="utf-8")
