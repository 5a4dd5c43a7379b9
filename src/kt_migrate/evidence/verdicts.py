"""The verdicts of a sample as a pack has them: a line per dossier, and nothing of what is in it.

A dossier is a pseudonym with its stratum; who judged it is a role and a number, as in `gates.json`.
What these verdicts come to is worked out here from the paper alone, to be held against what the
signed ledger says was measured of them (Q.3.1). Pure, but for the run folder that a paper is of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kt_migrate.evidence.others import count, digest, word
from kt_migrate.evidence.people import People, known_rules
from kt_migrate.model import Json
from kt_migrate.plan.sampling.certainty import fewer_than
from kt_migrate.pseudonyms import pseudonym
from kt_migrate.reports.judged import Judged, Judgement, Verdict, begun, digest_of

MOST = 5_000_000
"""Dossiers of all samples together: more clients than a domain has, and worked out in seconds."""
_SAID = frozenset({None, *(verdict.value for verdict in Verdict)})
Paper = Mapping[str, Any]


def judged_paper(folder: Path, plan: str, people: People) -> dict[str, Json] | None:
    """Return what people said of the samples of a run.

    Args:
        folder: the run folder.
        plan: SHA-256 of its plan.
        people: the numbers that people have in this pack.

    Returns:
        None when nobody said anything. Samples that were judged before the run's last write count
        no more: of those there is their number.
    """
    found, before = begun(folder, plan)
    if not found and not before:
        return None
    return {
        "judged": digest(digest_of(found)),
        "before": len(before),
        "samples": [_sample(one, people) for one in found],
    }


def _sample(judged: Judged, people: People) -> dict[str, Json]:
    return {
        "seed": word(judged.seed),
        "asked": count(judged.asked),
        "read": word(judged.read),
        "strata": [
            {"kind": word(kind), "ending": word(ending), "of": count(of), "drawn": count(drawn)}
            for kind, ending, of, drawn in judged.strata
        ],
        "dossiers": [_dossier(one, people) for one in judged.dossiers],
    }


def _dossier(said: Judgement, people: People) -> dict[str, Json]:
    return {
        "pseudonym": pseudonym(said.link),
        "kind": word(said.kind),
        "ending": word(said.ending),
        "verdict": None if said.verdict is None else said.verdict.value,
        "rules": known_rules(said.rules),
        "at": word(said.at),
        "role": people.role(said.by),
        "person": people.number(said.by),
    }


def measured_of(paper: Paper) -> dict[str, object]:
    """Return what a gate that looks at these verdicts writes down of them.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the paper is not of its form.
    """
    samples = _samples(paper)
    said = Counter(one["verdict"] for sample in samples for one in sample["dossiers"])
    figures: dict[str, object] = {"judged": paper["judged"]}
    if not samples:
        return figures
    if said["wrong"]:
        return figures | {"count": said["wrong"]}
    if said["unsure"] or said[None]:
        return figures | {"count": said["unsure"] + said[None]}
    best = min(samples, key=_percent)
    rules = {rule for sample in samples for one in sample["dossiers"] for rule in one["rules"]}
    return figures | {
        "count": len(best["dossiers"]),
        "percent": _percent(best),
        "population": sum(of for of, _drawn in _pairs(best)),
        "seed": best["seed"],
        "rules": sorted(rules),
    }


def verdict_of(paper: Paper) -> str:
    """Return what the verdicts come to: `wrong`, `good`, or empty: that is neither.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the paper is not of its form.
    """
    samples = _samples(paper)
    said = {one["verdict"] for sample in samples for one in sample["dossiers"]}
    if "wrong" in said:
        return "wrong"
    return "good" if said == {"good"} else ""


def _samples(paper: Paper) -> list[Paper]:
    """Return the samples, of which each says of itself what it has."""
    samples = list(paper["samples"])
    population = sum(stratum["of"] for sample in samples for stratum in sample["strata"])
    if not all(map(_is_sample, samples)) or population > MOST:
        raise ValueError("samples")
    return samples


def _is_sample(sample: Paper) -> bool:
    """Whether each stratum has as many dossiers as were drawn of it, and each dossier is one."""
    dossiers, rows = sample["dossiers"], sample["strata"]
    strata = {(row["kind"], row["ending"]): (row["of"], row["drawn"]) for row in rows}
    drawn = Counter((one["kind"], one["ending"]) for one in dossiers)
    once = len({one["pseudonym"] for one in dossiers}) == len(dossiers) > 0
    known = all(one["verdict"] in _SAID for one in dossiers)
    whole = len(strata) == len(rows) and drawn.keys() <= strata.keys()
    return once and known and whole and all(drawn[s] == n <= of for s, (of, n) in strata.items())


def _pairs(sample: Paper) -> Sequence[tuple[int, int]]:
    return [(int(one["of"]), int(one["drawn"])) for one in sample["strata"]]


def _percent(sample: Paper) -> int:
    return fewer_than(_pairs(sample))
