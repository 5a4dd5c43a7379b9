"""Mode `every-version`: whether the server's history of each object tells what was planned.

Its last state is compared with everything else (`compare`). Here each object that has earlier
versions is asked for all that the server kept of it: the planned ones must be there, in their
order, by their digests. What somebody wrote in between or later does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby, islice

from kt_migrate.books import canonical, digest
from kt_migrate.kt2.versions import Historian, read_versions
from kt_migrate.model import Resource
from kt_migrate.plan.rows import PlannedWrite
from kt_migrate.plan.store import Plan
from kt_migrate.verify.compare import LISTED, Difference, Histories, VerifyResult
from kt_migrate.verify.read_back import ReadBack, There
from kt_migrate.verify.written import Written

AT_ONCE = 8
"""So many histories are asked for at a time."""


async def with_histories(
    plan: Plan,
    client: Historian,
    there: ReadBack,
    written: Written,
    result: VerifyResult,
    others: Mapping[str, Historian],
) -> VerifyResult:
    """Add to a verification what the histories say; nothing in mode `latest`.

    Each is asked for as the client that wrote it, `client` or one of `others`.

    Raises:
        CouldNotLookError: the server does not give them.
        LoginError, ServerUnavailableError: the server could not be looked at.
    """
    differences, counts = list(result.differences), dict(result.counts)
    read = cut_short = 0
    todo = _asked(plan, there)
    while batch := list(islice(todo, AT_ONCE)):
        wanted = [one for one in batch if not written.cut_short(one[0].seq)]
        cut_short += len(batch) - len(wanted)
        read += len(wanted)
        looks = [
            _tells(plan, who, there.conditional, written, one)
            for one in wanted
            for who in (others.get(plan.client(one[0].seq), client),)
        ]
        for (write, _there), told in zip(wanted, await asyncio.gather(*looks), strict=True):
            if not told:
                counts["verify-history"] = counts.get("verify-history", 0) + 1
                if len(differences) < LISTED:
                    differences.append(_difference(write))
    return replace(
        result,
        differences=tuple(differences),
        counts=dict(sorted(counts.items())),
        histories=Histories(read=read, cut_short=cut_short),
    )


def _asked(plan: Plan, there: ReadBack) -> Iterator[tuple[PlannedWrite, There]]:
    """Yield the writes with earlier versions that are on the server, once."""
    for seq in plan.with_versions():
        write = plan.write_at(seq)
        found = () if write is None else there.found(write.key)
        if write is not None and len(found) == 1:
            yield write, found[0]


async def _tells(
    plan: Plan,
    client: Historian,
    conditional: Callable[[str], str],
    written: Written,
    asked: tuple[PlannedWrite, There],
) -> bool:
    """Whether a history has the planned versions in their order; the last state is seen to."""
    write, there = asked
    not_taken = written.not_taken(write.seq)
    digests = plan.version_digests(write.seq)
    wanted = [own for n, own in enumerate(digests, start=1) if n not in not_taken]
    versions = await read_versions(client, write.key.r4_type, there.id, there.version)
    return in_order(wanted, [_digest(v, conditional) for v in versions])


def _digest(resource: Resource, conditional: Callable[[str], str]) -> str:
    return digest(canonical(resource, conditional))


def in_order(wanted: Sequence[str], found: Sequence[str]) -> bool:
    """Whether all that is wanted is found, in this order; more may lie between.

    Neighbours that are equal are one: a server makes no version of what changes nothing.

    >>> in_order("abba", "xabya"), in_order("ab", "ba")
    (True, False)
    """
    left = iter(found)
    return all(one in left for one, _same in groupby(wanted))


def _difference(write: PlannedWrite) -> Difference:
    return Difference(
        code="verify-history",
        r4_type=write.key.r4_type,
        source_type=write.source_type,
        link=write.link,
    )
