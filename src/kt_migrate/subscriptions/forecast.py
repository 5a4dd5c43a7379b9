"""How many notifications a plan fires, per subscription: a forecast from what is planned.

Each write that matches is one. What is not to be said is counted apart, and never as none: a
criterion on what only the server will know, or that is not evaluated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kt_migrate.config import Environment
from kt_migrate.model import Key, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.subscriptions.criteria import Criteria, read_criteria
from kt_migrate.subscriptions.matching import Context, matches
from kt_migrate.subscriptions.parameters import SEARCHED
from kt_migrate.subscriptions.seen import Owned

_REMEMBERED = 65_536
_BY_THE_SERVER = ("AuditEvent",)
"""Types that the server writes itself, at each request: of those nobody knows how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fires:
    """What a plan fires of one subscription.

    Attributes:
        certain: so many writes match.
        perhaps: of so many more it cannot be said.
        readable: whether the criteria say of which type they are, and it is one that is counted.
    """

    certain: int
    perhaps: int
    readable: bool = True

    @property
    def known(self) -> bool:
        """Whether it is that number, and no other."""
        return self.readable and not self.perhaps

    def plus(self, other: Fires) -> Fires:
        """Return both together."""
        return Fires(
            certain=self.certain + other.certain,
            perhaps=self.perhaps + other.perhaps,
            readable=self.readable and other.readable,
        )

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {"certain": self.certain, "perhaps": self.perhaps, "readable": self.readable}


NOTHING = Fires(certain=0, perhaps=0)
UNREADABLE = Fires(certain=0, perhaps=0, readable=False)


def forecast(
    plan: Plan, subscriptions: Iterable[Owned], own: frozenset[str] | None
) -> dict[str, Fires]:
    """Evaluate the criteria of each subscription on all that a plan writes.

    Args:
        plan: what is going to be written; its resources are read once per type that is asked.
        subscriptions: those that would notify.
        own: as `origins_of` gives it.

    Returns:
        Per logical id of a subscription.
    """
    asked = {one.id: read_criteria(one.asked) for one in subscriptions}
    context = Context(own=own, target=_targets(plan))
    counted: dict[Criteria, Fires] = {}
    for r4_type in sorted({criteria.r4_type for criteria in asked.values()}):
        ours = dict.fromkeys(c for c in asked.values() if c.r4_type == r4_type)
        counted.update(_counted(plan, r4_type, list(ours), context))
    return {logical_id: counted[criteria] for logical_id, criteria in asked.items()}


def origins_of(environment: Environment, own: frozenset[str]) -> frozenset[str] | None:
    """Return from which Device all that we post comes; None: several clients write a part each."""
    return None if environment.credentials else own


def _counted(
    plan: Plan, r4_type: str, asked: Sequence[Criteria], context: Context
) -> Mapping[Criteria, Fires]:
    if not r4_type or r4_type in _BY_THE_SERVER:
        return dict.fromkeys(asked, UNREADABLE)
    certain, perhaps = dict.fromkeys(asked, 0), dict.fromkeys(asked, 0)
    for resource in plan.bodies(r4_type) if r4_type in SEARCHED else ():
        for criteria in asked:
            verdict = matches(criteria, resource, context)
            certain[criteria] += verdict is True
            perhaps[criteria] += verdict is None
    return {c: Fires(certain=certain[c], perhaps=perhaps[c]) for c in asked}


def _targets(plan: Plan) -> Callable[[str], Resource | None]:
    @lru_cache(maxsize=_REMEMBERED)
    def target(reference: str) -> Resource | None:
        r4_type, _, identifier = reference.partition("?identifier=")
        system, _, value = identifier.partition("|")
        write = plan.write(Key(r4_type=r4_type, system=system, value=value))
        return None if write is None else write.resource

    return target


def per_owner(
    subscriptions: Iterable[Owned], fires: Mapping[str, Fires]
) -> dict[tuple[str, str], Fires]:
    """Add a forecast up per (owner, R4 type), the owner as it is called."""
    found: dict[tuple[str, str], Fires] = {}
    for one in subscriptions:
        if one.id in fires:
            key = (one.owner_name or one.owner, read_criteria(one.asked).r4_type)
            found[key] = found.get(key, NOTHING).plus(fires[one.id])
    return found
