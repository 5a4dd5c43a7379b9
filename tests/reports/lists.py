"""Working folders with runs of which the error lists are made up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from unittest.mock import patch

from hypothesis import strategies as st

from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import Entry, State
from kt_migrate.plan.binding import Binding, write_binding
from kt_migrate.plan.writing import PlanContent, write_plan
from kt_migrate.verify.compare import Difference, VerifyResult
from kt_migrate.verify.record import write_verified

Row = tuple[str, str, str, str]
"""(type, link, code, path)"""

P1, P2, P3 = (f"https://epd.example/Patient/{n}" for n in (1, 2, 3))
BOUND = Binding(
    environment="mgr2",
    archive="a",
    algorithm="b",
    enrichment="c",
    domain_file="d",
    environment_file="e",
    limits="f",
    tool="g",
    profile="h",
    plan="i",
)
CODES = ("value-missing", "value-invalid", "reference-missing", "file-unreadable", "owner-first")
ROWS = st.lists(
    st.tuples(
        st.sampled_from(("Patient", "Practitioner")),
        st.sampled_from(("", P1, P2, "=1+1", "'=x", ' een; "link"')),
        st.sampled_from(CODES),
        st.sampled_from(("", "Patient.birthDate", "Patient.name")),
    ),
    max_size=7,
)
"""Lists of lines, some of them twice."""


def run_with(
    root: Path,
    name: str,
    rows: Sequence[Row],
    *,
    bound: Binding | None = BOUND,
    fates: Sequence[tuple[str, str, str]] = (),
    details: Iterable[tuple[str, str]] = (),
) -> Path:
    """Make a run folder with a plan that has this error list.

    Args:
        root: the working folder.
        name: as `mgr2/001`.
        rows: the lines.
        bound: to what the plan is bound; None: it does not say.
        fates: (type, link, outcome) of objects.
        details: rule and detail of the lines, in turn.
    """
    folder = root / "runs" / name
    folder.mkdir(parents=True)
    said = [*details, *[("", "")] * len(rows)]
    write_plan(
        folder / "plan.sqlite",
        PlanContent(
            meta=[("domain", "TEST")],
            writes=[
                (n, "Patient", "urn:s", link, 0, kind, link, "0", b"{}")
                for n, (kind, link, outcome) in enumerate(fates, 1)
                if outcome == "migrated"
            ],
            sightings=[
                (n, kind, "", link, "", "m", None, "")
                for n, (kind, link, _o) in enumerate(fates, 1)
            ],
            objects=[
                (kind, link, n, "", outcome, "", n if outcome == "migrated" else None)
                for n, (kind, link, outcome) in enumerate(fates, 1)
            ],
            hash_totals=[],
            issues=[
                (kind, "", link, code, path, *more)
                for (kind, link, code, path), more in zip(rows, said, strict=False)
            ],
        ),
    )
    if bound is not None:
        write_binding(folder, bound)
    return folder


def sent(folder: Path, *states: State) -> None:
    """Give a run a journal in which its writes stand like this."""

    async def work() -> None:
        with open_journal(folder) as journal:
            for seq, state in enumerate(states, 1):
                code = "server-rejected" if state is State.REJECTED else ""
                journal.settle(Entry(seq=seq, state=state, operation="create", code=code))
            with patch("kt_migrate.load.journal.require_step"):
                await journal.flush()
                await journal.stop()

    asyncio.run(work())


def verified(folder: Path, *missing: str) -> None:
    """Say that a verification missed the patients with these links."""
    differences = [
        Difference(code="verify-missing", r4_type="Patient", source_type="Patient", link=link)
        for link in missing
    ]
    counts = {"verify-missing": len(missing)}
    write_verified(folder, VerifyResult(types=(), differences=tuple(differences), counts=counts))
