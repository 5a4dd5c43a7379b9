"""Which rules were changed: between the runs of a domain, and between the domains of a cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from kt_migrate.cluster.file import Cluster, Domain
from kt_migrate.cluster.rows import UNREADABLE, why
from kt_migrate.cluster.rules import changed_rules
from kt_migrate.errors import JournalError, Said, said
from kt_migrate.plan.binding import Binding, read_binding, short
from kt_migrate.plan.runs import runs_of

_NAMED = 5
"""Places that one line names."""
_PLAN, _OF_A_RUN = "plan.sqlite", ("binding.json", "journal.sqlite")
"""What a folder has when its plan was made; before that it is no run yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """That two plans were not made with the same rules.

    Attributes:
        domain: whose plan it is.
        before, after: `domain run` of both plans: an earlier run, or another domain.
        digests: of both algorithms.
        paths: where they differ, with how (`added`, `removed`, `changed`); None: what one of
            them said was not kept.
    """

    domain: str
    before: str
    after: str
    digests: tuple[str, str]
    paths: tuple[tuple[str, str], ...] | None

    @property
    def said(self) -> Said:
        """The change in one line."""
        one, other = (short(digest) for digest in self.digests)
        if self.paths is None:
            return said(
                "Other rules: {before} → {after} ({one} → {other}; what they said was not kept).",
                before=self.before,
                after=self.after,
                one=one,
                other=other,
            )
        return said(
            "Other rules: {before} → {after}, at {n} places: {paths}",
            before=self.before,
            after=self.after,
            n=len(self.paths),
            paths=", ".join(path for path, _how in self.paths[:_NAMED])
            + (" …" if len(self.paths) > _NAMED else ""),
        )

    def as_json(self) -> dict[str, object]:
        """Return it as the report has it."""
        return {
            "domain": self.domain,
            "before": self.before,
            "after": self.after,
            "digests": list(self.digests),
            "differences": None
            if self.paths is None
            else [{"path": path, "how": how} for path, how in self.paths],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A run of which nobody can say with which rules it was planned.

    Attributes:
        domain, run: which.
        why: what cannot be read.
    """

    domain: str
    run: str
    why: str

    @property
    def said(self) -> Said:
        """It in one line."""
        return said("{domain} {run}: {why}", domain=self.domain, run=self.run, why=self.why)

    def as_json(self) -> dict[str, object]:
        """Return it as the report has it."""
        return {"domain": self.domain, "run": self.run, "why": str(self.why)}


@dataclass(frozen=True, slots=True)
class _Bound:
    """A run, and what its plan is bound to."""

    domain: str
    run: str
    binding: Binding

    @property
    def name(self) -> str:
        return f"{self.domain} {self.run}"


def changes_of(cluster: Cluster) -> tuple[tuple[RuleChange, ...], tuple[Unread, ...]]:
    """Return which rules were changed, and the runs that had to be left out of that.

    A run that was undone counts: it was tried, and what was changed after it is what it taught.
    """
    unread: list[Unread] = []
    bound = [_bound(cluster, domain, unread) for domain in cluster.domains]
    found = [
        *(_pairs(cluster, runs) for runs in bound),
        _between_domains(cluster, [runs[-1] for runs in bound if runs]),
    ]
    return tuple(change for part in found for change in part), tuple(unread)


def _pairs(cluster: Cluster, runs: Sequence[_Bound]) -> list[RuleChange]:
    """Return where a run was planned with other rules than the run before it."""
    return [
        _change(cluster, before, after)
        for before, after in pairwise(runs)
        if before.binding.algorithm != after.binding.algorithm
    ]


def _between_domains(cluster: Cluster, newest: Sequence[_Bound]) -> list[RuleChange]:
    """Return which domains' newest plans have other rules than the first domain's."""
    return [
        _change(cluster, newest[0], one)
        for one in newest[1:]
        if one.binding.algorithm != newest[0].binding.algorithm
    ]


def _bound(cluster: Cluster, domain: Domain, unread: list[Unread]) -> list[_Bound]:
    """Return what the plans of a domain are bound to, oldest first; the others go to `unread`."""
    found = []
    for folder in runs_of(domain.folder, cluster.environment):
        if not any((folder / name).exists() for name in _OF_A_RUN):
            continue  # somebody is making a plan in it, or was killed at that
        try:
            found.append(_Bound(domain.name, folder.name, _binding(folder)))
        except UNREADABLE as error:
            unread.append(Unread(domain=domain.name, run=folder.name, why=why(error)))
    return found


def _binding(folder: Path) -> Binding:
    """Return what the plan of a run is bound to.

    Raises:
        JournalError: that cannot be read, or the plan is gone.
    """
    if not (folder / _PLAN).is_file():
        raise JournalError(
            said("Its plan is gone."), where=str(folder / _PLAN), fix="Look for a copy of it."
        )
    return read_binding(folder)


def _change(cluster: Cluster, before: _Bound, after: _Bound) -> RuleChange:
    found = changed_rules(cluster, before.binding.algorithm, after.binding.algorithm)
    return RuleChange(
        domain=after.domain,
        before=before.name,
        after=after.name,
        digests=(before.binding.algorithm, after.binding.algorithm),
        paths=None
        if found is None
        else tuple((f"{one.section}.{one.path}", one.how) for one in found),
    )
