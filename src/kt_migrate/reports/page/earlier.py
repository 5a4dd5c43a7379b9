"""A run beside the other runs of its working folder, by the reports that those have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from kt_migrate.language import tr
from kt_migrate.model import Outcome
from kt_migrate.reports.page.model import Trial
from kt_migrate.reports.page.standing import Standing
from kt_migrate.reports.starts import together

REPORT = "rapport.json"
_SCHEMA = "kt-migrate-report/1"


def trials_of(standing: Standing) -> tuple[Trial, ...]:
    """Return the runs that were written of, oldest first, this one among them.

    None when there is nothing to compare. What another run came to is what its report says; one
    without a report, or with a damaged one, is not named.
    """
    if not standing.sent:
        return ()
    found = [*_others(standing.folder), (_began(standing), standing.folder, _here(standing))]
    found.sort(key=lambda one: (one[0], one[1].parent.name, one[1].name))
    return tuple(trial for _began, _folder, trial in found) if len(found) > 1 else ()


def _began(standing: Standing) -> str:
    return standing.starts[0].began if standing.starts else ""


def _here(standing: Standing) -> Trial:
    whole, sample = together(standing.starts), standing.result.sample
    return Trial(
        name=f"{standing.env} {standing.run}",
        here=True,
        extent=_extent(None if sample is None else sample.asked),
        migrated=standing.ended(Outcome.MIGRATED),
        rejected=standing.ended(Outcome.REJECTED),
        seconds=None if whole is None else round(whole.seconds, 3),
        verified=None if standing.verified is None else standing.verified.passed,
        undone=standing.undoing is not None,
    )


def _others(folder: Path) -> Iterator[tuple[str, Path, Trial]]:
    runs = folder.parent.parent
    if runs.name != "runs":
        return
    for path in sorted(runs.glob(f"*/*/{REPORT}")):
        if path.parent == folder or not path.parent.name.isdecimal():
            continue
        try:
            content = orjson.loads(path.read_bytes())
            if content["schema"] == _SCHEMA and content["figures"] is not None:
                yield str(content["figures"]["began"]), path.parent, _trial(content)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue


def _trial(content: Mapping[str, Any]) -> Trial:
    rows, sample = list(content["books"].values()), content["sample"]
    return Trial(
        name=f"{content['env']} {content['run']}",
        here=False,
        extent=_extent(None if sample is None else str(sample["asked"])),
        migrated=sum(int(row[Outcome.MIGRATED]) for row in rows),
        rejected=sum(int(row[Outcome.REJECTED]) for row in rows),
        seconds=float(content["figures"]["seconds"]),
        verified=content["verified"],
        undone=content.get("undoing") is not None,
    )


def _extent(asked: str | None) -> str:
    return tr("whole") if asked is None else tr("sample {asked}", asked=asked)
