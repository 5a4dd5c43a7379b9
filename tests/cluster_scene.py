"""A cluster of generated domains, each with a sandbox of this process."""

from __future__ import annotations

import re
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from generate import domain_file, generate

from kt_migrate.cli.serving import settings_of
from kt_migrate.config import find_workspace
from kt_migrate.sandbox.server import running
from kt_migrate.sandbox.settings import Faults

_COUNT = "SELECT count(*) FROM resource WHERE r4_type <> 'Device'"
"""The clients of a domain have a Device that nobody wrote."""

_SLOW = "limits: {per_second: 25}"


@dataclass(frozen=True, slots=True)
class Scene:
    """A cluster.

    Attributes:
        root: where cluster.yaml lies.
        names: of the domains; their folders are called so too.
    """

    root: Path
    names: tuple[str, ...]

    def write(self, *, database: str = "", workers: int = 2, **more: str) -> Path:
        """Write cluster.yaml; `more` are further keys per domain, by its name."""
        lines = [
            "schema: kt-migrate-cluster/1",
            "cluster: NOORD",
            "environment: local",
            f"workers: {workers}",
            *([f"database: {database}"] if database else []),
            "domains:",
            *(f"  - {{domain: {name}, folder: {name}{more.get(name, '')}}}" for name in self.names),
        ]
        path = self.root / "cluster.yaml"
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    def store(self, name: str) -> Path:
        """Return where a domain's sandbox keeps what was written."""
        return self.root / name / ".sandbox" / "store.sqlite"

    def asked(self, name: str, query: str) -> list[tuple[object, ...]]:
        """Ask a sandbox's store, beside everything of ours."""
        if not self.store(name).is_file():
            return []
        with closing(sqlite3.connect(self.store(name))) as db:
            return db.execute(query).fetchall()

    def written(self, name: str) -> int:
        """Return how many resources a domain's sandbox has."""
        try:
            ((count,),) = self.asked(name, _COUNT) or [(0,)]
        except sqlite3.OperationalError:
            return 0  # it is being made
        return int(str(count))


Maker = Callable[..., Scene]
"""`made("A", "B")`: a cluster of working folders in which nothing is."""


def domains(template: Path, root: Path, names: Sequence[str], messages: int) -> Scene:
    """Make working folders of generated domains.

    Args:
        template: a working folder as `init` makes it.
        root: where they come.
        names: of the domains.
        messages: in the archive of each.
    """
    for seed, name in enumerate(names, start=1):
        folder = shutil.copytree(template, root / name)
        generate(folder, messages, seed=seed)
        (folder / "kt-migrate.yaml").write_text(domain_file(name), "utf-8")
        local = folder / "configs" / "local.yaml"
        text = local.read_text("utf-8").replace("/EXAMPLE/", f"/{name}/")
        local.write_text(re.sub(r"(?m)^limits:.*$", _SLOW, text), "utf-8")
    return Scene(root, tuple(names))


@contextmanager
def served(scene: Scene, faults: Faults | None = None) -> Iterator[None]:
    """Serve the sandbox of every domain, each on a free port of its own."""
    with ExitStack() as stack:
        for name in scene.names:
            folder = scene.root / name
            settings, _address = settings_of(find_workspace(folder), faults or Faults())
            answering = stack.enter_context(running(settings))
            port = answering.base.split(":")[2].split("/")[0]
            local = folder / "configs" / "local.yaml"
            text = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", local.read_text("utf-8"))
            local.write_text(text, "utf-8")
        yield


def until(seen: Callable[[], object], seconds: float = 120) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it never was.
    """
    end = time.monotonic() + seconds
    while not seen():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.02)
