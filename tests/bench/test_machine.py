"""How the benches measure a process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from machine import MEGABYTE, run

_CHILD = "import time; held = b'x' * 80_000_000; time.sleep(0.5)"
_PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {_CHILD!r}], check=True)"


def test_memory_is_summed_over_all_processes(tmp_path: Path) -> None:
    """What a child holds counts, on top of what its parent holds."""
    alone = run([sys.executable, "-c", _CHILD], tmp_path)
    both = run([sys.executable, "-c", _PARENT], tmp_path)

    assert alone.peak_bytes > 80 * MEGABYTE
    assert both.peak_bytes > alone.peak_bytes + 5 * MEGABYTE
    assert both.seconds >= 0.5


def test_a_failing_command_ends_the_bench(tmp_path: Path) -> None:
    """A figure of a command that failed is none."""
    with pytest.raises(SystemExit, match="ended with 3"):
        run([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)
