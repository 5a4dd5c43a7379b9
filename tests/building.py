"""Builds the documents as a site, as `make docs` does, in a folder of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from support import ROOT


def build(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Build a copy of the documents, strictly; the site comes in `folder/build/site`.

    Args:
        folder: of the test's own, empty.
        more: pages besides, or in place of others: name without ending, and text.
    """
    shutil.copytree(ROOT / "docs", folder / "docs")
    shutil.copy(ROOT / "zensical.toml", folder)
    for name, text in more.items():
        (folder / "docs" / f"{name}.md").write_text(text, "utf-8")
    return subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tools")},
        capture_output=True,
        text=True,
        check=False,
    )


def built(folder: Path) -> Path:
    """Build the site, and return its folder."""
    done = build(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "build" / "site"
