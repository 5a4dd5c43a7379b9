"""Asks the judge and our own check the same, and counts where they differ, in both directions.

    python tests/hapi/agreement.py            everything; make judge
    python tests/hapi/agreement.py --seed 7 --sample 600

Writes build/judge/agreement.json, and says which differences nobody gave a reason for.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any

from launcher import PACKAGES
from ruamel.yaml import YAML

from kt_migrate.conformance import check
from kt_migrate.model import Resource

Judge = Callable[[Resource], tuple[str, ...]]
HERE = Path(__file__).parent
OUT = HERE.parents[1] / "build" / "judge" / "agreement.json"
REASONS = HERE / "differences.yaml"
AT_ONCE = 4
LEAST = 0.99
WE_REFUSE, JUDGE_REFUSES = "we-refuse", "judge-refuses"


@dataclass(frozen=True, slots=True)
class Case:
    """One question.

    Attributes:
        kind: `golden`, `demo`, `generated`, `beside`, or what a mutant has wrong.
        path: the element that is wrong; of a good one its type.
        resource: to be judged.
    """

    kind: str
    path: str
    resource: Resource


@dataclass(frozen=True, slots=True)
class Answer:
    """What both said; empty is good."""

    case: Case
    ours: tuple[str, ...]
    judges: tuple[str, ...]

    @property
    def difference(self) -> str:
        """Who alone refuses it; empty: they agree."""
        if bool(self.ours) == bool(self.judges):
            return ""
        return WE_REFUSE if self.ours else JUDGE_REFUSES


@dataclass(frozen=True, slots=True)
class Reason:
    """Why both may differ about some cases."""

    direction: str
    kinds: frozenset[str]
    paths: re.Pattern[str]
    says: str

    def explains(self, answer: Answer) -> bool:
        """Whether it is about this difference."""
        return (
            answer.difference == self.direction
            and (not self.kinds or answer.case.kind in self.kinds)
            and self.paths.fullmatch(answer.case.path) is not None
        )


def reasons() -> list[Reason]:
    """Return the differences that are known, with their reasons."""
    return [
        Reason(
            one["direction"],
            frozenset(one.get("kinds", ())),
            re.compile(one["paths"]),
            one["because"],
        )
        for one in YAML(typ="safe").load(REASONS)
    ]


def ask(cases: Sequence[Case], judge: Judge) -> list[Answer]:
    """Ask both about every case."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = list(pool.map(judge, (case.resource for case in cases)))
    return [
        Answer(case, tuple(f"{i.path} {i.detail}" for i in check(case.resource)), theirs)
        for case, theirs in zip(cases, said, strict=True)
    ]


def remembered(judge: Judge) -> Judge:
    """Return a judge that is asked once, ever, about a resource: the same server says the same."""
    state = hashlib.sha256(b"".join(p.read_bytes() for p in (HERE / "pom.xml", *PACKAGES)))
    kept = OUT.with_name(f"asked-{state.hexdigest()[:16]}.jsonl")
    kept.parent.mkdir(parents=True, exist_ok=True)
    lines = kept.read_text("utf-8").splitlines() if kept.is_file() else []
    said: dict[str, tuple[str, ...]] = {k: tuple(v) for k, v in map(json.loads, lines)}
    lock = Lock()

    def ask(resource: Resource) -> tuple[str, ...]:
        content = json.dumps(resource, sort_keys=True).encode()
        key = hashlib.sha256(content).hexdigest()
        if key not in said:
            answer = judge(resource)
            with lock, kept.open("a", encoding="utf-8") as out:
                out.write(json.dumps([key, answer]) + "\n")
            said[key] = answer
        return said[key]

    return ask


def table(answers: Iterable[Answer]) -> dict[str, dict[str, Counter[str]]]:
    """Count per type and kind: `agree`, `we-refuse`, `judge-refuses`."""
    made: dict[str, dict[str, Counter[str]]] = {}
    for answer in answers:
        r4_type = str(answer.case.resource.get("resourceType"))
        counts = made.setdefault(r4_type, {}).setdefault(answer.case.kind, Counter())
        counts[answer.difference or ("both-refuse" if answer.ours else "both-accept")] += 1
    return made


def report(answers: Sequence[Answer], known: Sequence[Reason]) -> dict[str, Any]:
    """Return the whole of it: figures, table, reasons with their counts, and what has none."""
    differ = [answer for answer in answers if answer.difference]
    told: Counter[str] = Counter()
    unknown = []
    for answer in differ:
        reason = next((r for r in known if r.explains(answer)), None)
        if reason is None:
            unknown.append(answer)
        else:
            told[reason.says] += 1
    return {
        "cases": len(answers),
        "agree": len(answers) - len(differ),
        "share": round(1 - len(differ) / max(1, len(answers)), 5),
        **{way: sum(a.difference == way for a in differ) for way in (WE_REFUSE, JUDGE_REFUSES)},
        "table": table(answers),
        "known": {reason.says: told[reason.says] for reason in known},
        "unknown": [
            {
                "difference": a.difference,
                "kind": a.case.kind,
                "path": a.case.path,
                "ours": a.ours,
                "judge": a.judges,
            }
            for a in unknown
        ],
    }


def objections(made: dict[str, Any], *, whole_run: bool) -> list[str]:
    """Return what keeps a report from passing; the whole run also asks that every reason occurs."""
    wrong = [
        f"no reason: {one['difference']} {one['kind']} {one['path']}: {one['ours']} / {one['judge']}"
        for one in made["unknown"]
    ]
    if whole_run and made["share"] < LEAST:
        wrong.append(f"both agree on {made['share']}, less than {LEAST}")
    if whole_run:
        wrong += [f"does not occur: {says}" for says, count in made["known"].items() if not count]
    return wrong


def lines(made: dict[str, Any]) -> list[str]:
    """Return the table per kind, and the reasons with their counts, as docs/conformance.md has them."""
    kinds: dict[str, Counter[str]] = {}
    for per_kind in made["table"].values():
        for kind, counts in per_kind.items():
            kinds.setdefault(kind, Counter()).update(counts)
    columns = ("both-accept", "both-refuse", WE_REFUSE, JUDGE_REFUSES)
    rows = [f"| {k} | {' | '.join(str(c[n]) for n in columns)} |" for k, c in sorted(kinds.items())]
    reasons = [f"| {count} | {says} |" for says, count in made["known"].items()]
    return [f"| kind | {' | '.join(columns)} |", *rows, "| cases | reason |", *reasons]


def write(made: dict[str, Any], to: Path = OUT) -> None:
    """Write a report."""
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", "utf-8")


def whole(folder: Path) -> tuple[list[Case], list[Case]]:
    """Return every good case, and every mutant (two per type, kind and element).

    References are literal, for the judge takes conditional ones for malformed addresses.
    """
    from corpus import beside, demo, generated, shapes  # noqa: PLC0415
    from spoiling import sampled  # noqa: PLC0415

    from golden import golden  # noqa: PLC0415
    from judging import literally  # noqa: PLC0415

    groups = {
        "golden": golden(),
        "beside": beside(),
        "demo": demo(folder),
        "generated": generated(folder / "generated"),
    }
    good = [
        Case(kind, str(resource["resourceType"]), literally(resource))
        for kind, some in groups.items()
        for resource in some
    ]
    bases = list(shapes([case.resource for case in good], 1))
    random.Random(1).shuffle(bases)  # noqa: S311 (a draw, no secret)
    return good, [Case(m.kind, m.path, m.resource) for m in sampled(bases, 2)]


def main() -> int:
    """Ask about everything, and print the figures."""
    from launcher import hapi  # noqa: PLC0415

    from judging import asking  # noqa: PLC0415

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory() as folder, hapi() as base:
        good, spoiled = whole(Path(folder))
        cases = [*good, *spoiled]
        if given.sample:
            cases = random.Random(given.seed).sample(cases, given.sample)  # noqa: S311
        made = report(ask(cases, remembered(asking(base))), reasons())
    write(made)
    wrong = objections(made, whole_run=not given.sample)
    for name in ("cases", "agree", "share", WE_REFUSE, JUDGE_REFUSES):
        print(f"{name}: {made[name]}")
    for line in (*lines(made), *wrong):
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
