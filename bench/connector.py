"""The official KT 1.3 connector in a venv of its own: for comparison, never a dependency."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from venvs import python_with

PACKAGES = ("koppeltaal==1.3.5.14", "setuptools<81")
"""The last release; it imports pkg_resources, which later setuptools do not have."""
_READ_SECONDS = 300


def connector_python() -> Path | str:
    """Return the interpreter that has the connector, made when absent; or why there is none."""
    imports = "import koppeltaal.fhir.bundle, koppeltaal.fhir.xml"
    return python_with("connector-venv", PACKAGES, imports)


def read_with_connector(paths: Sequence[Path]) -> dict[str, dict[str, float]] | str:
    """Read files with the connector; returns what it printed, per extension, or why it could not.

    Args:
        paths: JSON and XML files.
    """
    python = connector_python()
    if isinstance(python, str):
        return python
    with TemporaryDirectory() as name:
        listed = Path(name) / "files.txt"
        listed.write_text("\n".join(str(path) for path in paths), encoding="utf-8")
        script = str(Path(__file__).with_name("connector_reading.py"))
        try:
            done = subprocess.run(
                [str(python), script, str(listed)],
                capture_output=True,
                check=True,
                timeout=_READ_SECONDS,
                env={},
            )
        except (OSError, subprocess.SubprocessError) as error:
            return f"could not read ({type(error).__name__})"
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found
