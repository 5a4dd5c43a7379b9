"""The success criteria of a trial (draaiboek K.4): what a care provider demands before going live.

They stand in the algorithm, and so bind the plan. Without any, nothing can pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal, Self, TypeAlias

import orjson
from pydantic import Field, model_validator

from kt_migrate.algorithm.parts import Part, Text
from kt_migrate.catalogue import CATALOGUE, ErrorClass
from kt_migrate.errors import said

Count = Annotated[int, Field(ge=0, strict=True)]
Share = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
Hours = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]

REASONS = frozenset(
    code for code, entry in CATALOGUE.items() if entry.error_class is not ErrorClass.NOTICE
)
"""Codes for which an object can be rejected."""


class _Thresholds(Part):
    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if all(value is None for value in self.model_dump().values()):
            raise ValueError(said("at least one threshold"))
        return self


class OfType(_Thresholds):
    """What is demanded of one type, or of all together.

    Attributes:
        rejected: so many may be rejected at most.
        rejected_share: at most this share of what was to be migrated (migrated and rejected).
        migrated: so many must be migrated at least.
    """

    rejected: Count | None = None
    rejected_share: Share | None = None
    migrated: Count | None = None


class OfReason(_Thresholds):
    """How many objects may be rejected for one reason: at most so many, at most this share."""

    count: Count | None = None
    share: Share | None = None


class Success(Part):
    """The success criteria; each that is given must be met.

    Attributes:
        totals: of all types together.
        types: per KT 1.3 type, or per R4 type: then all that become it.
        reasons: per code of the error list.
        hours: the writing took no longer.
        verified: the server was read back and equals the plan.
    """

    totals: OfType | None = None
    types: dict[Text, OfType] = Field(default={})
    reasons: dict[Text, OfReason] = Field(default={})
    hours: Hours | None = None
    verified: Literal[True] | None = None


class Verdict(StrEnum):
    """What was found of a criterion, or of all of them."""

    MET = "met"
    NOT_MET = "not-met"
    NOT_MEASURABLE = "not-measurable"
    """Nothing was run yet, or it is not done, or not verified."""
    NO_CRITERIA = "no-criteria"
    """Of all of them: there are none. That is no pass."""


Value: TypeAlias = float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a run came to.

    Attributes:
        migrated, rejected: objects per KT 1.3 type.
        reasons: objects per reason for which they were rejected.
        settled: every write of the plan has an outcome.
        hours: how long the writing took; None: unknown.
        verified: what the last verification said; None: there was none since.
    """

    migrated: Mapping[str, int]
    rejected: Mapping[str, int]
    reasons: Mapping[str, int]
    settled: bool
    hours: float | None
    verified: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One criterion.

    Attributes:
        name: as it stands in YAML: `types.Task.rejected_share`.
        limit: what is demanded.
        found: what was found; None: it cannot be measured yet.
        verdict: met, not met or not measurable.
    """

    name: str
    limit: float
    found: Value
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """All criteria."""

    judged: tuple[Judged, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """Met when there are criteria and each is; not met when one is not."""
        verdicts = {one.verdict for one in self.judged}
        if not verdicts:
            return Verdict.NO_CRITERIA
        order = (Verdict.NOT_MET, Verdict.NOT_MEASURABLE, Verdict.MET)
        return next(verdict for verdict in order if verdict in verdicts)

    @property
    def passed(self) -> bool:
        """Whether there are criteria, and every one of them is met."""
        return self.verdict is Verdict.MET


def judge(success: Success, becomes: Mapping[str, str], figures: Figures) -> Judgement:
    """Hold what a run came to against the criteria.

    Args:
        success: the criteria.
        becomes: R4 type per KT 1.3 type.
        figures: what the run came to.
    """
    return Judgement(
        judged=tuple(
            Judged(name=name, limit=limit, found=found, verdict=_verdict(name, limit, found))
            for name, limit, found in _measured(success, becomes, figures)
        )
    )


def _measured(
    success: Success, becomes: Mapping[str, str], figures: Figures
) -> Iterator[tuple[str, float, Value]]:
    """Yield (name, limit, what was found) of every criterion."""
    every = figures.migrated.keys() | figures.rejected.keys()
    of_types = [("totals", success.totals, every)] if success.totals else []
    for name, wanted in success.types.items():
        of_types.append(
            (f"types.{name}", wanted, {t for t in every if name in (t, becomes.get(t))})
        )
    for place, wanted, types in of_types:
        for threshold, limit in wanted.model_dump(exclude_none=True).items():
            yield f"{place}.{threshold}", limit, _of_types(threshold, types, figures)
    for reason, asked in success.reasons.items():
        found = figures.reasons.get(reason, 0)
        for threshold, limit in asked.model_dump(exclude_none=True).items():
            value = found if threshold == "count" else _share(found, every, figures)
            yield f"reasons.{reason}.{threshold}", limit, value if figures.settled else None
    if success.hours is not None:
        yield "hours", success.hours, figures.hours if figures.settled else None
    if success.verified:
        yield "verified", True, figures.verified


def _of_types(threshold: str, types: Collection[str], figures: Figures) -> Value:
    if not figures.settled:
        return None
    if threshold == "migrated":
        return sum(figures.migrated.get(t, 0) for t in types)
    rejected = sum(figures.rejected.get(t, 0) for t in types)
    return rejected if threshold == "rejected" else _share(rejected, types, figures)


def _share(part: int, types: Collection[str], figures: Figures) -> float:
    """Return a part of what was to be migrated; of nothing it is 0."""
    whole = sum(figures.migrated.get(t, 0) + figures.rejected.get(t, 0) for t in types)
    return part / whole if whole else 0.0


def _verdict(name: str, limit: float, found: Value) -> Verdict:
    if found is None:
        return Verdict.NOT_MEASURABLE
    at_least = name == "verified" or name.endswith(".migrated")
    return Verdict.MET if (found >= limit if at_least else found <= limit) else Verdict.NOT_MET


def bound(success: Success, becomes: Mapping[str, str]) -> str:
    """Return criteria as a plan keeps them: JSON."""
    content = {
        "criteria": success.model_dump(mode="json", exclude_defaults=True),
        "becomes": dict(sorted(becomes.items())),
    }
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()


def read_bound(text: str) -> tuple[Success, Mapping[str, str]]:
    """Read what `bound` wrote; of a plan without it there are no criteria."""
    content = orjson.loads(text or '{"criteria": {}, "becomes": {}}')
    return Success.model_validate(content["criteria"]), content["becomes"]
