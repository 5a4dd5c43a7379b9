"""Builds and starts a stock HAPI FHIR JPA R4 server with the KT 2.0 profiles.

python tests/hapi/launcher.py prefetch      everything from the Maven repository, and the build
python tests/hapi/launcher.py serve PORT    for people
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "profiles"
PACKAGES = (
    SHARED / "nictiz" / "nictiz-closure-0.12.0-beta.4.tgz",
    SHARED / "koppeltaalv2.00" / "koppeltaalv2.00-0.16.3-server.tgz",
)
START_SECONDS = 240


def missing(*, own: bool = False) -> str:
    """Return what this machine lacks for a HAPI server; empty is nothing.

    Args:
        own: whether it must be one of our own.
    """
    if not own and os.environ.get("KT_MIGRATE_HAPI_URL"):
        return ""
    lacks = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    lacks += [str(path.name) for path in PACKAGES if not path.is_file()]
    return ", ".join(lacks)


def build() -> Path:
    """Build the server once per state of its source; returns the jar."""
    sources = [HERE / "pom.xml", *sorted((HERE / "src").rglob("*.*"))]
    state = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:16]
    default = Path.home() / ".cache" / "kt-migrate-hapi"
    cache = Path(os.environ.get("KT_MIGRATE_HAPI_CACHE", default))
    cache.mkdir(parents=True, exist_ok=True)
    home = cache / state
    jar = home / "target" / "judge.jar"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jar.is_file():
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(HERE / "src", home / "src")
            shutil.copy(HERE / "pom.xml", home)
            subprocess.run(["mvn", "-q", "-B", "package"], cwd=home, check=True)  # noqa: S607
    return jar


@contextmanager
def hapi(packages: Sequence[Path] = PACKAGES, port: int = 0, *, own: bool = False) -> Iterator[str]:
    """Serve for as long as the block runs; yields the FHIR base.

    Args:
        packages: the profiles, in the order in which they are put in.
        port: where; 0: any that is free.
        own: one that nobody else uses, with an empty database, whatever the environment names.
    """
    given = os.environ.get("KT_MIGRATE_HAPI_URL")
    if given and not own:
        yield given
        return
    jar = build()
    port = port or _free_port()
    base = f"http://127.0.0.1:{port}/fhir"
    with TemporaryDirectory() as folder:
        log = Path(folder) / "hapi.log"
        with log.open("wb") as out:
            command = ["java", "-Xmx1200m", "-jar", str(jar), str(port), *map(str, packages)]
            server = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
            try:
                _wait(server, base, log)
                yield base
            finally:
                server.terminate()
                server.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: subprocess.Popen[bytes], base: str, log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{base}/metadata", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError("HAPI did not start:\n" + log.read_text(errors="replace")[-2000:])


def main() -> None:
    """Prefetch, or serve."""
    if sys.argv[1:2] == ["prefetch"]:
        build()
    else:
        with hapi(port=int(sys.argv[2])) as base:
            sys.stdout.write(f"{base}\n")
            sys.stdout.flush()
            while True:
                time.sleep(60)


if __name__ == "__main__":
    main()
