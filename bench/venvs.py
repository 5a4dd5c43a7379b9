"""Other people's libraries in venvs of their own: for comparison, never a dependency."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from beside import ROOT

_INSTALL_SECONDS = 180


def python_with(name: str, packages: Sequence[str], imports: str) -> Path | str:
    """Return an interpreter that has some packages, made when absent; or why there is none.

    Args:
        name: of the venv, below `build`.
        packages: what pip is to install.
        imports: a statement that works when they are there.
    """
    venv = ROOT / "build" / name
    python = venv / "bin" / "python"
    if _has(python, imports):
        return python
    commands: tuple[list[str], ...] = (
        [sys.executable, "-m", "venv", "--clear", str(venv)],
        [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
    )
    for command in commands:
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
        except (OSError, subprocess.SubprocessError) as error:
            return f"could not be installed ({type(error).__name__})"
    return python if _has(python, imports) else "could not be imported after installing"


def _has(python: Path, imports: str) -> bool:
    if not python.exists():
        return False
    done = subprocess.run(
        [str(python), "-c", imports], capture_output=True, check=False, timeout=60
    )
    return done.returncode == 0
