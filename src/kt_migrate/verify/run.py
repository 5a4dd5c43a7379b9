"""Looks at a domain and says whether it is what was planned. Never writes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from kt_migrate.errors import SourceError
from kt_migrate.kt2.complete import ASK_AT_ONCE, Finder, read_complete
from kt_migrate.kt2.versions import Historian
from kt_migrate.model import Key, Mode, Resource
from kt_migrate.plan.store import Plan
from kt_migrate.scratch import room_on
from kt_migrate.verify.compare import VerifyResult, compare
from kt_migrate.verify.histories import with_histories
from kt_migrate.verify.read_back import ReadBack
from kt_migrate.verify.written import NOTHING, Written


class Reader(Finder, Historian, Protocol):
    """What a verification asks of a client (`FhirClient`)."""


NO_OTHERS: Mapping[str, Reader] = MappingProxyType({})


async def verify(  # noqa: PLR0913 (what should be there, and who looks)
    plan: Plan,
    client: Reader,
    folder: Path,
    progress: Callable[[int], None] = lambda _count: None,
    *,
    written: Written = NOTHING,
    own_device: str = "",
    others: Mapping[str, Reader] = NO_OTHERS,
) -> VerifyResult:
    """Read the domain back and compare it with the plan.

    Args:
        plan: what should be there.
        client: the server; all that it can be asked is to search, and to read versions.
        folder: the run folder, for a temporary file.
        progress: is told how many resources each page held.
        written: what the journals know.
        own_device: id of the Device that our resources come from; empty: not known.
        others: by name the other clients of ours that write: each sees what it wrote itself,
            which the role of `client` may hide.

    Raises:
        SourceError: the plan writes nothing, so there is nothing to verify: no check, no pass.
        CouldNotLookError: what was read cannot be shown to be all.
        LoginError, ServerUnavailableError: the server could not be looked at.
        ConfigurationError: there is no room on the disk.
    """
    if not plan.systems():
        raise SourceError(
            "The plan writes nothing, so there is nothing to verify.",
            where=str(plan.path),
            fix="Look at the error list: why was everything rejected?",
        )
    with room_on(folder):
        there = ReadBack(folder)
        try:
            await read_systems(plan, client, there, progress, others)
            result = compare(plan, there, written, own_device)
            if plan.mode is Mode.LATEST:
                return result
            return await with_histories(plan, client, there, written, result, others)
        finally:
            there.close()


async def read_systems(
    plan: Plan,
    client: Finder,
    there: ReadBack,
    progress: Callable[[int], None],
    others: Mapping[str, Finder] = NO_OTHERS,
) -> None:
    """Read everything with a temporary identifier of the plan's systems.

    What another client of ours writes, and the first does not see, is looked up as that client.

    Raises:
        CouldNotLookError: what was read cannot be shown to be all.
        LoginError, ServerUnavailableError: the server could not be looked at.
    """
    for r4_type, system in plan.systems():
        await _read(plan, client, there, (r4_type, system), progress)
    for name, other in others.items():
        await _read_as(plan, other, name, there)
    await _read_of_others(plan, client, there)


async def _read_as(plan: Plan, client: Finder, name: str, there: ReadBack) -> None:
    """Read what one client writes and nobody saw yet: by name, for it can be no more than that."""
    unseen = (
        write.key
        for write in plan.writes()
        if plan.client(write.seq) == name and not there.found(write.key)
    )
    while chunk := list(islice(unseen, ASK_AT_ONCE)):
        for key, found in (await client.find(chunk)).items():
            there.keep([one.resource for one in found], key.system)


async def _read_of_others(plan: Plan, client: Finder, there: ReadBack) -> None:
    """Read what other suppliers brought and ours refer to: by name, for it is no plan of ours."""
    expected = plan.expected()
    while chunk := list(islice(expected, ASK_AT_ONCE)):
        for key, found in (await client.find([one.key for one in chunk])).items():
            there.keep([one.resource for one in found], key.system)
            there.found(key)  # else it would be something that nobody planned


async def _read(
    plan: Plan,
    client: Finder,
    there: ReadBack,
    asked: tuple[str, str],
    progress: Callable[[int], None],
) -> None:
    def keep(resources: Sequence[Resource]) -> int:
        new = there.keep(resources, asked[1])
        progress(new)
        return new

    def known() -> Iterator[Key]:
        keys = (write.key for write in plan.writes())
        return (key for key in keys if (key.r4_type, key.system) == asked)

    await read_complete(client, *asked, keep, known)
