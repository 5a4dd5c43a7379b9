"""What a measurement comes to: a verdict, why, and what it stands on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kt_migrate.gates.records import Verdict
from kt_migrate.language import tr
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


WHY: Mapping[str, tuple[str, str]] = {
    "probed": ("gezien {at}", "seen {at}"),
    "no-probe": ("nog niet bekeken", "not probed yet"),
    "probe-old": ("gezien {at}: te lang geleden", "seen {at}: too long ago"),
    "probe-other-plan": ("bekeken voor een ander plan", "probed for another plan"),
    "probe-other-settings": ("instellingen sindsdien anders", "settings changed since"),
    "probe-nothing": ("er is niets bekeken", "nothing was looked at"),
    "probe-lacking": ("ontbreekt: {what}", "lacking: {what}"),
    "probe-unknown": ("niet te zien: {what}", "cannot be seen: {what}"),
    "trial": ("proef {trial}", "trial {trial}"),
    "trial-undone": ("proef {trial}, toen gemeten", "trial {trial}, measured then"),
    "no-trial": ("geen proef met dit plan", "no trial of this plan"),
    "trial-differs": ("proef {trial} had ander: {what}", "trial {trial} had other: {what}"),
    "trial-sample": ("proef {trial} is een steekproef", "trial {trial} is a sample"),
    "trial-not-sent": ("plan {trial} is niet uitgevoerd", "plan {trial} was not executed"),
    "trial-pending": ("proef {trial}: {pending} te doen", "trial {trial}: {pending} to do"),
    "trial-gone": ("proef {trial} opgeruimd, niet gemeten", "trial {trial} undone, not measured"),
    "trial-unverified": ("proef {trial} niet nagekeken", "trial {trial} not verified"),
    "trial-unequal": ("proef {trial}: niet gelijk", "trial {trial}: not equal"),
    "success-met": ("gehaald: {trial}", "met: {trial}"),
    "success-not-met": ("niet gehaald: {trial}", "not met: {trial}"),
    "success-not-measurable": ("niet te meten: {trial}", "not measurable: {trial}"),
    "success-no-criteria": ("geen criteria gesteld", "no criteria were set"),
    "equal": ("gelijk", "equal"),
    "unequal": ("niet gelijk", "not equal"),
    "balance": ("in evenwicht", "in balance"),
    "no-balance": ("{count} regels sluiten niet", "{count} lines do not balance"),
    "unchanged": ("als toen het plan is gemaakt", "as when the plan was made"),
    "changed": ("veranderd", "changed"),
    "not-as-delivered": ("archief is niet als geleverd", "archive is not as delivered"),
    "rehearsed": ("run {trial} teruggedraaid", "run {trial} undone"),
    "not-rehearsed": ("niets teruggedraaid", "nothing was undone"),
    "rehearsed-part": ("run {trial}: {left} gelaten", "run {trial}: {left} left"),
    "rehearsed-unproven": ("run {trial}: niet nagekeken", "run {trial}: not proven"),
    "buffer-empty": ("alle berichten klaar", "all messages done"),
    "buffer-full": ("{waiting} berichten wachten", "{waiting} messages wait"),
    "buffer-unknown": (
        "{failed} mislukt, {unknown} onbekend",
        "{failed} failed, {unknown} unknown",
    ),
    "buffer-unseen": ("niet gekeken", "not looked at"),
    "apart": ("niets gedeeld", "nothing shared"),
    "shared": ("gedeeld", "shared"),
    "ordered": ("GO op regel {number}", "GO on line {number}"),
    "not-ordered": ("geen GO voor dit plan", "no GO for this plan"),
    "done": ("alles bekend", "all known"),
    "not-sent": ("niets uitgevoerd", "nothing was carried out"),
    "undone": ("deze run is teruggedraaid", "this run was undone"),
    "pending": ("{pending} nog te doen", "{pending} still to do"),
    "verified": ("nagekeken, gelijk", "read back, equal"),
    "not-verified": ("niet nagekeken", "not verified"),
    "written-since": ("daarna is nog geschreven", "written since"),
    "none": ("geen", "none"),
    "some": ("{count}", "{count}"),
    "audited": ("audit klopt", "audit agrees"),
    "not-audited": ("geen audit gevraagd", "no audit was asked for"),
    "audit-differs": ("audit wijkt af", "audit differs"),
    "not-judged": ("hier niet beoordeeld", "not judged here"),
    "judged": ("{count} goed: < {percent} % fout", "{count} good: < {percent} % wrong"),
    "judged-wrong": ("{count} niet akkoord", "{count} not agreed"),
    "judged-part": ("{count} niet beoordeeld", "{count} not judged"),
    "judged-before": ("beoordeeld, daarna geschreven", "judged, written since"),
}
"""Why a measurement came out as it did: Dutch, English; short, for a screen."""


def why_text(on: Mapping[str, Json]) -> str:
    """Return in words why a measurement came out as it did."""
    texts = WHY.get(str(on.get("why", "")))
    return "" if texts is None else tr(*texts).format_map(dict(on))


def met(why: str, **on: Json) -> Finding:
    """Return that a point is met."""
    return Finding(verdict=Verdict.MET, why=why, on=on)


def not_met(why: str, **on: Json) -> Finding:
    """Return that a point is not met."""
    return Finding(verdict=Verdict.NOT_MET, why=why, on=on)


def unclear(why: str, **on: Json) -> Finding:
    """Return that it cannot be told: open."""
    return Finding(verdict=Verdict.OPEN, why=why, on=on)
