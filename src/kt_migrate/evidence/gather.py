"""From a run folder to the papers of its pack: reads what each step left, and nothing besides."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kt_migrate.config import Workspace
from kt_migrate.errors import JournalError
from kt_migrate.evidence.checks import START
from kt_migrate.evidence.others import (
    estimate_paper,
    probe_paper,
    rollback_paper,
    sample_paper,
)
from kt_migrate.evidence.pack import ERRORS, README, SCHEMA, WHEN_THERE
from kt_migrate.evidence.papers import (
    binding_paper,
    books_paper,
    document,
    errors_paper,
    figures_paper,
    success_paper,
    totals_paper,
    verify_paper,
    versions_paper,
)
from kt_migrate.evidence.people import People, gates_paper
from kt_migrate.evidence.readme import readme
from kt_migrate.evidence.verdicts import judged_paper
from kt_migrate.gates.keeping import read_ledger
from kt_migrate.load.execute import open_journal
from kt_migrate.model import Json
from kt_migrate.plan.binding import Binding, read_binding
from kt_migrate.plan.store import Plan
from kt_migrate.reports.judged import begun
from kt_migrate.reports.result import RunResult, run_result
from kt_migrate.reports.success import judged
from kt_migrate.verify.record import read_verified


def members_of(workspace: Workspace, folder: Path) -> dict[str, bytes]:
    """Return everything that goes into the pack of a run, but its list and signature.

    Args:
        workspace: the working folder.
        folder: the run folder.

    Raises:
        JournalError: there is no plan, or plan and journal are not those that the run is bound to.
        ForgedError: the ledger of the gates is not as it was signed.
    """
    binding = read_binding(folder)
    _require_bound(folder, binding)
    result, verified = run_result(folder), read_verified(folder)
    papers: dict[str, Mapping[str, Json]] = {
        "binding": binding_paper(binding),
        "versions": versions_paper(binding),
        "books": books_paper(result),
        "totals": totals_paper(result, verified),
        "success": success_paper(judged(folder, result)),
        "figures": figures_paper(folder),
    }
    if verified is not None:
        papers["verify"] = verify_paper(verified)
    papers |= _when_there(workspace, binding.environment, folder, result)
    papers["pack"] = _about(workspace, binding, folder, sorted(set(WHEN_THERE) - papers.keys()))
    return {
        **{f"{name}.json": document(content) for name, content in papers.items()},
        ERRORS: errors_paper(result.issues),
        README: readme(papers.keys()),
    }


def _require_bound(folder: Path, binding: Binding) -> None:
    """Refuse a run folder of which plan or journal is another than the binding says."""
    with Plan(folder / "plan.sqlite") as plan:
        same = plan.sha256() == binding.plan
    if same and (folder / "journal.sqlite").is_file():
        with open_journal(folder) as journal:
            same = journal.meta("plan") in ("", binding.plan)
    if not same:
        raise JournalError(
            "Plan, journal and binding of this run do not belong together, so nothing is proven.",
            where=str(folder),
            fix="Bring the run folder back as it was, from a copy.",
        )


def _when_there(
    workspace: Workspace, env: str, folder: Path, result: RunResult
) -> dict[str, Mapping[str, Json]]:
    """Return the papers of what was done: gates, verdicts, probe, rollback, estimate, sample."""
    chain, plan = read_ledger(workspace.root, env), read_binding(folder).plan
    judges = (said.by for one in begun(folder, plan)[0] for said in one.dossiers)
    people = People.of(chain, judges)
    found = {
        "gates": gates_paper(chain, START, people) if chain.lines else None,
        "judged": judged_paper(folder, plan, people),
        "probe": probe_paper(workspace.root, env),
        "rollback": rollback_paper(folder),
        "estimate": estimate_paper(folder, result),
        "sample": sample_paper(result.sample),
    }
    return {name: paper for name, paper in found.items() if paper is not None}


def _about(
    workspace: Workspace, binding: Binding, folder: Path, absent: list[str]
) -> dict[str, Json]:
    return {
        "schema": SCHEMA,
        "domain": workspace.domain.domain,
        "environment": binding.environment,
        "run": folder.name,
        "plan": binding.plan,
        "absent": list(absent),
    }
