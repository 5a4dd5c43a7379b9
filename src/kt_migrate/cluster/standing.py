"""How far the newest run of a domain is, from counts that cost nothing. Only reads."""

from __future__ import annotations

from pathlib import Path

from kt_migrate.cluster.file import Domain
from kt_migrate.errors import KtMigrateError
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import FAILED, ON_SERVER
from kt_migrate.plan.runs import newest_run
from kt_migrate.plan.sampling.sampled import planned_in


def written_of(domain: Domain, environment: str) -> tuple[int, int] | None:
    """Return (writes with an outcome, writes of the plan); None: there is no plan to be read."""
    folder = newest_run(domain.folder, environment)
    if folder is None:
        return None
    try:
        with planned_in(folder) as plan:
            total = plan.count()
        return _done(folder), total
    except (KtMigrateError, OSError):
        return None  # it is being made, or it is damaged: its own command says so


def _done(folder: Path) -> int:
    if not (folder / "journal.sqlite").is_file():
        return 0
    with open_journal(folder) as journal:
        return sum(n for state, n in journal.counts().items() if state in ON_SERVER | FAILED)
