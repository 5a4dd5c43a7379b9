"""Gathers what a gate measures from: run folders, the archive, the settings, the last probe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from kt_migrate.config import Workspace, check, environment_digest, load_environment
from kt_migrate.errors import ConfigurationError, JournalError, ManifestError, PlanStaleError
from kt_migrate.gates.chain import Chain
from kt_migrate.gates.evidence import OF_DATA, Buffer, Evidence, ProbeFacts, RunFacts
from kt_migrate.gates.points import REHEARSAL
from kt_migrate.gates.records import Gate, Kind, Verdict
from kt_migrate.history.inspection import inspect
from kt_migrate.plan.make import Choices, archive_roots, limits_of, require_fresh
from kt_migrate.plan.runs import runs_of
from kt_migrate.probing.record import read_probe
from kt_migrate.reports.run_facts import binding_of, facts_of, file_digest
from kt_migrate.subscriptions.steps import still_open

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a gate is asked about.

    Attributes:
        workspace: the working folder.
        env: the environment.
        folder: the run folder.
        choices: what the command line says instead of kt-migrate.yaml.
    """

    workspace: Workspace
    env: str
    folder: Path
    choices: Choices = field(default_factory=Choices)

    def with_choices(self, choices: Choices) -> Asked:
        """Return the same with what the command line chose."""
        return replace(self, choices=choices)


def gathered(
    asked: Asked, gate: Gate, chain: Chain, now: datetime, progress: Progress | None = None
) -> Evidence:
    """Gather everything that a gate measures from.

    Args:
        asked: of which run.
        gate: after the migration the archive is not read any more.
        chain: the ledger: what was seen of this archive is not read again.
        now: the time, UTC: certificates have an end.
        progress: is told how many files were read; None: the archive is not looked at, which is
            enough for who only says something.

    Raises:
        SourceError, ConfigurationError, JournalError: it cannot be gathered.
    """
    run = facts_of(asked.folder)
    if gate is Gate.POST:
        paused = still_open(asked.workspace.root, asked.env)
        return Evidence(run=run, paused=sum(map(len, paused.values())))
    settings, shared = _settings(asked, now)
    found = Evidence(
        run=run,
        trials=tuple(_trials(asked, run)),
        probe=_probe(asked),
        shared=shared,
        environment_file=settings,
    )
    return found if progress is None else _with_archive(found, asked, chain, progress)


def _settings(asked: Asked, now: datetime) -> tuple[str, str]:
    """Return the digest of the environment's settings, and what is shared or wrong.

    Of this environment, and of the one in which it is rehearsed.
    """
    mine = {asked.env, REHEARSAL.get(asked.env, asked.env)}
    found = check(asked.workspace, now).mistakes
    wrong = next((mistake for mistake in found if mine & set(mistake.environments)), None)
    shared = "" if wrong is None else f"{wrong.what} {', '.join(wrong.places)}"
    try:
        return environment_digest(load_environment(asked.workspace, asked.env)), shared
    except ConfigurationError as error:
        return "", shared or f"{error.what} {error.where}"


def _trials(asked: Asked, run: RunFacts) -> list[RunFacts]:
    """Return the runs of the environment in which this one is rehearsed, newest first."""
    found = []
    for folder in reversed(runs_of(asked.workspace.root, REHEARSAL.get(asked.env, ""))):
        if folder == asked.folder:
            found.append(run)
        elif (folder / "plan.sqlite").is_file():
            try:
                found.append(_facts(folder, run))
            except JournalError:  # of another version, or damaged: it proves nothing
                continue
    return found


def _facts(folder: Path, run: RunFacts) -> RunFacts:
    """Read a trial; of one of other data nothing counts but that it is."""
    bound = binding_of(folder)
    return bound if OF_DATA & set(run.differences(bound)) else facts_of(folder)


def _probe(asked: Asked) -> ProbeFacts | None:
    record = read_probe(asked.workspace.root, asked.env)
    if record is None:
        return None
    return ProbeFacts(
        at=datetime.fromisoformat(record.at),
        plan=record.plan,
        environment_file=record.environment_file,
        points=len(record.points),
        lacking=tuple(point.id for point in record.lacking),
        unknown=tuple(point.id for point in record.unknown),
        server=record.server.digest,
        digest=file_digest(asked.workspace.root / "runs" / asked.env / "probe.json"),
    )


def _with_archive(found: Evidence, asked: Asked, chain: Chain, progress: Progress) -> Evidence:
    """Look whether the archive is as it was, and whether the buffer was empty."""
    try:
        require_fresh(asked.workspace, asked.env, asked.choices, asked.folder)
    except (ManifestError, PlanStaleError) as error:
        delivered = not isinstance(error, ManifestError)
        return replace(found, changed=error.what.split("\n", 1)[0], delivered=delivered)
    except ConfigurationError as error:
        return replace(found, changed=f"{error.what} {error.where}")
    return replace(found, buffer=_buffer(found.run, asked, chain, progress))


def _buffer(run: RunFacts, asked: Asked, chain: Chain, progress: Progress) -> Buffer:
    """Return what the control list says; what was measured of this very archive holds."""
    for line in reversed(chain.lines):
        record, on = line.record, line.record.on
        same = record.plan == run.plan and on.get("archive") == run.binding["archive"]
        if record.kind is Kind.MEASURED and record.point == "P.5" and same and "waiting" in on:
            waiting, failed, unknown = (int(str(on[n])) for n in ("waiting", "failed", "unknown"))
            empty = record.verdict is Verdict.MET
            return Buffer(empty=empty, waiting=waiting, failed=failed, without_status=unknown)
    limits = limits_of(asked.workspace, asked.choices)
    roots = archive_roots(asked.workspace, asked.choices)
    domains, passwords = asked.workspace.domain.source_domains, asked.choices.passwords
    found = inspect(roots, domains, progress, passwords, limits).control_list
    return Buffer(
        empty=found.buffer_empty is True,
        waiting=found.waiting,
        failed=found.failed,
        without_status=found.without_status,
    )
