"""What KT 2.0 does with Subscriptions beside keeping them. Source: TOP-KT-006, kt2.md §1.10, §6.

Nobody is notified: this is about what a client sees.
"""

from __future__ import annotations

from collections.abc import Iterator

from kt_migrate.model import PROFILE_BASE, Json, Resource

APPLICATION = "sandbox-application"
"""Client of the application that the subscriptions of a sandbox's start come from."""
_STATI = frozenset({"requested", "active", "error", "off"})
_FORBIDDEN = "payload"


def subscription(criteria: str) -> Resource:
    """Return an active Subscription of some application."""
    return {
        "resourceType": "Subscription",
        "meta": {"profile": [f"{PROFILE_BASE}Subscription"]},
        "status": "active",
        "reason": "sandbox",
        "criteria": criteria,
        "channel": {"type": "rest-hook", "endpoint": "https://app.example/hooks/kt2"},
    }


def is_asked_for(resource: Resource) -> bool:
    """Whether it is a Subscription that the server is still to make active."""
    return (resource.get("resourceType"), resource.get("status")) == ("Subscription", "requested")


def subscription_problems(resource: Resource) -> Iterator[tuple[str, str]]:
    """Yield (path, rule) of what the service answers 422 for; nothing of another type."""
    if resource.get("resourceType") != "Subscription":
        return
    if resource.get("status") not in _STATI:
        yield "Subscription.status", "code"
    for name in ("reason", "criteria"):
        if not resource.get(name):
            yield f"Subscription.{name}", "min"
    yield from _channel(resource.get("channel"))


def _channel(channel: Json) -> Iterator[tuple[str, str]]:
    if not isinstance(channel, dict):
        yield "Subscription.channel", "min"
        return
    if channel.get("type") != "rest-hook":
        yield "Subscription.channel.type", "fixed"
    if not str(channel.get("endpoint", "https://")).startswith("https://"):
        yield "Subscription.channel.endpoint", "https"
    if _FORBIDDEN in channel:
        yield f"Subscription.channel.{_FORBIDDEN}", "max"
