"""Restates the KT 2.0 profiles' limits as our own data: kt2-0.16.3.json.

    python tests/profiles/make_limits.py ../shared/profiles/kt2-constraints.json

Input: the effective constraint of every element, generated from the profiles' snapshots. Output:
per type and element the cardinality, the types, required codes, fixed values and reference
targets. What stands in slices is stated by hand in `conformance/rules.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TYPES = (
    "ActivityDefinition",
    "CareTeam",
    "Device",
    "Endpoint",
    "Organization",
    "Patient",
    "Practitioner",
    "RelatedPerson",
    "Task",
)
PROFILE = "http://koppeltaal.nl/fhir/StructureDefinition/KT2"


def limits(constraints: dict) -> dict:  # type: ignore[type-arg]  # JSON of somebody else
    """Return {type: {element path: {min, max, types, …}}}, sorted."""
    made = {}
    for name in TYPES:
        elements: dict[str, object] = {}
        for element in constraints["profiles"][f"KT2{name}"]["elements"]:
            path = element["id"].partition(".")[2]
            if element.get("underProhibited") or ":" in element["id"] or not path:
                continue
            if not _inside_datatype(path, elements):
                elements[path] = _limit(element)
        made[name] = elements
    return {"package": constraints["package"], "types": made}


def _inside_datatype(path: str, elements: dict[str, object]) -> bool:
    parent = elements.get(path.rpartition(".")[0]) if "." in path else None
    return (isinstance(parent, dict) and parent["types"] != ["BackboneElement"]) or (
        "." in path and parent is None
    )


def _limit(element: dict) -> dict:  # type: ignore[type-arg]
    made = {
        "min": element["min"],
        "max": element["max"],
        "types": [t["code"] for t in element.get("types", [])],
    }
    if element.get("core", element)["max"] == "*":
        made["list"] = True
    targets = sorted(
        target.rpartition("/")[2].removeprefix("KT2")
        for t in element.get("types", [])
        if t["code"] == "Reference"
        for target in t.get("targetProfile", t.get("targets", []))
    )
    if targets:
        made["targets"] = targets
    fixed = element.get("fixedOrPattern")
    if fixed:
        made["fixed" if fixed["kind"].startswith("fixed") else "pattern"] = fixed["value"]
    binding = element.get("binding", {})
    if binding.get("strength") == "required" and binding.get("codes"):
        made["codes"] = sorted({code["code"] for code in binding["codes"]})
    return made


def main() -> None:
    """Print the limits."""
    constraints = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    json.dump(limits(constraints), sys.stdout, indent=1, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
