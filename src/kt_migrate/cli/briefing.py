"""What a run is going to do, on one screen, before anybody is asked to let it (draaiboek P.8)."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kt_migrate.cli.screen import Screen
from kt_migrate.config import Environment, Workspace
from kt_migrate.gates.ledger import Go
from kt_migrate.language import moment as spoken
from kt_migrate.language import tr
from kt_migrate.load.decision import DEFAULT, Choice
from kt_migrate.load.execute import open_journal
from kt_migrate.load.journal import ON_SERVER
from kt_migrate.load.start import choices_of
from kt_migrate.plan.binding import short
from kt_migrate.plan.estimate import Estimate, estimate_of
from kt_migrate.plan.store import Plan
from kt_migrate.probing.finding import Firing
from kt_migrate.probing.record import ProbeRecord
from kt_migrate.reports.actions import measured
from kt_migrate.reports.actions_words import basis_text, time_text
from kt_migrate.subscriptions.kept import firing_by, read_forecast
from kt_migrate.subscriptions.paused import paused_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Of one R4 type, in writing requests.

    Attributes:
        creates: new objects.
        updates: later states of those, one after the other (mode `every-version`).
        there: objects that an earlier start of this run brought there; they are not sent again.
    """

    creates: int
    updates: int
    there: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """What a start of a run is going to do.

    Attributes:
        env, base, run: where to, and which run folder.
        plan: SHA-256 of the plan.
        types: per R4 type, in alphabetical order.
        rejected: objects that are not written, since they were rejected.
        existing: what becomes of what was there before with another content.
        subscriptions: how many are in force, without those that we paused; None: the probe could
            not see that.
        fired: what the plan fires of them, per kind.
        estimate: how fast, and how that is known.
        seconds: how long what is left takes; None: nobody knows.
    """

    env: str
    base: str
    run: str
    plan: str
    types: dict[str, Planned]
    rejected: int
    existing: str
    subscriptions: int | None
    fired: tuple[Firing, ...]
    estimate: Estimate
    seconds: float | None

    @property
    def left(self) -> int:
        """How many writing requests there are to send, when nothing goes wrong."""
        return sum(p.creates + p.updates for p in self.types.values())

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "environment": self.env,
            "address": self.base,
            "plan": self.plan,
            "types": {r4_type: asdict(planned) for r4_type, planned in self.types.items()},
            "rejected": self.rejected,
            "existing": self.existing,
            "subscriptions": self.subscriptions,
            "notifications": sum(kind.notifications or 0 for kind in self.fired),
            "estimate": self.estimate.as_json(self.left),
        }


def brief(
    workspace: Workspace,
    environment: Environment,
    folder: Path,
    record: ProbeRecord,
    choice: Choice | None,
) -> Briefing:
    """Look up what a run is going to do: in its plan, its journal and the last probe.

    Args:
        workspace: the working folder.
        environment: where to, with the limits that count.
        folder: the run folder.
        record: what the probe saw.
        choice: `--existing` of this start; None: as the run was begun.

    Raises:
        JournalError: a damaged plan or journal.
    """
    limits, env = environment.limits, environment.environment
    with Plan(folder / "plan.sqlite") as plan:
        digest, requests = plan.sha256(), plan.requests()
        books = plan.books().as_json()
        done, chosen = _done(plan, folder)
        types = _types(plan, done)
    estimate = estimate_of(limits.per_second, limits.max_in_flight, measured(workspace.root, env))
    seen = record.server.subscriptions
    if seen is not None:
        seen = tuple((Counter(seen) - paused_of(workspace.root, env)).elements())
    left = sum(p.creates + p.updates for p in types.values())
    return Briefing(
        env=env,
        base=environment.base,
        run=folder.name,
        plan=digest,
        types=types,
        rejected=sum(row["rejected"] for row in books.values()),
        existing=str(choice or chosen),
        subscriptions=None if seen is None else len(seen),
        fired=firing_by(seen or (), read_forecast(workspace.root, env, digest), requests),
        estimate=estimate,
        seconds=estimate.seconds(left) if left else 0.0,
    )


def _done(plan: Plan, folder: Path) -> tuple[Counter[tuple[str, bool]], str]:
    """Return what earlier starts of the run brought there, and what they chose for the rest.

    Returns:
        Objects per (R4 type, False), earlier versions of them per (R4 type, True); the choice.
    """
    done: Counter[tuple[str, bool]] = Counter()
    if not (folder / "journal.sqlite").is_file():
        return done, DEFAULT
    with open_journal(folder) as journal:
        there, chosen = set(journal.seqs(*ON_SERVER)), choices_of(journal)
    for seq, r4_type, _system in plan.kinds():
        if seq in there:
            done[r4_type, False] += 1
            done[r4_type, True] += plan.count_versions(seq)
    return done, chosen[-1] if chosen else DEFAULT


def _types(plan: Plan, done: Counter[tuple[str, bool]]) -> dict[str, Planned]:
    objects: Counter[str] = Counter()
    versions: Counter[str] = Counter()
    for group in plan.groups():
        objects[group.r4_type] += group.last - group.first + 1
        versions[group.r4_type] += group.versions
    return {
        r4_type: Planned(
            creates=count - done[r4_type, False],
            updates=versions[r4_type] - done[r4_type, True],
            there=done[r4_type, False],
        )
        for r4_type, count in sorted(objects.items())
    }


def say_briefing(screen: Screen, found: Briefing, go: Go, now: datetime) -> None:
    """Print it: one screen, the most dangerous line first."""
    screen.line(tr("Is going to write to {env}: {base}", env=found.env, base=found.base))
    screen.line(f"Plan {found.run} ({short(found.plan)})")
    screen.say(go_text(go))
    screen.table(
        tr("What it is going to do"),
        ("R4", tr("create"), tr("update"), tr("there")),
        [
            (t, planned.creates, planned.updates, planned.there)
            for t, planned in found.types.items()
        ],
    )
    for line in (_rejected(found), _notified(found), _time(found, now)):
        screen.say(line)
    _say_steering(screen, f"--env {found.env}")


def go_text(go: Go) -> str:
    """Say who gave GO, and until when a start may lean on it."""
    second = tr(" and {second}", second=go.second) if go.second else ""
    return tr(
        "GO of {by} ({role}){second}, valid until {moment}",
        by=go.by,
        role=go.role,
        second=second,
        moment=moment(go.expires),
    )


def moment(at: datetime) -> str:
    """Return a moment by the clock of this machine, with its zone."""
    here = at.astimezone()
    return f"{spoken(f'{here:%Y-%m-%d %H:%M}')} {here:%Z}"


def _rejected(found: Briefing) -> str:
    return tr(
        "{rejected} objects were rejected and are not written (error list). What was "
        "there before and differs: --existing {existing}.",
        rejected=found.rejected,
        existing=found.existing,
    )


def _notified(found: Briefing) -> str:
    if found.subscriptions is None:
        return tr("Which subscriptions there are, the probe could not see: expect notifications.")
    most = sum(kind.notifications or 0 for kind in found.fired)
    unreadable = sum(kind.count for kind in found.fired if kind.notifications is None)
    if unreadable:
        return tr(
            "Subscriptions in force: {number}; at most {most} notifications, and of {unknown} it "
            "cannot be said how many. Nothing holds those back.",
            number=found.subscriptions,
            most=most,
            unknown=unreadable,
        )
    return tr(
        "Subscriptions in force: {number}; at most {most} notifications. Nothing holds those back.",
        number=found.subscriptions,
        most=most,
    )


def _time(found: Briefing, now: datetime) -> str:
    if not found.left:
        return tr("There is nothing left to write.")
    basis = basis_text(found.estimate)
    if found.seconds is None:
        return tr("Time unknown. {basis}", basis=basis)
    over = moment(now.astimezone(UTC) + timedelta(seconds=found.seconds))
    took = time_text(found.seconds)
    return tr(
        "{left} writing requests, time {took}, over at about {over}. {basis}",
        left=found.left,
        took=took,
        over=over,
        basis=basis,
    )


def _say_steering(screen: Screen, env: str) -> None:
    """Say how a run is held and stopped: commands that can be copied."""
    screen.say(tr("From another terminal, in this folder:"))
    commands = (
        ("status", tr("how far it is")),
        (f"control pause {env}", tr("hold; resume goes on")),
        (f"control rate N {env}", tr("writing requests a second")),
        (f"control stop {env}", tr("the same command goes on")),
    )
    width = max(len(command) for command, _what in commands)
    for command, what in commands:
        screen.line(f"  kt-migrate {command:<{width}}  {what}")
