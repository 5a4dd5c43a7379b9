"""Plays one case of the matrix: starts that die, a start that does not, and what then is there."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import warm
from crash.cases import Case
from crash.checking import BrokenError, Evidence, check
from crash.domain import Domain, Planned
from crash.expecting import expected_of, verdict_of
from crash.server import Log, look, put_before, remove, serving
from crash.traps import Trap
from kt_migrate.errors import ExitCode
from kt_migrate.model import Key
from road.looking import run_folder

HASTE = 20
LONGEST_SECONDS = 120
"""No start takes so long, whatever befalls it."""
UNDER_WAY = 8
"""Requests that may come in late of a process that stands still: `max_in_flight` of the domain."""
MOST_STARTS = 12
"""So many starts without a trap may end with 31 (the server does not answer) before it is wrong."""
_MAY_END = {
    "disk": {ExitCode.JOURNAL, ExitCode.CONFIGURATION},
    "clock": {ExitCode.LOGIN, ExitCode.UNAVAILABLE},
}
"""How a start may end that something befell; besides how any start may."""


class CaseError(AssertionError):
    """A promise is broken; says which case it was, and how to play it again."""


@dataclass(slots=True)
class Played:
    """What a case came to.

    Attributes:
        starts: how many processes were started, second ones left out.
        ends: how each ended.
        reached: names of the traps that were reached.
        refused: second processes that were refused.
        requests: writes that reached the server.
        writes: of the plan.
    """

    starts: int = 0
    ends: list[int] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    requests: int = 0
    writes: int = 0


class Player:
    """One case, in a folder of its own."""

    def __init__(self, case: Case, domain: Domain, folder: Path) -> None:
        self._case, self._domain = case, domain
        self._home = folder
        self._folder = domain.copied(folder / "EXAMPLE")
        self._run = run_folder(self._folder)
        self._reached = folder / "reached"
        self._chance = Random(case.seed)
        self._writes: dict[Key, Planned] = {write.key: write for write in domain.writes}
        self._log = Log()
        self._said = ""
        self.played = Played(writes=len(domain.writes))

    def play(self) -> Played:
        """Play it.

        Raises:
            CaseError: a promise is broken.
        """
        before, gone, refused = self._arrange()
        scene = self._case.scene
        expected = expected_of(self._domain.writes, before, scene.choice, gone)
        with serving(
            self._folder, self._case.faults, self._log, conditional=scene.conditional
        ) as faults:
            if gone:
                self._require("verify", self._command("verify"), {ExitCode.MISMATCH})
            self._log.refuse = refused
            for number, trap in enumerate(self._case.traps):
                self._befallen(trap, second=number in self._case.second)
                self._log.refuse = frozenset()
            books = self._to_the_end(verdict_of(expected))
            sent = len(self._log.requests)
            self._require("again", self._trial(), {verdict_of(expected), ExitCode.UNAVAILABLE})
            if verdict_of(expected) == ExitCode.OK and len(self._log.requests) != sent:
                self._wrong("a start with nothing to do sent something")
            faults.reset_every = 0
            verify = self._command("verify", "--json")
        evidence = Evidence(
            writes=self._writes,
            expected=expected,
            there=look(self._folder),
            requests=self._log.requests,
            trial=books,
            verify=json.loads(self._said),
            verify_code=verify,
        )
        try:
            check(evidence, self._run / "journal.sqlite")
        except BrokenError as broken:
            self._wrong(str(broken))
        self.played.requests = len(self._log.requests)
        return self.played

    def _arrange(self) -> tuple[dict[Key, str], frozenset[Key], frozenset[bytes]]:
        scene, chance = self._case.scene, self._chance
        first = [w.key for w in self._domain.writes if not w.targets]
        kinds = [kind for kind, count in scene.before for _each in range(count)]
        before = dict(zip(chance.sample(first, len(kinds)), kinds, strict=True))
        put_before(self._folder, before, self._writes)
        leaves = [w.key for w in self._domain.writes if w.leaf and w.targets]
        gone = frozenset(chance.sample(leaves, scene.gone))
        remove(self._folder, gone)
        refused = chance.sample(first, scene.refused)
        return before, gone, frozenset(f'"{key.value}"'.encode() for key in refused)

    def _befallen(self, trap: Trap | None, *, second: bool) -> None:
        """Let one start be befallen; with a second process while it stands still."""
        if trap is not None and second and trap.kind in ("step", "request"):
            self._second(trap)
            return
        code = self._trial(trap)
        allowed = self._ends() | {-signal.SIGKILL}
        self._require("start", code, allowed | _MAY_END.get(trap.kind if trap else "", set()))
        if trap is not None and trap.kind in ("moment", "disk"):
            self.played.reached[trap.name] += code in {-signal.SIGKILL, *_MAY_END["disk"]}

    def _ends(self) -> set[int]:
        return {0, ExitCode.REJECTS, ExitCode.DUPLICATES, ExitCode.UNAVAILABLE}

    def _second(self, trap: Trap) -> None:
        """Two processes on one run folder: the second is refused, and leaves everything."""
        standing = Trap(**{**asdict(trap), "how": "stop"})
        process = self._start(standing)
        ends = time.monotonic() + LONGEST_SECONDS
        while not self._reached.exists() and process.poll(0.002) is None:
            if time.monotonic() > ends:
                process.send_signal(signal.SIGKILL)
                self._wrong("it hangs")
        if process.poll() is None:
            _until_it_stands(process.pid)
            held, sent = _contents(self._run), len(self._log.requests)
            code = self._command("trial", "--env", "local", "--existing", "update")
            self._require("second process", code, {ExitCode.LOCKED})
            if _contents(self._run) != held:
                self._wrong("the second process changed the run folder")
            if len(self._log.requests) - sent > UNDER_WAY:
                self._wrong("the second process sent something")
            self.played.refused += 1
            kill = self._chance.random() < 0.5
            process.send_signal(signal.SIGKILL if kill else signal.SIGCONT)
        self._ended(process)
        self._require("start", self.played.ends[-1], self._ends() | {-signal.SIGKILL})

    def _to_the_end(self, verdict: int) -> dict[str, Any]:
        """Give the plain command until it ends as it should; return what it said."""
        for _start in range(MOST_STARTS):
            code = self._trial(None, "--json")
            self._require("resume", code, {verdict, ExitCode.UNAVAILABLE})
            if code == verdict:
                said: dict[str, Any] = json.loads(self._said)
                return said
        self._wrong(f"no end after {MOST_STARTS} starts")
        raise AssertionError

    def _trial(self, trap: Trap | None = None, *more: str) -> int:
        process = self._start(trap, *more)
        if trap is not None and trap.kind == "moment":
            time.sleep(trap.amount)
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
        self._ended(process)
        return self.played.ends[-1]

    def _start(self, trap: Trap | None, *more: str) -> warm.Process:
        scene = self._case.scene
        wishes = ["--existing", scene.choice] if scene.choice else []
        wishes += ["--repair"] if scene.gone else []
        self._reached.unlink(missing_ok=True)
        self.played.starts += 1
        self._log.start = self.played.starts
        return self._process(["trial", "--env", "local", *wishes, *more], trap)

    def _process(self, arguments: list[str], trap: Trap | None) -> warm.Process:
        order = {
            "trap": None if trap is None else asdict(trap),
            "reached": str(self._reached),
            "folder": str(self._run),
            "haste": HASTE,
        }
        with (self._home / "out").open("wb") as out, (self._home / "err").open("wb") as err:
            return warm.start(
                arguments,
                self._folder,
                stdout=out.fileno(),
                stderr=err.fileno(),
                haste=HASTE,
                trap=order,
            )

    def _ended(self, process: warm.Process) -> None:
        self.played.ends.append(self._wait(process))
        if self._reached.exists():
            self.played.reached.update(self._reached.read_text("utf-8").splitlines()[:1])

    def _wait(self, process: warm.Process) -> int:
        try:
            code = process.wait(LONGEST_SECONDS)
        except TimeoutError:
            process.send_signal(signal.SIGKILL)
            process.wait()
            self._wrong("it hangs")
            raise
        self._said = (self._home / "out").read_text("utf-8")
        if "Traceback" in (self._home / "err").read_text("utf-8"):
            self._wrong("it ended with a traceback")
        return code

    def _command(self, *arguments: str) -> int:
        return self._wait(self._process(list(arguments), None))

    def _require(self, what: str, code: int, allowed: set[int] | set[ExitCode]) -> None:
        if code not in {int(one) for one in allowed}:
            self._wrong(f"{what} ended with {code}, not with {sorted(int(a) for a in allowed)}")

    def _wrong(self, what: str) -> None:
        case = self._case
        error = (self._home / "err").read_text("utf-8")[-1_500:]
        raise CaseError(
            f"{what}\n  again: make crash RUNS=1 SEED={case.seed}\n  for: {case.aim}\n"
            f"  {case.scene}\n  faults: {case.faults}\n  second: {sorted(case.second)}\n  "
            + "\n  ".join(str(trap) for trap in case.traps)
            + f"\n  ends: {self.played.ends}\n{error}"
        )


def _until_it_stands(pid: int) -> None:
    """Wait until a process that stops itself has; only Linux lets us look."""
    status = Path(f"/proc/{pid}/stat")
    while status.exists() and status.read_text("utf-8").rpartition(")")[2].split()[0] not in "TZ":
        os.sched_yield()


def _contents(folder: Path) -> dict[str, str]:
    """Return the digest of every file of a folder; what SQLite shares in memory is left out."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if not path.name.endswith("-shm")
    }


def play(case: Case, domains: Mapping[str, Domain], folder: Path) -> Played:
    """Play a case in a folder that is there, and empty."""
    return Player(case, domains[case.scene.domain], folder).play()
