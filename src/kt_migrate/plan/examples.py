"""Runs the examples of an algorithm: each is planned as a small archive of its own.

So an example takes the whole road: reading, last state, mapping, references, conformance.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from kt_migrate.algorithm.carried import Carried, Told
from kt_migrate.algorithm.examples import Example, Expected, Said
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.algorithm.policies import Policies
from kt_migrate.algorithm.scope import ScopeRules
from kt_migrate.errors import KtMigrateError
from kt_migrate.model import Json, Outcome
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.differing import differences
from kt_migrate.plan.enrichment import enrichment_of
from kt_migrate.plan.example_documents import document
from kt_migrate.plan.store import Plan


class Verdict(StrEnum):
    """What became of an example.

    `changed`: an example of an algorithm that is extended, which this one gives another result.
    `replaced`: one of those, in whose place the algorithm has its own of the same id.
    """

    PASSED = "passed"
    FAILED = "failed"
    CHANGED = "changed"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What an example came to.

    Attributes:
        differences: one line per place where that is not what it must be; empty is good.
        made: (source type, element) of each element of each resource.
        ruled: every rule that rejected, reported, left behind or did not migrate.
    """

    differences: tuple[str, ...]
    made: frozenset[tuple[str, str]] = frozenset()
    ruled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ran:
    """One example that was run."""

    owner: str
    id: str
    shows: str
    verdict: Verdict
    outcomes: Outcomes


class Lack(StrEnum):
    """What a rule lacks among the examples.

    `makes`: one in which it makes its element. `fails`: one in which it rejects or reports, or a
    line in `cannot_fail`. `can-fail`: it has such a line, and an example shows it failing.
    `leaves`: one in which it leaves something behind.
    """

    MAKES = "makes"
    FAILS = "fails"
    CAN_FAIL = "can-fail"
    LEAVES = "leaves"


@dataclass(frozen=True, slots=True)
class Gap:
    """A rule that has too few examples."""

    rule: str
    lacks: Lack


@dataclass(frozen=True, slots=True)
class Tested:
    """All examples of an algorithm, and the rules that have too few.

    Attributes:
        name: the algorithm's.
        ran: one per example, its own first.
        gaps: of the rules that its own file gives.
    """

    name: str
    ran: tuple[Ran, ...]
    gaps: tuple[Gap, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed and no rule lacks an example."""
        return not self.gaps and not any(one.verdict is Verdict.FAILED for one in self.ran)


def try_examples(chain: Sequence[Carried]) -> Tested:
    """Run the examples of an algorithm and of those that it extends.

    Args:
        chain: as `algorithm.carried.carried_examples` gives it.

    Returns:
        What became of each. One of an algorithm below must pass there; here it may be `changed`.
    """
    first = chain[0]
    own = {told.example.id for told in first.examples}
    ran: list[Ran] = []
    with tempfile.TemporaryDirectory() as folder:
        for carried in chain:
            for told in carried.examples:
                ran.append(_run(told, first, carried, own, Path(folder)))
                own.add(told.example.id)
    return Tested(first.name, tuple(ran), tuple(_gaps(first, ran)))


def _run(told: Told, first: Carried, carried: Carried, own: set[str], folder: Path) -> Ran:
    outcomes = run_example(told, first.algorithm, folder)
    if not outcomes.differences:
        verdict = Verdict.PASSED
    elif carried is first or run_example(told, carried.algorithm, folder).differences:
        verdict = Verdict.FAILED
    else:
        verdict = Verdict.CHANGED
    if carried is not first and told.example.id in own and verdict is not Verdict.FAILED:
        verdict = Verdict.REPLACED
    return Ran(told.owner, told.example.id, told.example.shows, verdict, outcomes)


def run_example(told: Told, algorithm: Algorithm, folder: Path) -> Outcomes:
    """Plan one example, and hold what comes of it against what must.

    Args:
        told: the example.
        algorithm: what becomes what.
        folder: where its files lie for as long as this takes.
    """
    example = told.example
    with tempfile.TemporaryDirectory(dir=folder) as own:
        archive, target = Path(own, "archive"), Path(own, "plan.sqlite")
        archive.mkdir()
        for number, source in enumerate((*told.background, *example.source)):
            (archive / f"{number:04}").write_bytes(document(source, number))
        values = {(one.link, one.field): one.value for one in example.enrichment}
        inputs = Inputs(
            roots=[archive],
            source_domains=(),
            algorithm=_chosen(algorithm, example),
            enrichment=enrichment_of(values),
            applications=example.applications,
            meta={},
        )
        try:
            build_plan(inputs, target)
        except KtMigrateError as error:
            return Outcomes((f"the example cannot be planned: {error.what}",))
        with Plan(target) as plan:
            return _outcomes(told, plan)


def _chosen(algorithm: Algorithm, example: Example) -> Algorithm:
    """Return the algorithm with the example's own choices, under a digest of its own."""
    own = example.policies.model_dump(exclude_unset=True)
    return replace(
        algorithm,
        policies=Policies.model_validate({**algorithm.policies.model_dump(), **own}),
        scope=algorithm.scope if example.scoped else ScopeRules(),
        digest=f"{algorithm.digest} {own} {example.scoped}",
    )


def _outcomes(told: Told, plan: Plan) -> Outcomes:
    found = _Found(plan)
    wanted = told.example.becomes
    lines = [line for expected in wanted for line in found.lines(expected)]
    left = set(told.example.left_behind)
    lines += [f"left_behind: {one} is missing" for one in sorted(left - found.left)]
    lines += [f"left_behind: {one} is not expected" for one in sorted(found.left - left)]
    of = {(expected.type, expected.object) for expected in wanted}
    return Outcomes(tuple(lines), found.made(of), found.ruled(of))


class _Found:
    """What a plan says of each object."""

    def __init__(self, plan: Plan) -> None:
        self._fates = {(o.source_type, o.link): (o.outcome, o.reason) for o in plan.objects()}
        self._writes: dict[tuple[str, str], list[Json]] = {}
        for write in plan.writes():
            key = (write.source_type, write.link)
            self._writes.setdefault(key, []).append(write.resource)
        self._said: dict[tuple[str, str], list[Said]] = {}
        for row in plan.issues():
            said = Said(code=row.code, path=row.path, rule=row.rule, detail=row.detail)
            self._said.setdefault((row.source_type, row.link), []).append(said)
        # Of an object that is not migrated at all, no element is told apart.
        migrated = {source_type for source_type, _link in self._writes}
        self.left = {
            loss.rule or loss.path for loss in plan.losses() if loss.source_type in migrated
        }

    def made(self, of: set[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Return (source type, element) of everything that these objects became."""
        return frozenset(
            (key[0], element)
            for key in of
            for resource in self._writes.get(key, [])
            if isinstance(resource, dict)
            for element in resource
        )

    def ruled(self, of: set[tuple[str, str]]) -> frozenset[str]:
        """Return every rule that stopped, reported or left something behind of these objects."""
        said = {one.rule for key in of for one in self._said.get(key, [])}
        reasons = {
            reason
            for key in of
            for outcome, reason in [self._fates.get(key, (None, ""))]
            if outcome is Outcome.NOT_MIGRATED
        }
        return frozenset((said | reasons | self.left) - {""})

    def lines(self, expected: Expected) -> Iterator[str]:
        """Yield where an object is not what it must be."""
        key = (expected.type, expected.object)
        name = f"{expected.type} {expected.object}"
        if key not in self._fates:
            yield f"{name}: there is no such object in the example"
            return
        outcome, reason = self._fates[key]
        wanted, by = _fate(expected)
        if outcome is not wanted:
            yield f"{name}: is {outcome}{f' by {reason}' if reason else ''}, must be {wanted}"
        elif by and reason != by:
            yield f"{name}: is {outcome} by {reason}, must be by {by}"
        else:
            yield from differences([*(expected.resources or ())], self._writes.get(key, []))
        said = {_line(one) for one in (*(expected.rejected or ()), *expected.notices)}
        found = {_line(one) for one in self._said.get(key, [])}
        yield from (f"{name}: is not said: {line}" for line in sorted(said - found))
        yield from (f"{name}: is said: {line}" for line in sorted(found - said))


def _fate(expected: Expected) -> tuple[Outcome, str]:
    if expected.not_migrated is not None:
        return Outcome.NOT_MIGRATED, expected.not_migrated
    if expected.out_of_scope is not None:
        return Outcome.OUT_OF_SCOPE, expected.out_of_scope
    return (Outcome.MIGRATED if expected.rejected is None else Outcome.REJECTED), ""


def _line(said: Said) -> str:
    return " ".join(part for part in (said.code, said.path, said.rule, said.detail) if part)


def _gaps(carried: Carried, ran: Sequence[Ran]) -> Iterator[Gap]:
    """Yield what the rules of an algorithm's own file lack among the examples that were run."""
    held = [one.outcomes for one in ran if one.verdict is not Verdict.FAILED]
    made = {element for one in held for element in one.made}
    ruled = {rule for one in held for rule in one.ruled}
    for source_type, kind in carried.algorithm.types.items():
        for rule in kind.rules:
            if rule.id in carried.own_rules:
                yield from _gaps_of(
                    rule.id, (source_type, rule.to) in made, rule.id in ruled, carried
                )
        for left in kind.ignored:
            if left.id in carried.own_rules - ruled:
                yield Gap(left.id, Lack.LEAVES)
    for rule_id in carried.algorithm.not_migrated.values():
        if rule_id in carried.own_rules - ruled:
            yield Gap(rule_id, Lack.LEAVES)


def _gaps_of(rule: str, made: bool, failed: bool, carried: Carried) -> Iterator[Gap]:  # noqa: FBT001 (what is known of it)
    if not made:
        yield Gap(rule, Lack.MAKES)
    if failed and rule in carried.cannot_fail:
        yield Gap(rule, Lack.CAN_FAIL)
    if not failed and rule not in carried.cannot_fail:
        yield Gap(rule, Lack.FAILS)
