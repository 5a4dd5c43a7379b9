"""The detailed actions of a migration (draaiboek K.6): a plan's writes in numbered groups.

An action is one run of consecutive writes in the plan: one stage, one R4 type, one system of
temporary identifiers. Pure but for the plan that it is given: the same plan, pace and settings
give the same actions, and no clock is read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kt_migrate.books import HashTotal
from kt_migrate.plan.estimate import Estimate
from kt_migrate.plan.store import Plan

GATES = {
    "local": (),
    "acc21": ("L.5",),
    "acc22": ("L.9",),
    "mgr2": ("M.1",),
    "prd2": ("O.10", "P.7"),
}
"""Steps of the draaiboek that must be done before anything is written, per environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One numbered action: what is written, by whom, when, how many, how long, and what to check.

    Attributes:
        number: from 1, in the order of writing.
        r4_type: what is written.
        source_types: the KT 1.3 types that it comes from; nearly always one.
        system: system of the temporary identifiers.
        client, credentials: whose credentials write it: client id, and the name in the config.
        stage: what it refers to has a lower one.
        first, last: numbers of the writes in the plan.
        count: how many objects are written.
        versions: how many earlier versions of them go before (mode `every-version`).
        seconds: how long all of those requests take; None: unknown.
        after: numbers of the actions of which something must be there first, sorted.
        gates: steps of the draaiboek that must be done before.
        scope: what the token must allow.
        endpoints: what must be on the server already, by its own reference.
        completes: whether all of its R4 type is there after it.
        total: of its R4 type in the whole plan: what verify must find when it completes.
    """

    number: int
    r4_type: str
    source_types: tuple[str, ...]
    system: str
    client: str
    credentials: str
    stage: int
    first: int
    last: int
    count: int
    versions: int
    seconds: float | None
    after: tuple[int, ...]
    gates: tuple[str, ...]
    scope: str
    endpoints: tuple[str, ...]
    completes: bool
    total: HashTotal

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it and actions.json keeps it."""
        return {
            "number": self.number,
            "writes": {"r4_type": self.r4_type, "source_types": list(self.source_types)},
            "system": self.system,
            "by": {"client_id": self.client, "credentials": self.credentials},
            "stage": self.stage,
            "first": self.first,
            "last": self.last,
            "count": self.count,
            "versions": self.versions,
            "seconds": self.seconds,
            "before": {
                "actions": list(self.after),
                "steps": list(self.gates),
                "token": True,
                "scope": self.scope,
                "on_server": list(self.endpoints),
            },
            "check": {
                "r4_type": self.r4_type,
                "completes": self.completes,
                **self.total.as_json(),
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Whose credentials write: the environment's own, and those of its other clients.

    Attributes:
        environment: of which environment.
        client: client id.
        others: client id per other client's name.
    """

    environment: str
    client: str
    others: Mapping[str, str] = field(default_factory=dict)

    def of(self, names: Iterable[str]) -> str:
        """Return the client ids of clients of ours; an empty name is the environment's own."""
        return ", ".join(self.others.get(name, self.client) for name in names)

    @property
    def credentials(self) -> str:
        """Where the client is configured."""
        return f"configs/{self.environment}.yaml"


def actions_of(
    plan: Plan, writer: Writer, estimate: Estimate, endpoints: Mapping[str, tuple[str, ...]]
) -> tuple[Action, ...]:
    """Number what a plan does.

    Args:
        plan: the plan.
        writer: whose credentials write.
        estimate: how fast it goes.
        endpoints: per R4 type what must be on the server already (`Endpoint/12`).

    Returns:
        The actions, in the order of writing; together they hold every write of the plan once.
    """
    groups = plan.groups()
    after = _after(plan, [group.last for group in groups])
    totals = plan.hash_totals()
    finished = {group.r4_type: number for number, group in enumerate(groups, 1)}
    return tuple(
        Action(
            number=number,
            r4_type=group.r4_type,
            source_types=group.source_types,
            system=group.system,
            client=writer.of(plan.clients(group.first, group.last)),
            credentials=writer.credentials,
            stage=group.stage,
            first=group.first,
            last=group.last,
            count=group.last - group.first + 1,
            versions=group.versions,
            seconds=estimate.seconds(group.last - group.first + 1 + group.versions),
            after=tuple(sorted(after[number])),
            gates=GATES[writer.environment],
            scope=f"system/{group.r4_type}.crus",
            endpoints=endpoints.get(group.r4_type, ()),
            completes=finished[group.r4_type] == number,
            total=totals.get(group.r4_type, HashTotal()),
        )
        for number, group in enumerate(groups, 1)
    )


def _after(plan: Plan, lasts: Sequence[int]) -> Mapping[int, set[int]]:
    """Return per action those that it refers to; `lasts` has the last write of each."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for seq, target in plan.references():
        found[bisect_left(lasts, seq) + 1].add(bisect_left(lasts, target) + 1)
    return found
