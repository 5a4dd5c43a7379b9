"""examples/weekend.sh, as a person starts it: to GO, and to NO-GO and all of it gone again."""

from __future__ import annotations

import json
import re
import socket
import subprocess
from pathlib import Path

import pytest

from door import script
from inside import typed
from kt_migrate.errors import ExitCode
from kt_migrate.plan.runs import runs_of
from support import ROOT

pytestmark = pytest.mark.integration

_GIVEN = re.compile(r"^\[(\d+)\] kt-migrate (.*)$", re.MULTILINE)
_TYPES = "ActivityDefinition CareTeam Endpoint Organization Patient Practitioner RelatedPerson Task"
ON_THE_WAY = [
    (0, "init EXAMPLE"),
    (0, "inspect --manifest"),
    (0, "config check"),
    (0, "plan"),
    (0, "probe"),
    (0, "trial --env local --sample"),
    (0, "trial"),
    (0, "verify"),
    (0, "errors list"),
    (0, "errors export"),
    (0, "plan"),
    (0, "trial"),
    (0, "errors diff"),
    (0, "verify"),
    (13, "gate pre"),
    (0, "cleanup"),
    (0, "plan"),
    (0, "probe"),
    (0, "gate attest O.1"),
    (0, "gate attest P.1"),
    (0, "gate decide go --gate pre"),
    (0, "gate pre"),
    (0, "subscriptions list"),
    (0, "subscriptions pause"),
    (2, "run --env local --yes-run VOORBEELD"),
    (0, "run --env local --yes-run EXAMPLE"),
    (0, "status"),
    (0, "verify --env local --audit"),
    (13, "gate post"),
    (0, "subscriptions restore"),
]
GO = [
    (0, "gate attest Q.1"),
    (0, "gate decide go --gate post"),
    (0, "gate attest Q.8"),
    (0, "gate attest Q.9"),
    (0, "gate attest Q.11"),
    (0, "gate post"),
]
NO_GO = [(0, "gate decide no-go --gate post"), (0, "rollback")]
LAST = [
    (0, "gate verify"),
    (0, "report"),
    (0, "lessons"),
    (0, "evidence make"),
    (0, "evidence verify"),
]


def played(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Play the weekend in a folder of its own."""
    line = ["bash", str(ROOT / "examples" / "weekend.sh"), *options, str(folder / "weekend")]
    return script(line, folder, {"PORT": str(_free_port())})


def _free_port() -> int:
    """Return a port of our own: weekends are played side by side."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def require_steps(said: str, expected: list[tuple[int, str]]) -> None:
    """Demand that these commands were given, in this order, and ended so."""
    given = [(int(code), line) for code, line in _GIVEN.findall(said)]

    assert [code for code, _line in given] == [code for code, _start in expected], said
    for (_code, line), (_same, start) in zip(given, expected, strict=True):
        assert line.startswith(start)


def shown(said: str) -> str:
    """Return a screen without what differs from one time to another."""
    said = re.sub(r"\d\d-\d\d-\d{4} \d\d:\d\d:\d\d UTC", "28-11-2026 12:00:00 UTC", said)
    said = re.sub(r"(?<= met\n)[\w-]{43}", "VINGERAFDRUK", said)
    return "\n".join(line.rstrip() for line in said.strip().splitlines())


def test_a_weekend_that_ends_with_go(tmp_path: Path) -> None:
    """Each command ends as it should; README shows the last screen."""
    done = played(tmp_path)
    folder = tmp_path / "weekend"

    assert done.returncode == 0, done.stdout + done.stderr
    require_steps(done.stdout, [*ON_THE_WAY, *GO, *LAST])
    checked = typed("evidence", "verify", "bewijs.zip", "--json", cwd=folder).document
    assert checked["passed"]
    assert {check["holds"] for check in checked["checks"]} == {"yes"}
    assert "Patient" in (folder / "runs/local/003/rapport.html").read_text("utf-8")
    last = done.stdout[done.stdout.rindex("[0] kt-migrate evidence verify") :]
    readme = (ROOT / "README.md").read_text("utf-8")
    assert shown(last) in shown(readme)


def test_a_weekend_that_ends_with_no_go(tmp_path: Path) -> None:
    """Everything that the run wrote is proven gone, and the evidence says so."""
    done = played(tmp_path, "--no-go")
    folder = tmp_path / "weekend"
    newest = runs_of(folder, "local")[-1]
    proof = json.loads((newest / "rollback.json").read_bytes())

    assert done.returncode == 0, done.stdout + done.stderr
    require_steps(done.stdout, [*ON_THE_WAY, *NO_GO, *LAST])
    assert proof["proof"]["gone"] == proof["total"] == 56
    assert proof["proof"]["wrong"] == proof["left"] == proof["pending"] == 0
    assert sorted(proof["types"]) == _TYPES.split()
    checked = typed("evidence", "verify", "bewijs.zip", "--json", cwd=folder).document
    found = {check["name"]: check["found"] for check in checked["checks"]}
    assert checked["passed"]
    assert found["gates"] == "pre go, post no-go"


def test_a_weekend_stops_where_a_command_ends_otherwise(tmp_path: Path) -> None:
    """A script that goes on after a refusal would show nothing."""
    (tmp_path / "weekend.sh").write_text(
        (ROOT / "examples" / "weekend.sh")
        .read_text("utf-8")
        .replace("give 0 plan", "give 7 plan", 1)
        .replace('$(dirname "$0")', str(ROOT / "examples")),
        "utf-8",
    )
    line = ["bash", str(tmp_path / "weekend.sh"), str(tmp_path / "weekend")]
    done = script(line, tmp_path)

    assert done.returncode == ExitCode.UNEXPECTED
    assert done.stdout.rstrip().endswith("!! verwacht: 7")
