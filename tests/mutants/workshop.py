"""A copy of the project in which a room's mutants are made and tried; the project itself stays as it is."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rooms import ROOT, SOURCE, Room

_NEEDED = (
    "algorithms", "bench", "configs", "docs", "examples", "src", "tests", "tools",
    "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "pyproject.toml",
)  # fmt: skip
_QUICK = ("-p", "no:cacheprovider", "--hypothesis-profile=no-shrink")
_OTHERWISE = {  # mutmut's own lines carry bare ignores
    'files = ["src", "tests", "bench"]': 'files = ["src"]',
    '"ignore-without-code", ': "",
}
_LOG = "mutmut.log"
_CHILD = str(Path(__file__).with_name("child"))
_DEFINED = re.compile(r"def (\S+__mutmut_\d+)\(")


class Workshop:
    """Where one room's mutants live: `build/mutants/<room>`."""

    def __init__(self, name: str, room: Room) -> None:
        self._room = room
        self.name = name
        self.folder = ROOT / "build" / "mutants" / name / "project"

    def open(self, *, fresh: bool) -> None:
        """Copy the project and make the mutants; those that were tried and did not change keep their result."""
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.folder / "mutants" / "tests", ignore_errors=True)
        (self.folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
        for name in _NEEDED:
            self._copy(ROOT / name, self.folder / name)
        self._configure()
        self._link_shared()
        self._mutmut("generate")

    def names(self) -> list[str]:
        """Return the names of all mutants, sorted."""
        return sorted(self.results())

    def results(self) -> dict[str, int | None]:
        """Return how trying each mutant ended, as mutmut's number; None: not tried."""
        metas = (self.folder / "mutants" / SOURCE).rglob("*.py.meta")
        found: dict[str, int | None] = {}
        for meta in metas:
            made = set(_DEFINED.findall(meta.with_suffix("").read_text("utf-8")))
            results = json.loads(meta.read_bytes())["exit_code_by_key"]
            # What mutmut remembers of a function that has gone is no mutant any more.
            found |= {n: code for n, code in results.items() if n.rpartition(".")[2] in made}
        return found

    def try_out(self, names: Sequence[str], processes: int) -> None:
        """Run the room's tests against each of these mutants."""
        for start in range(0, len(names), 2000):
            part = names[start : start + 2000]
            self._mutmut("run", "--max-children", str(processes), *part)

    def diff(self, name: str) -> tuple[str, str]:
        """Return the lines that a mutant takes away and puts in their place."""
        from mutmut.configuration import reset_config  # noqa: PLC0415
        from mutmut.mutation.diff_apply import get_diff_for_mutant  # noqa: PLC0415

        before = Path.cwd()
        os.chdir(self.folder)
        reset_config()  # that of another workshop has other files
        try:
            lines = get_diff_for_mutant(name).splitlines()[2:]
        finally:
            os.chdir(before)
        was = [line[1:].strip() for line in lines if line.startswith("-")]
        became = [line[1:].strip() for line in lines if line.startswith("+")]
        return "\n".join(was), "\n".join(became)

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        if source.is_file():
            shutil.copy2(source, target)
            return
        if target.exists() and source.name == "tests":
            shutil.rmtree(target)
        ignored = shutil.ignore_patterns("__pycache__", "build")
        shutil.copytree(source, target, dirs_exist_ok=True, ignore=ignored)

    def _link_shared(self) -> None:
        shared, link = ROOT.parent / "shared", self.folder.parent / "shared"
        if shared.exists() and not link.exists():
            link.unlink(missing_ok=True)  # one that leads nowhere any more
            link.symlink_to(shared)

    def _configure(self) -> None:
        """Write mutmut's settings behind the copy's pyproject.toml."""
        check = ["mypy", *self._room.patterns(), "--output", "json"]
        settings = {
            "source_paths": ["src"],
            "only_mutate": self._room.patterns(),
            "also_copy": [name for name in _NEEDED if name not in {"src", "tests"}],
            "pytest_add_cli_args_test_selection": self._room.selection(),
            "pytest_add_cli_args": [*_QUICK, "-m", "not hapi"],
            "type_check_command": [*check, "--disable-error-code", "unused-ignore"],
            "timeout_multiplier": 5.0,
            "timeout_constant": 4.0,
            "track_dependencies": False,
            "use_git_change_detection": False,
        }
        lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]
        path = self.folder / "pyproject.toml"
        text = path.read_text()
        for ours, copy in _OTHERWISE.items():
            text = text.replace(ours, copy)
        path.write_text(text + "\n[tool.mutmut]\n" + "\n".join(lines) + "\n")

    def _mutmut(self, *arguments: str) -> None:
        """Run mutmut in the copy; its chatter goes to a file beside it."""
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(self.folder / "mutants" / "src"), _CHILD]),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        log = self.folder.parent / _LOG
        command = [sys.executable, str(Path(__file__).with_name("mutating.py")), *arguments]
        with log.open("wb") as out:
            ended = subprocess.run(
                command, cwd=self.folder, env=environment, stdout=out, stderr=out, check=False
            )
        if ended.returncode:
            tail = log.read_text(errors="replace").replace("\r", "\n").splitlines()[-30:]
            raise SystemExit("\n".join(["mutmut could not run:", *tail]))
