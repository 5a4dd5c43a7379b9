"""Reads files with the official connector (koppeltaal 1.3.5.14), in a venv that has it.

    build/connector-venv/bin/python bench/connector_reading.py LIST

LIST is a text file with one path per line. Prints one JSON document: per serialisation the files,
the seconds of CPU, and how many resources the connector called broken or had no model for. XML
takes the connector's own road: xml2json, then as JSON.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Load = Callable[[bytes], Any]


def measure(contents: list[bytes], load: Load, fresh: Callable[[], Any]) -> dict[str, float]:
    """Read every document to its resources.

    Args:
        contents: the bytes of each file.
        load: bytes → DSTU1 JSON.
        fresh: makes an empty bundle of the connector.

    Returns:
        files, seconds of CPU, resources, and how many of these were broken or without a model.
    """
    resources = broken = none = failed = 0
    start = time.process_time()
    for content in contents:
        try:
            bundle = fresh()
            bundle.add_payload(load(content))
            models = list(bundle.unpack())
        except Exception:  # noqa: BLE001 (whatever the connector raises is its answer)
            failed += 1
            continue
        resources += len(models)
        broken += sum(type(model).__name__ == "BrokenResource" for model in models)
        none += sum(model is None for model in models)
    return {
        "files": len(contents),
        "seconds": time.process_time() - start,
        "resources": resources,
        "broken": broken,
        "without_model": none,
        "failed": failed,
    }


def main() -> None:
    """Measure, and print."""
    bundles = importlib.import_module("koppeltaal.fhir.bundle")
    connector = importlib.import_module("koppeltaal.connector")
    xml = importlib.import_module("koppeltaal.fhir.xml")
    integration = connector.Integration(
        name="bench", url="https://bench.example", software="bench", version="1"
    )
    paths = [Path(p) for p in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]

    def fresh() -> object:
        return bundles.Bundle("BENCH", integration)

    roads: dict[str, Load] = {
        ".json": json.loads,
        ".xml": lambda content: xml.xml2json(io.BytesIO(content)),
    }
    found = {}
    for suffix, load in roads.items():
        contents = [path.read_bytes() for path in paths if path.suffix == suffix]
        measure(contents[:20], load, fresh)  # what is made once is not what is measured
        times = [measure(contents, load, fresh) for _time in range(3)]
        found[suffix] = min(times, key=lambda done: done["seconds"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
