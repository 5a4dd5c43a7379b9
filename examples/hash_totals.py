"""Count and hash total per type, of what a server gave: with Python alone, and nothing of kt-migrate.

    python3 hash_totals.py FOLDER             a file of resources per type: TYPE.ndjson
    python3 hash_totals.py FOLDER PLAN        and whether plan.sqlite says the same

The canonical form (docs/design.md, src/kt_migrate/books.py): without `id`, `meta`, `text` and the
extension resource-origin, references by temporary identifier, keys sorted, no white space. Of each
resource with a temporary identifier the SHA-256; the total is their sum modulo 2^256.
"""

import hashlib
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

SYSTEM = "http://koppeltaal.nl/migration/identifier/"
ORIGIN = "http://koppeltaal.nl/fhir/StructureDefinition/resource-origin"
SERVERS_OWN = {"id", "meta", "text"}


def read(folder: Path) -> list[dict[str, Any]]:
    """Read every resource of a folder."""
    files = sorted(folder.glob("*.ndjson"))
    return [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]


def key(resource: dict[str, Any]) -> str:
    """Return what a reference to it was planned as; empty: it has no temporary identifier."""
    for identifier in resource.get("identifier", []):
        if identifier.get("system", "").startswith(SYSTEM):
            asked = f"{identifier['system']}|{identifier['value']}"
            return f"{resource['resourceType']}?identifier={asked}"
    return ""


def planned(value: Any, keys: dict[str, str]) -> Any:  # noqa: ANN401 (JSON)
    """Return a value with its references as they were planned."""
    if isinstance(value, list):
        return [planned(one, keys) for one in value]
    if isinstance(value, dict):
        found = {name: planned(one, keys) for name, one in value.items()}
        if isinstance(found.get("reference"), str):
            found["reference"] = keys.get(found["reference"], found["reference"])
        return found
    return value


def canonical(resource: dict[str, Any], keys: dict[str, str]) -> bytes:
    """Return the one form in which plan and server are compared."""
    kept = {name: value for name, value in resource.items() if name not in SERVERS_OWN}
    extensions = [one for one in kept.pop("extension", []) if one.get("url") != ORIGIN]
    if extensions:
        kept["extension"] = extensions
    text = json.dumps(
        planned(kept, keys), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return text.encode()


def totals(resources: list[dict[str, Any]]) -> dict[str, tuple[int, str]]:
    """Return count and sum per type."""
    keys = {f"{one['resourceType']}/{one['id']}": key(one) for one in resources if key(one)}
    found: dict[str, tuple[int, int]] = {}
    for resource in filter(key, resources):
        count, total = found.get(resource["resourceType"], (0, 0))
        digest = int(hashlib.sha256(canonical(resource, keys)).hexdigest(), 16)
        found[resource["resourceType"]] = (count + 1, (total + digest) % 2**256)
    return {name: (count, f"{total:064x}") for name, (count, total) in sorted(found.items())}


def main() -> int:
    """Print a line per type; 1 when the plan says something else."""
    found = totals(read(Path(sys.argv[1])))
    wanted = found
    if len(sys.argv) > 2:
        with sqlite3.connect(f"file:{sys.argv[2]}?mode=ro", uri=True) as db:
            rows = db.execute("SELECT r4_type, count, sum FROM hash_total")
            wanted = {name: (count, total) for name, count, total in rows}
    for name in sorted({*found, *wanted}):
        count, total = found.get(name, (0, ""))
        same = "" if wanted is found else ("equal" if wanted.get(name) == (count, total) else "NOT")
        print(f"{name:20} {count:6} {total[:16]:16} {same}".rstrip())
    return int(found != wanted)


if __name__ == "__main__":
    sys.exit(main())
