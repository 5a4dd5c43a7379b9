"""Whether environments are apart (draaiboek, Bijlage B): pure, on what was seen of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import PurePath

from kt_migrate.config.environment import Limits
from kt_migrate.config.mistakes import FIX_SHARED, Fact, Mistake, Side
from kt_migrate.errors import Said, said

ENDS_SOON = timedelta(days=30)
"""A certificate that ends sooner is warned of: a new one takes weeks."""

_OF_A_CLIENT = frozenset({"client_id", "kid", "key", "keyring entry", "command"})

TRIED_FOR = (("prd2", "mgr2"),)
"""What is done on the first was tried on the second."""


def shared(sides: Sequence[Side]) -> tuple[Mistake, ...]:
    """Return everything that two environments have both, with both places.

    The first of a pair is the one that comes first in `sides`.
    """
    found: dict[tuple[str, ...], Mistake] = {}
    for mine, theirs in combinations(sides, 2):
        for what, here, there in _both(mine, theirs):
            mistake = Mistake(
                code=f"shared-{what.replace('_', '-').replace(' ', '-')}",
                environments=(mine.name, theirs.name),
                places=(here, there),
                what=said(
                    "The environments {name} and {name2} share a {what}.",
                    name=mine.name,
                    name2=theirs.name,
                    what=Said(what),
                ),
                fix=FIX_SHARED,
            )
            found.setdefault((what, *mistake.places), mistake)
    return tuple(found.values())


def _both(mine: Side, theirs: Side) -> Iterator[tuple[str, str, str]]:
    for fact in mine.facts:
        for other in theirs.facts:
            if (fact.what, fact.value) == (other.what, other.value):
                yield fact.what, fact.where, other.where
    if mine.runs is not None and theirs.runs is not None and _within(mine.runs, theirs.runs):
        yield "run folder", mine.runs.where, theirs.runs.where


def shared_within(name: str, facts: Sequence[Fact]) -> tuple[Mistake, ...]:
    """Return what two clients of one environment have both: each has its own id and key.

    Args:
        name: the environment.
        facts: of all its clients; the host and the certificate are theirs together.
    """
    found: dict[str, Mistake] = {}
    for mine, other in combinations([fact for fact in facts if fact.what in _OF_A_CLIENT], 2):
        if (mine.what, mine.value) == (other.what, other.value) and mine.where != other.where:
            mistake = Mistake(
                code=f"clients-share-{mine.what.replace('_', '-').replace(' ', '-')}",
                environments=(name,),
                places=(mine.where, other.where),
                what=said("Two clients of {name} share a {what}.", name=name, what=mine.what),
                fix=said("Give each client its own: the server knows by it who brought what."),
            )
            found.setdefault(mine.what, mistake)
    return tuple(found.values())


def _within(one: Fact, other: Fact) -> bool:
    """Whether one folder is, or lies in, the other."""
    first, second = PurePath(one.value), PurePath(other.value)
    return first.is_relative_to(second) or second.is_relative_to(first)


def out_of_date(side: Side, now: datetime) -> tuple[tuple[Mistake, ...], tuple[Mistake, ...]]:
    """Return the mistakes and the warnings about how long a client certificate is valid.

    Args:
        side: whose.
        now: the moment, with its zone.
    """
    seen = side.certified
    if seen is None:
        return (), ()
    name, begins, ends = side.name, seen.begins, seen.ends
    if now > seen.ends:
        return (
            _about(
                side,
                "ended",
                said("The certificate of {name} ended on {ends:%Y-%m-%d}.", name=name, ends=ends),
            ),
        ), ()
    if now < seen.begins:
        return (
            _about(
                side,
                "not-begun",
                said(
                    "The certificate of {name} begins on {begins:%Y-%m-%d}.",
                    name=name,
                    begins=begins,
                ),
            ),
        ), ()
    if seen.ends - now < ENDS_SOON:
        return (), (
            _about(
                side,
                "ends-soon",
                said("The certificate of {name} ends on {ends:%Y-%m-%d}.", name=name, ends=ends),
            ),
        )
    return (), ()


def _about(side: Side, code: str, what: str) -> Mistake:
    return Mistake(
        code=f"certificate-{code}",
        environments=(side.name,),
        places=(side.places["certificate"],),
        what=what,
        fix=said("Ask for a new one in time, with a key of its own."),
    )


def untried_limits(sides: Sequence[Side]) -> tuple[Mistake, ...]:
    """Return a warning per limit that is higher than where it was tried."""
    known = {side.name: side for side in sides if side.environment is not None}
    return tuple(
        warning
        for name, tried in TRIED_FOR
        if name in known and tried in known
        for warning in _higher(known[name], known[tried])
    )


def _higher(side: Side, tried: Side) -> Iterator[Mistake]:
    if side.environment is None or tried.environment is None:
        return
    mine, theirs = side.environment.limits, tried.environment.limits
    for limit in Limits.model_fields:
        if _height(limit, mine) > _height(limit, theirs):
            yield Mistake(
                code="limit-untried",
                environments=(side.name, tried.name),
                places=(side.places[f"limits.{limit}"], tried.places[f"limits.{limit}"]),
                what=said(
                    "The limit {limit} of {name} is higher than that of {name2}.",
                    limit=limit,
                    name=side.name,
                    name2=tried.name,
                ),
                fix=said("Try it on {name} first, or lower it.", name=tried.name),
            )


def _height(limit: str, limits: Limits) -> float:
    """Return how high a limit is; 0 is none, where that is how none is written."""
    value = float(getattr(limits, limit))
    return float("inf") if limit in {"per_second", "errors_in_a_row"} and value == 0 else value


_WORDS = (
    said("address"),
    said("certificate"),
    said("command"),
    said("key"),
    said("keyring entry"),
    said("run folder"),
)
"""What two environments can share that has a word of its own in another language."""
