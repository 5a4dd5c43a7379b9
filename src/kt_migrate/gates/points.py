"""What a point of a gate is: what must be true before GO. The points themselves stand beside this.

Sources: the draaiboek, stages O and Q, and its Bijlage B.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from kt_migrate.errors import GateError, UsageError, said
from kt_migrate.gates.people import Role
from kt_migrate.gates.records import Gate, Kind
from kt_migrate.language import shown

GATED = frozenset({"prd2", "local"})
"""Environments that have gates: production, and the sandbox to practise on."""
REHEARSAL: Mapping[str, str] = {"prd2": "mgr2", "local": "local"}
"""Where an environment's migration is rehearsed."""

_LIKE_A_POINT = re.compile(r"[A-Za-z]?[0-9.]{1,6}", re.ASCII)
_PROVIDER = frozenset({Role.PROVIDER})
DAY = timedelta(days=1)
LASTS: Mapping[Gate, timedelta] = {Gate.PRE: timedelta(hours=72), Gate.POST: 30 * DAY}
"""How long a GO holds at most."""
HOLDS = 30 * DAY
"""How long what a person says is good, unless the point says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a gate.

    Attributes:
        id: what a person types: the draaiboek's number, and a second one for what the tool adds.
        gate: which gate.
        step: the draaiboek's step, or `B eis 2`, that it comes from.
        text: what must be true, in the draaiboek's words (`said`).
        few: the same in a few words, for a screen.
        kind: whether the tool measures it, a person attests it, or it is the decision.
        roles: who may attest or decide; of a measured point who may say what cannot be measured.
        good: how long an attestation holds.
        sees: what an attestation is about: `trial`, `archive`, `errors` (the error list of the
            run), `run`, `judged` (the run, and what was said of its samples); when that changes
            it no longer holds. Empty: nothing that the tool has.
        after: it comes after the decision, and does not stand in its way.
        follows: of what comes after: the point that must be met first.
        envs: environments that need it.
    """

    id: str
    gate: Gate
    step: str
    text: str
    few: str
    kind: Kind = Kind.ATTESTED
    roles: frozenset[Role] = _PROVIDER
    good: timedelta = HOLDS
    sees: str = ""
    after: bool = False
    follows: str = ""
    envs: frozenset[str] = GATED

    @property
    def short(self) -> str:
        """The few words, in the chosen language."""
        return shown(self.few)

    @property
    def sentence(self) -> str:
        """The whole sentence, in the chosen language."""
        return shown(self.text)

    @property
    def attestable(self) -> bool:
        """Whether a person's word counts; never against a measurement that says no."""
        return self.kind is not Kind.DECIDED and bool(self.roles)


def measured(gate: Gate, name: str, step: str, text: str, few: str) -> Point:
    """Return a point that the tool measures, and of which nobody's word takes the place."""
    return Point(
        id=name,
        gate=gate,
        step=step,
        text=text,
        few=few,
        kind=Kind.MEASURED,
        roles=frozenset(),
    )


def needed(points: tuple[Point, ...], env: str) -> tuple[Point, ...]:
    """Return the points that an environment needs.

    Raises:
        UsageError: it has no gate.
    """
    if env not in GATED:
        raise UsageError(
            said("The environment {env} has no gate.", env=env),
            where=f"--env {env}",
            fix="Choose prd2, or local to practise.",
        )
    found = tuple(point for point in points if env in point.envs)
    if not found:  # no check is no pass
        raise GateError(
            "This gate has no points, and then nothing passes.",
            where=f"--env {env}",
            fix="Report this: it is a defect.",
        )
    return found


def named_point(points: tuple[Point, ...], name: str) -> Point:
    """Return the point that a person typed: `o.5` is `O.5`.

    Raises:
        UsageError: there is no such point; the nearest is named.
    """
    known = {point.id.casefold(): point for point in points}
    found = known.get(name.strip().casefold())
    if found is not None:
        return found
    near = get_close_matches(name.strip().casefold(), known, n=1, cutoff=0.3)
    nearest = known[near[0]] if near else points[0]
    raise UsageError(
        said("The gate has no point {name}.", name=name)
        if _LIKE_A_POINT.fullmatch(name)  # what is unlike may be anybody's name
        else said("The gate has no such point."),
        where="POINT",
        fix=said("Perhaps {id} is meant: {short}.", id=nearest.id, short=nearest.few),
    )


def role_of(name: str) -> Role:
    """Return the role that a person typed.

    Raises:
        UsageError: the draaiboek has no such role; the nearest is named.
    """
    known = [role.value for role in Role]
    if name.casefold() in known:
        return Role(name.casefold())
    near = get_close_matches(name.casefold(), known, n=1, cutoff=0.3) or known[:1]
    raise UsageError(
        "The draaiboek has no such role.",
        where="--role",
        fix=said(
            "Perhaps {near} is meant; there are {names}.", near=near[0], names=", ".join(known)
        ),
    )


def decision(points: tuple[Point, ...]) -> Point:
    """Return the point that is the decision itself."""
    return next(point for point in points if point.kind is Kind.DECIDED)
