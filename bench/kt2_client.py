"""The `kt2` client (on PyPI) in a venv of its own: for comparison, never a dependency.

It creates no Patients, has no If-None-Exist, and asks a token before every call; tasks are what it
can be compared on.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bare import Bare, Body
from cryptography.hazmat.primitives import serialization
from venvs import python_with

from kt_migrate.config import find_workspace, load_environment

KT2 = ("kt2==0.0.19a0", "pyjwt[crypto]==2.10.1")
"""It does not name PyJWT among what it needs, and cannot be imported without it."""


def kt2_line(
    folder: Path, bodies: Sequence[Body], bare: Bare, seconds: float, rates: dict[int, float]
) -> str:
    """Create tasks one after the other with the kt2 client; return its line.

    Args:
        folder: the working folder.
        bodies: of its plan.
        bare: knows what is there; it learns what the client makes.
        seconds: how long.
        rates: creates per second of a bare load, by number under way.
    """
    python = python_with("kt2-venv", KT2, "import kt2.client")
    if isinstance(python, str):
        return f"one after the other as the kt2 client: it {python}"
    tasks = [body for body in bodies if body.key.r4_type == "Task"]
    again = [body.again("kt2") for body in tasks]
    workspace = find_workspace(folder)
    local = load_environment(workspace, "local")
    key = workspace.path(local.key.file or "")
    public = folder / "public.pem"
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    public.write_bytes(
        private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    asked = folder / "kt2.json"
    asked.write_text(
        json.dumps(
            {
                "fhir_url": local.base,
                "token_url": local.base.removesuffix("/fhir/r4") + "/oauth2/token",
                "client_id": local.client_id,
                "kid": local.key.kid,
                "private_key": str(key),
                "public_key": str(public),
                "seconds": seconds,
                "tasks": [bare.literal(body) for body in again],
            }
        )
    )
    command = [str(python), str(Path(__file__).with_name("kt2_writing.py")), str(asked)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={})
    if done.returncode:
        return f"one after the other as the kt2 client: failed: {done.stderr[-300:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    made = zip(again, found["ids"], strict=False)
    bare.ids.update({body.key.reference: f"Task/{one}" for body, one in made if one})
    rate = sum(map(bool, found["ids"])) / found["seconds"]
    best = max(rates.values())
    return (
        f"one after the other as the kt2 client (a login and a connection per task): {rate:.1f}/s "
        f"({len(found['ids'])} tasks); bare over one connection {rates[1]:.1f}/s: "
        f"ratio {rates[1] / rate:.1f}; over the best number {best:.1f}/s: ratio {best / rate:.1f}"
    )
