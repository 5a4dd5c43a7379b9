"""Tab: commands, options, environments, runs, algorithms, reasons; in a real bash too."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
import shellingham

from inside import typed
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import ExitCode

ROOT = Path(__file__).parents[2]
PROGRAM = "kt-migrate"


def tabbed(line: str, cwd: Path) -> list[str]:
    """Return what bash is told when somebody presses Tab behind this."""
    words = line.split()
    at = len(words) - (not line.endswith(" "))
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(at), "_KT_MIGRATE_COMPLETE": "complete_bash"}
    with patch.dict(os.environ, asked):
        done = typed(cwd=cwd)
    assert (done.code, done.err) == (0, "")
    return done.out.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("kt-migrate pl", ["plan"]),
        ("kt-migrate errors ", ["list", "diff", "export", "import"]),
        ("kt-migrate plan --mo", ["--mode"]),
        ("kt-migrate plan --mode ", ["latest", "every-version"]),
        ("kt-migrate trial --env acc", ["acc21", "acc22"]),
        ("kt-migrate verify --env local --run ", ["001"]),
        ("kt-migrate verify --env mgr2 --run ", []),
        ("kt-migrate plan --algorithm small", ["small-practice"]),
        ("kt-migrate algorithm check st", ["standard"]),
    ],
)
def test_tab_offers_what_fits(tried: Path, line: str, offered: list[str]) -> None:
    """Names of this folder and of the tool."""
    assert tabbed(line, tried) == offered


def test_tab_offers_the_reasons_of_the_error_list(tried: Path) -> None:
    """Those of the catalogue that begin so."""
    offered = tabbed("kt-migrate errors list --code verify-", tried)

    assert offered == [code for code in CATALOGUE if code.startswith("verify-")]
    assert len(offered) > 3


def test_tab_outside_a_working_folder_is_quiet(tmp_path: Path) -> None:
    """There are no runs to name; that is no error."""
    assert tabbed("kt-migrate verify --run ", tmp_path) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_installed_and_shown(shell: str, tmp_path: Path) -> None:
    """Where the shell looks for it, and nowhere else; said in our words."""
    found = patch.object(shellingham, "detect_shell", return_value=(shell, f"/bin/{shell}"))
    with found, patch.dict(os.environ, {"HOME": str(tmp_path)}):
        shown = typed("--show-completion", cwd=tmp_path)
        done = typed("--install-completion", cwd=tmp_path)

    (script,) = [p for p in tmp_path.rglob("*kt-migrate*") if p.is_file()]
    assert (done.code, shown.code, done.err, shown.err) == (0, 0, "", "")
    assert done.out.startswith(f"{shell} vult kt-migrate voortaan aan, met {script}")
    assert "_KT_MIGRATE_COMPLETE" in script.read_text("utf-8")
    assert script.read_text("utf-8").strip() == shown.out.strip()


@pytest.mark.parametrize("answer", [shellingham.ShellDetectionFailure(), ("tcsh", "x")])
def test_a_shell_that_is_not_known_is_said(answer: object, tmp_path: Path) -> None:
    """Nothing is written."""
    with (
        patch.object(shellingham, "detect_shell", side_effect=[answer]),
        patch.dict(os.environ, {"HOME": str(tmp_path)}),
    ):
        done = typed("--install-completion", cwd=tmp_path)

    assert done.code == ExitCode.USAGE
    assert "welke shell dit is" in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_a_real_bash_completes(tmp_path: Path) -> None:
    """With what --install-completion wrote, in a shell that reads it."""
    program = tmp_path / "bin" / PROGRAM
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m kt_migrate "$@"\n', "utf-8")
    program.chmod(0o755)
    with (
        patch.object(shellingham, "detect_shell", return_value=("bash", "x")),
        patch.dict(os.environ, {"HOME": str(tmp_path)}),
    ):
        typed("--install-completion", cwd=tmp_path)
    ask = 'source ~/.bashrc; COMP_WORDS=(kt-migrate eviden); COMP_CWORD=1; _kt_migrate_completion kt-migrate; echo "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", ask],  # noqa: S607 (whichever a person has)
        env={
            "HOME": str(tmp_path),
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT / "src"),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["evidence"]
