"""Write down what a release consists of (CycloneDX 1.6), from an environment that has nothing else.

    python tools/sbom.py ENVIRONMENT WHEEL OUTPUT

ENVIRONMENT is a folder with `bin/python` in which requirements/all.lock and the wheel are
installed, and no pip. 1 when what is installed is not what the lock says. The root component has
the SHA-256 of the wheel. The document is held against CycloneDX's own schema.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.utils import canonicalize_name

from lock import LOCKS, ROOT, Pin, pins_of


def differing(components: Iterable[Mapping[str, Any]], pins: Iterable[Pin]) -> Iterator[str]:
    """Say where what is installed is not what the lock says, on this machine."""
    there = {str(canonicalize_name(one["name"])): str(one["version"]) for one in components}
    locked = {pin.name: pin.version for pin in pins if pin.needed_here}
    for name in sorted(there.keys() | locked.keys()):
        if there.get(name) != locked.get(name):
            yield f"{name}: installed {there.get(name)}, locked {locked.get(name)}"


def sealed(document: dict[str, Any], wheel: Path) -> str:
    """Give the root component the hash of the wheel, and the whole its last form.

    Raises:
        ValueError: when it is no CycloneDX document.
    """
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    document["metadata"]["component"]["hashes"] = [{"alg": "SHA-256", "content": digest}]
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise ValueError(f"no CycloneDX 1.6: {wrong}")
    return text


def _listed(environment: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--no-validate"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
    command += ["--spec-version", "1.6", "--output-format", "JSON"]
    python = str(environment / "bin" / "python")
    done = subprocess.run([*command, python], check=True, capture_output=True, text=True)
    listed: dict[str, Any] = json.loads(done.stdout)
    return listed


def main() -> int:
    """List, compare with the lock, and write."""
    environment, wheel, output = map(Path, sys.argv[1:4])
    document = _listed(environment)
    pins = pins_of((LOCKS / "all.lock").read_text("utf-8"))
    wrong = list(differing(document["components"], pins))
    print("\n".join(wrong) or f"{len(document['components'])} components, as the lock says.")
    output.parent.mkdir(exist_ok=True)
    output.write_text(sealed(document, wheel), "utf-8")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
