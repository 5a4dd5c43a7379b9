"""runs/<env>/forecast.json: what a probe forecast of each subscription, for the run's briefing.

Of a subscription it has a digest and numbers: no criteria, no address.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson

from kt_migrate.probing.finding import Firing, firing
from kt_migrate.probing.subscriptions import Subscription
from kt_migrate.subscriptions.forecast import NOTHING, Fires
from kt_migrate.subscriptions.seen import Owned

SCHEMA = "kt-migrate-forecast/1"
_NAME = "forecast.json"


def write_forecast(
    root: Path, env: str, plan: str, every: Iterable[Owned], fires: Mapping[str, Fires]
) -> None:
    """Keep a forecast: mode 0600, whole or not at all.

    Args:
        root: the working folder.
        env: the environment.
        plan: SHA-256 of the plan that it is of.
        every: the subscriptions.
        fires: per logical id.
    """
    path = root / "runs" / env / _NAME
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = {one.digest: fires[one.id].as_json() for one in every if one.id in fires}
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with unfinished.open("xb") as out:
        unfinished.chmod(0o600)
        content = {"schema": SCHEMA, "environment": env, "plan": plan, "fires": kept}
        out.write(orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n")
    unfinished.replace(path)


def read_forecast(root: Path, env: str, plan: str) -> dict[str, Fires]:
    """Return what was forecast of a plan, per digest of a subscription; nothing: it was not."""
    try:
        content = orjson.loads((root / "runs" / env / _NAME).read_bytes())
        if (content["schema"], content["environment"], content["plan"]) != (SCHEMA, env, plan):
            return {}
        return {digest: Fires(**found) for digest, found in content["fires"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # it is made anew by the next probe


def firing_by(
    subscriptions: Iterable[Subscription],
    fires: Mapping[str, Fires],
    requests: Mapping[tuple[str, str], int],
) -> tuple[Firing, ...]:
    """Group subscriptions by kind with what was forecast of them, the most first.

    Args:
        subscriptions: as a probe sees them.
        fires: per digest of a subscription.
        requests: how many writes there are per (R4 type, status): for what was not forecast.
    """
    kinds: dict[tuple[str, str], list[Fires]] = {}
    rest: list[Subscription] = []
    for one in subscriptions:
        if one.digest in fires:
            kinds.setdefault((one.criteria, one.host), []).append(fires[one.digest])
        else:
            rest.append(one)
    found = [_kind(criteria, host, same) for (criteria, host), same in kinds.items()]
    every = [*found, *firing(tuple(rest), requests)]
    return tuple(sorted(every, key=lambda f: (-(f.notifications or 0), f.criteria, f.host)))


def _kind(criteria: str, host: str, same: list[Fires]) -> Firing:
    total = NOTHING
    for one in same:
        total = total.plus(one)
    return Firing(
        criteria=criteria,
        host=host,
        count=len(same),
        notifications=total.certain + total.perhaps if total.readable else None,
        exact=total.known,
    )
