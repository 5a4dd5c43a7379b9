"""Services made up, and one that is as good as it can be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from kt_migrate.probing.service import NAMES, TYPES, Service
from kt_migrate.probing.subscriptions import Subscription, subscription_of

CRUDS = ("create", "delete", "history-instance", "read", "search-type", "update", "vread")

GOOD = Service(
    software="KT 2.0 1.2.3",
    fhir_version="4.0.1",
    profiles=("0.16.3",),
    conditional_create=TYPES,
    interactions=tuple((r4_type, CRUDS) for r4_type in TYPES),
    scope=tuple(sorted(f"system/{t}.cruds" for t in (*TYPES, "Device", "Subscription"))),
    device="active",
    subscriptions=(),
    search_limit=None,
)


def subscription(criteria: str = "Task?status=ready", **more: object) -> Subscription:
    """Return a subscription in force."""
    content: dict[str, Any] = {
        "status": "active",
        "criteria": criteria,
        "channel": {"type": "rest-hook", "endpoint": "https://app.example/hooks/secret-path"},
        **more,
    }
    made = subscription_of(content)
    assert made is not None
    return made


OTHERS: dict[str, tuple[object, ...]] = {
    "software": ("other", None, ""),
    "fhir_version": ("5.0.0", None, ""),
    "profiles": (("0.16.2",), (), None),
    "conditional_create": ((), TYPES[:3], None),
    "interactions": (GOOD.interactions[1:] if GOOD.interactions else (), None),
    "scope": (("system/Task.rs",), None),
    "device": ("absent", "inactive", None),
    "subscriptions": ((subscription(),), (subscription("Patient"),), None),
    "search_limit": (2_200, 0, None),
}


def with_(name: str, value: object) -> Service:
    """Return the good service with one thing other."""
    changed: dict[str, Any] = {name: value}
    return replace(GOOD, **changed)


@st.composite
def services(draw: st.DrawFn) -> Service:
    """Draw a service of which anything may be other, or not seen."""
    changed: dict[str, Any] = {}
    for name in NAMES:
        if draw(st.booleans()):
            changed[name] = draw(st.sampled_from(OTHERS[name]))
    return replace(GOOD, **changed)
