"""The words for detailed actions, which the screen and the domain's runbook share."""

from __future__ import annotations

from kt_migrate.language import tr
from kt_migrate.plan.actions import Action
from kt_migrate.plan.estimate import Basis, Estimate

_MINUTE, _HOUR = 60, 3600


def time_text(seconds: float | None) -> str:
    """Return how long something takes, as a person says it.

    >>> time_text(0.4), time_text(75), time_text(7_260)
    ('1 s', '1 min 15 s', '2 u 1 min')
    """
    if seconds is None:
        return tr("unknown")
    whole = max(1, round(seconds))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    return f"{whole // _HOUR} {tr('h')} {whole % _HOUR // _MINUTE} min"


def basis_text(estimate: Estimate) -> str:
    """Say how the time was computed, or why it is not known."""
    speed = f"{estimate.per_second or 0:.1f}"
    if estimate.measured is not None:
        run = f"{estimate.measured.env}/{estimate.measured.run}"
        writes, took = estimate.measured.writes, time_text(estimate.measured.seconds)
        capped = estimate.limit is not None and estimate.per_second == estimate.limit
        bound = tr(", bounded by limits.per_second")
        return tr(
            "Measured in {run}: {writes} writes in {took}; computed with {speed} per "
            "second{value}.",
            run=run,
            writes=writes,
            took=took,
            speed=speed,
            value=bound if capped else "",
        )
    if estimate.basis is Basis.CONFIGURED:
        return tr(
            "At least: limits.per_second is {speed}; not measured with a trial yet.", speed=speed
        )
    return tr("No rate limit, and not measured with a trial yet.")


def before_text(action: Action) -> str:
    """Say what must be true before an action starts."""
    parts = []
    if action.after:
        numbers = ", ".join(map(str, action.after))
        parts.append(tr("action {numbers}", numbers=numbers))
    if action.gates:
        steps = ", ".join(action.gates)
        parts.append(tr("step {steps}", steps=steps))
    parts.append(tr("token with {scope}", scope=action.scope))
    if action.endpoints:
        parts.append(tr("on the server already: ") + ", ".join(action.endpoints))
    return "; ".join(parts)


def check_text(action: Action) -> str:
    """Say what to check after an action."""
    total, r4_type = action.total, action.r4_type
    if not action.completes:
        return tr(
            "{count} settled; {r4_type} is complete after a later action",
            count=action.count,
            r4_type=r4_type,
        )
    return tr(
        "verify: {count} {r4_type}, hash total {hex}",
        count=total.count,
        r4_type=r4_type,
        hex=total.hex,
    )


def sources_text(action: Action) -> str:
    """Return the KT 1.3 types that an action's writes come from."""
    return ", ".join(action.source_types)
