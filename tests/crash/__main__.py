"""`python tests/crash --runs N --seconds N --seed N`: the crash matrix, for as long as you like.

Each run is a case (`crash.cases`), in a folder of its own. A broken promise is printed with its
seed; the exit code is then 1. At the end the figures, also as build/crash/figures.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("src", "tests", "bench")]

from crash.cases import case_of  # noqa: E402 (on the path from here on)
from crash.domain import make_domains  # noqa: E402
from crash.playing import CaseError, Played, play  # noqa: E402

BUILD = ROOT / "build" / "crash"


class Figures:
    """What all runs together came to."""

    def __init__(self) -> None:
        self.failed: list[int] = []
        self._runs = 0
        self._sums: Counter[str] = Counter()
        self._reached: Counter[str] = Counter()
        self._ends: Counter[int] = Counter()

    def add(self, played: Played) -> None:
        """Take a run in that kept every promise."""
        self._runs += 1
        for name in ("starts", "refused", "requests", "writes"):
            self._sums[name] += getattr(played, name)
        self._reached.update(played.reached)
        self._ends.update(played.ends)

    def as_json(self) -> dict[str, Any]:
        """Return them; every run that is counted had no loss and no double, or it had failed."""
        return {
            "runs": self._runs,
            "failed": self.failed,
            **self._sums,
            "ends": {str(code): count for code, count in sorted(self._ends.items())},
            "reached": dict(sorted(self._reached.items())),
        }


def main() -> None:
    """Play cases until the time or the number is spent."""
    parser = argparse.ArgumentParser(description="The crash matrix.")
    parser.add_argument("--runs", type=int, default=0, help="0: as many as fit in the time")
    parser.add_argument("--seconds", type=int, default=3_600)
    parser.add_argument(
        "--seed", type=int, default=0, help="of the first run; the next is one more"
    )
    given = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    figures = Figures()
    ends = time.monotonic() + given.seconds
    with tempfile.TemporaryDirectory() as made:
        domains = make_domains(Path(made))
        seed = given.seed
        while seed - given.seed < given.runs if given.runs else time.monotonic() < ends:
            home = Path(made) / "case"
            home.mkdir()
            try:
                figures.add(play(case_of(seed), domains, home))
            except CaseError as error:
                figures.failed.append(seed)
                print(f"SEED {seed}: {error}", flush=True)
            shutil.rmtree(home)
            seed += 1
    said = json.dumps(figures.as_json(), indent=1, ensure_ascii=False)
    (BUILD / "figures.json").write_text(said + "\n", "utf-8")
    print(said)
    sys.exit(1 if figures.failed else 0)


if __name__ == "__main__":
    main()
