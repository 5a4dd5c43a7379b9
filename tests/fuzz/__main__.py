"""`python tests/fuzz [TARGET…] --seconds N`: fuzz with atheris, the time divided over the targets.

Each target is a process of its own. What grows of the seeds stays in `build/fuzz/corpus/TARGET`,
so that the next time goes on from there; what is not as promised is written to
`build/fuzz/findings`, each kind once, and the exit code is then 1. A finding goes, small and
invented, into `tests/fuzz/corpus/TARGET` under a name that says what it was, with its repair.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import resource
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("src", "tests", "examples", "bench")]
BUILD = ROOT / "build" / "fuzz"
SLOW_SECONDS = 5.0
"""CPU time that no input of this size may take."""
MOST_BYTES = 64 * 1024
MEMORY_STEP = 256 * 1024
"""Kilobytes by which one input may raise the process's greatest memory; the first may load more."""
_DONE = re.compile(r"^#(\d+)\s.*?cov: (\d+).*?rss: (\d+)Mb", re.MULTILINE)


class Findings:
    """Writes the first input of each kind of trouble, and goes on."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._seen: set[str] = set()
        self._peak = 0

    def guarded(self, check: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """Return the check that keeps what it raises, what takes long, and what takes memory."""

        def run(content: bytes) -> None:
            start = time.process_time()
            try:
                check(content)
            except Exception as error:  # noqa: BLE001 (any is a finding)
                last = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{Path(last.filename).name}:{last.lineno}"
                self.keep(f"{type(error).__name__} {place}", content)
            if time.process_time() - start > SLOW_SECONDS:
                self.keep("slow", content)
            self._memory(content)

        return run

    def _memory(self, content: bytes) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if self._peak and peak > self._peak + MEMORY_STEP:
            self.keep("memory", content)
        self._peak = max(peak, self._peak)

    def keep(self, kind: str, content: bytes) -> None:
        """Write the first input of a kind."""
        if kind in self._seen:
            return
        self._seen.add(kind)
        name = re.sub(r"[^A-Za-z0-9.]+", "-", f"{self._target}-{kind}")
        (BUILD / "findings" / name).write_bytes(content)
        print(f"FINDING {self._target}: {kind}", flush=True)


def child(target: str, seconds: int, seed: int) -> None:
    """Fuzz one target in this process, which ends with it."""
    import atheris  # noqa: PLC0415 (an extra; the parent does without)

    with atheris.instrument_imports(include=["kt_migrate", "openpyxl", "py7zr"]):
        from fuzz import mutating, seeds, targets  # noqa: PLC0415 (after the instruments)

    corpus = BUILD / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(seeds.seeds(target)):
        (corpus / f"seed-{number:03d}").write_bytes(content)
    words = BUILD / "words.dict"
    words.write_text(seeds.dictionary(), "utf-8")

    def mutate(content: bytes, most: int, draw: int) -> bytes:
        def bytewise(some: bytes) -> bytes:
            return bytes(atheris.Mutate(some, max(most, len(some) + 1)))

        return mutating.changed(target, content, Random(draw), bytewise)[:most]

    guarded = Findings(target).guarded(targets.TARGETS[target])
    options = [
        *(f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={MOST_BYTES}"),
        *("-timeout=120", "-rss_limit_mb=2048", f"-dict={words}", "-print_final_stats=1"),
        *(f"-artifact_prefix={BUILD / 'findings' / target}-", str(corpus)),
    ]
    atheris.Setup([sys.argv[0], *options], guarded, custom_mutator=mutate)
    atheris.Fuzz()


def fuzz(target: str, seconds: int, seed: int) -> bool:
    """Fuzz one target in a process of its own, print what came of it, say whether it is sound."""
    command = [
        sys.executable,
        __file__,
        "--child",
        target,
        f"--seconds={seconds}",
        f"--seed={seed}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    log = done.stdout + done.stderr
    (BUILD / f"{target}.log").write_text(log, "utf-8")
    steps = _DONE.findall(log)
    first, last = (steps[0], steps[-1]) if steps else (("0", "0", "0"),) * 2
    found = [line for line in log.splitlines() if line.startswith("FINDING")]
    died = done.returncode != 0
    print(
        f"{target}: {int(last[0]):,} executions in {seconds} s, {last[1]} places covered, "
        f"memory {first[2]} to {last[2]} MB, {len(found)} kinds of trouble"
        + (f"; ended with {done.returncode}, see build/fuzz/{target}.log" if died else ""),
        flush=True,
    )
    for line in found:
        print(f"  {line}", flush=True)
    return not found and not died


def main() -> None:
    """Divide the time over the targets, and end with 1 when anything was found."""
    parser = argparse.ArgumentParser(description="Fuzz with atheris.")
    parser.add_argument("targets", nargs="*", help="all when none is named")
    parser.add_argument("--seconds", type=int, default=3_600, help="for all of them together")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        child(given.child, given.seconds, given.seed)
        return
    if importlib.util.find_spec("atheris") is None:
        raise SystemExit("atheris is not here: pip install '.[fuzz]'")
    from fuzz.targets import TARGETS  # noqa: PLC0415 (on the path from here on)

    chosen = given.targets or list(TARGETS)
    (BUILD / "findings").mkdir(parents=True, exist_ok=True)
    each = max(1, given.seconds // len(chosen))
    sound = [fuzz(target, each, given.seed) for target in chosen]
    sys.exit(0 if all(sound) else 1)


if __name__ == "__main__":
    main()
