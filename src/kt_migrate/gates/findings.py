"""What a measurement comes to: a verdict, why, and what it stands on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kt_migrate.errors import Said, said
from kt_migrate.gates.records import Verdict
from kt_migrate.language import moment, shown
from kt_migrate.model import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was measured of one point.

    Attributes:
        verdict: met, not met, or open: nobody can tell.
        why: a key of `WHY`.
        on: what it stands on, with digests; the words of `why` are filled in from it.
    """

    verdict: Verdict
    why: str
    on: Mapping[str, Json] = field(default_factory=dict)

    def as_json(self) -> dict[str, Json]:
        """Return what a record keeps of it."""
        return {"why": self.why, **self.on}


WHY: Mapping[str, Said] = {
    "probed": said("seen {at}"),
    "no-probe": said("not probed yet"),
    "probe-old": said("seen {at}: too long ago"),
    "probe-other-plan": said("probed for another plan"),
    "probe-other-settings": said("settings changed since"),
    "probe-nothing": said("nothing was looked at"),
    "probe-lacking": said("lacking: {what}"),
    "probe-unknown": said("cannot be seen: {what}"),
    "trial": said("trial {trial}"),
    "trial-undone": said("trial {trial}, measured then"),
    "no-trial": said("no trial of this plan"),
    "trial-differs": said("trial {trial} had other: {what}"),
    "trial-sample": said("trial {trial} is a sample"),
    "trial-not-sent": said("plan {trial} was not executed"),
    "trial-pending": said("trial {trial}: {pending} to do"),
    "trial-gone": said("trial {trial} undone, not measured"),
    "trial-unverified": said("trial {trial} not verified"),
    "trial-unequal": said("trial {trial}: not equal"),
    "success-met": said("met: {trial}"),
    "success-not-met": said("not met: {trial}"),
    "success-not-measurable": said("not measurable: {trial}"),
    "success-no-criteria": said("no criteria were set"),
    "equal": said("equal"),
    "unequal": said("not equal"),
    "balance": said("in balance"),
    "no-balance": said("{count} lines do not balance"),
    "unchanged": said("as when the plan was made"),
    "changed": said("changed"),
    "not-as-delivered": said("archive is not as delivered"),
    "rehearsed": said("run {trial} undone"),
    "not-rehearsed": said("nothing was undone"),
    "rehearsed-part": said("run {trial}: {left} left"),
    "rehearsed-unproven": said("run {trial}: not proven"),
    "buffer-empty": said("all messages done"),
    "buffer-full": said("{waiting} messages wait"),
    "buffer-unknown": said("{failed} failed, {unknown} unknown"),
    "buffer-unseen": said("not looked at"),
    "apart": said("nothing shared"),
    "shared": said("shared"),
    "ordered": said("GO on line {number}"),
    "not-ordered": said("no GO for this plan"),
    "done": said("all known"),
    "not-sent": said("nothing was carried out"),
    "undone": said("this run was undone"),
    "pending": said("{pending} still to do"),
    "verified": said("read back, equal"),
    "not-verified": said("not verified"),
    "written-since": said("written since"),
    "none": said("none"),
    "some": said("{count}"),
    "none-paused": said("none is paused"),
    "still-paused": said("{count} still paused"),
    "audited": said("audit agrees"),
    "not-audited": said("no audit was asked for"),
    "audit-differs": said("audit differs"),
    "not-judged": said("not judged here"),
    "judged": said("{count} good: < {percent} % wrong"),
    "judged-wrong": said("{count} not agreed"),
    "judged-part": said("{count} not judged"),
    "judged-before": said("judged, written since"),
}
"""Why a measurement came out as it did: Dutch, English; short, for a screen."""


def why_text(on: Mapping[str, Json]) -> str:
    """Return in words why a measurement came out as it did."""
    texts = WHY.get(str(on.get("why", "")))
    said_of = {**on, "at": moment(str(on.get("at", "")))}
    return "" if texts is None else shown(texts).format_map(said_of)


def met(why: str, **on: Json) -> Finding:
    """Return that a point is met."""
    return Finding(verdict=Verdict.MET, why=why, on=on)


def not_met(why: str, **on: Json) -> Finding:
    """Return that a point is not met."""
    return Finding(verdict=Verdict.NOT_MET, why=why, on=on)


def unclear(why: str, **on: Json) -> Finding:
    """Return that it cannot be told: open."""
    return Finding(verdict=Verdict.OPEN, why=why, on=on)
