"""Looks at a domain and says whether it is what was planned. Never writes to it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kt_migrate.errors import SourceError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.plan.store import Plan
from kt_migrate.verify.compare import VerifyResult, compare
from kt_migrate.verify.read_back import ReadBack


async def verify(
    plan: Plan,
    client: FhirClient,
    folder: Path,
    progress: Callable[[int], None] = lambda _count: None,
) -> VerifyResult:
    """Read the domain back and compare it with the plan.

    Args:
        plan: what should be there.
        client: the server; only searched.
        folder: the run folder, for a temporary file.
        progress: is told how many resources each page held.

    Raises:
        SourceError: the plan writes nothing, so there is nothing to verify: no check, no pass.
        LoginError, ServerUnavailableError: the server could not be looked at.
    """
    systems = plan.systems()
    if not systems:
        raise SourceError(
            "The plan writes nothing, so there is nothing to verify.",
            where=str(plan.path),
            fix="Look at the error list: why was everything rejected?",
        )
    there = ReadBack(folder / "read-back.sqlite")
    try:
        for r4_type, system in systems:
            await there.read(client, r4_type, system, progress)
        return compare(plan, there)
    finally:
        there.close()
