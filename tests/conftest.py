"""What tests share: the example domain, a key, a sandbox, a working folder."""

from __future__ import annotations

import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import Phase, settings

from inside import inside, typed
from judging import hapi, judge  # noqa: F401 (fixtures)
from kt_migrate.kt2.keys import Key, load_key, new_key, public_jwks
from kt_migrate.kt2.login import Credentials
from kt_migrate.plan.store import Plan
from kt_migrate.sandbox.server import Running, running
from kt_migrate.sandbox.settings import Client, Faults, SandboxSettings
from kt_migrate.workspace import init_workspace
from support import CLIENT, EXAMPLE, SandboxMaker, plan_of
from words import compile_mo

# For what is broken on purpose: whether a law notices, and not its smallest example; the same each time.
settings.register_profile(
    "no-shrink",
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    database=None,
    deadline=None,
)
# A busy machine is no failure; on a machine of CI Hypothesis says so by itself.
settings.register_profile("here", deadline=None)
if "CI" not in os.environ:
    settings.load_profile("here")


compile_mo()  # so that words that somebody just wrote are those that are tested


@pytest.fixture(scope="session")
def example_plan_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the plan of the example domain."""
    path = tmp_path_factory.mktemp("example") / "plan.sqlite"
    plan_of(
        [EXAMPLE / "archive"], path, enrichment=EXAMPLE / "enrichment", domains=("EXAMPLE",)
    ).close()
    return path


@pytest.fixture
def example_plan(example_plan_file: Path, tmp_path: Path) -> Iterator[Plan]:
    """Return the plan of the example domain."""
    with Plan(Path(shutil.copy(example_plan_file, tmp_path))) as plan:
        yield plan


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    """Return a private key."""
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    new_key(path, "RS512")
    return load_key(path)


@pytest.fixture
def credentials(key: Key) -> Credentials:
    """Return who logs in."""
    return Credentials(client_id=CLIENT, key=key, kid="k1", algorithm="RS512")


@pytest.fixture
def sandbox(tmp_path: Path, key: Key) -> Iterator[SandboxMaker]:
    """Return a maker of sandboxes: `sandbox(faults, scopes=…, …)`."""
    from contextlib import ExitStack  # noqa: PLC0415

    with ExitStack() as stack:

        def make(faults: Faults | None = None, **settings: object) -> Running:
            scopes = settings.pop("scopes", None)
            jwks = public_jwks(key, "k1", "RS512")
            client = (
                Client(client_id=CLIENT, jwks=jwks)
                if scopes is None
                else Client(client_id=CLIENT, jwks=jwks, scopes=str(scopes))
            )
            made = SandboxSettings(
                base_path="/api/v1/TEST/fhir/r4",
                clients=(client,),
                store=tmp_path / "store.sqlite",
                faults=faults or Faults(),
                **settings,  # type: ignore[arg-type]  # what a test asks for
            )
            return stack.enter_context(running(made))

        yield make


@pytest.fixture(scope="session")
def new_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder as `init` makes it; to be copied."""
    folder = tmp_path_factory.mktemp("workspace") / "EXAMPLE"
    with patch("kt_migrate.kt2.keys.RSA_BITS", 2_048):  # to be read often
        return init_workspace(folder, "EXAMPLE")


@pytest.fixture(scope="session")
def tried_workspace(new_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder with the example domain after a trial; to be copied."""
    folder = shutil.copytree(new_workspace, tmp_path_factory.mktemp("tried") / "EXAMPLE")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    with inside(folder):
        assert typed("trial", "--env", "local", cwd=folder).code == 0
    return folder


@pytest.fixture
def tried(tried_workspace: Path, tmp_path: Path) -> Path:
    """Return a working folder with the example domain, of which the sandbox has everything."""
    return shutil.copytree(tried_workspace, tmp_path / "EXAMPLE", copy_function=_copy)


def _copy(source: str, target: str) -> None:
    """Copy a file; one of the archive, which is only read, is the same file under two names."""
    if "archive" in Path(source).parts:
        os.link(source, target)
    else:
        shutil.copy2(source, target)


@pytest.fixture
def workspace(new_workspace: Path, tmp_path: Path) -> Path:
    """Return a working folder with the example domain in it."""
    folder = shutil.copytree(new_workspace, tmp_path / "EXAMPLE")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    with socket.socket() as probe:  # tests run side by side: each sandbox a port of its own
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    local = folder / "configs" / "local.yaml"
    text = local.read_text("utf-8")
    local.write_text(re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{port}", text), "utf-8")
    return folder
