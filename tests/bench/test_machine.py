"""How the benches measure a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from beside import ROOT
from machine import MEGABYTE, environment, run

PATHS = (str(ROOT / "src"), str(ROOT / "examples"))

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


def test_a_bench_that_is_ended_ends_its_sandbox(tmp_path: Path) -> None:
    """SIGTERM leaves neither a server nor a folder behind."""
    script = (
        "import sys, time; from pathlib import Path; from tempfile import TemporaryDirectory;"
        "from generate import domain_file; from machine import end_in_order, make_workspace, sandbox\n"
        "end_in_order()\n"
        f"with TemporaryDirectory(dir={str(tmp_path)!r}) as name:\n"
        "    folder = make_workspace(Path(name) / 'domain', 'BENCH')\n"
        "    (folder / 'kt-migrate.yaml').write_text(domain_file())\n"
        "    with sandbox(folder) as pid:\n"
        "        print(pid, flush=True); time.sleep(60)\n"
    )
    bench = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        env={**environment(), "PYTHONPATH": os.pathsep.join([str(ROOT / "bench"), *PATHS])},
    )
    try:
        server = int(bench.stdout.readline()) if bench.stdout else 0
        bench.send_signal(signal.SIGTERM)
        bench.communicate(timeout=20)
    finally:
        bench.kill()
        bench.wait()

    assert not Path(f"/proc/{server}").exists()
    assert not list(tmp_path.iterdir())
