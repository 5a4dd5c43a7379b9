"""Restates a KT 2.0 profile package as our own data: one command per package version.

    python tools/make_profiles.py PACKAGE.tgz DEPENDENCY.tgz… [--core hl7.fhir.r4.core.tgz]

Input: FHIR packages (npm form) with snapshots: the package of KT 2.0, then those that it builds
upon. Output, in src/kt_migrate/conformance/: `<package>-<version>.json`, the effective
constraints of every element that a resource of our types can have, and the value sets and code
systems that they name. What comes from R4 itself stands in `r4-4.0.1.json`, the same for every
package; `--core` adds to it what a new package needs of R4 and no earlier one did.
The files that were read are named in the output by their SHA-256. Format: docs/conformance.md.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

from profiles_codes import Codes, MissingError
from profiles_elements import UnknownShapeError, elements_of

Json = dict[str, Any]
Definitions = dict[tuple[str, str], Json]

FOLDER = Path(__file__).parents[1] / "src" / "kt_migrate" / "conformance"
R4_FILE = "r4-4.0.1.json"
R4 = "http://hl7.org/fhir/StructureDefinition/"
KINDS = ("StructureDefinition", "ValueSet", "CodeSystem")
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


def read_package(path: Path) -> tuple[Json, Definitions]:
    """Return package.json and the definitions of one package, by (kind, canonical url)."""
    manifest: Json = {}
    found: Definitions = {}
    with tarfile.open(path) as package:
        for member in package:
            folder, _, name = member.name.partition("/")
            stream = package.extractfile(member)
            if folder != "package" or "/" in name or not name.endswith(".json") or stream is None:
                continue
            content = json.load(stream)
            if name == "package.json":
                manifest = content
            elif isinstance(content, dict) and content.get("resourceType") in KINDS:
                found[content["resourceType"], content["url"]] = content
    return manifest, found


class Restated:
    """The closure of what the profiles of our types need, restated.

    `profiles`, `invariants`, `valueSets` and `codeSystems` are what the file holds; what comes
    from R4 is kept apart, in `core`.
    """

    def __init__(self, packages: Definitions, core: Definitions, known: Json) -> None:
        self._packages, self._core = packages, core
        self._codes = Codes({**core, **packages}, known)
        self._followed: set[str] = set()
        self.own: Json = _empty()
        self.core: Json = {**_empty(), **{k: dict(v) for k, v in known.items()}}

    def add(self, url: str) -> None:
        """Add a profile, an extension or a datatype, and all that it needs; once."""
        if url in self._followed:
            return
        self._followed.add(url)
        definition, into = self._find("StructureDefinition", url, "profiles")
        if definition is not None:
            into["profiles"][url] = elements_of(definition, self._type_of)
            self._note_invariants(definition, into)
            self._add_systems(definition)
        for element in into["profiles"][url]["elements"].values():
            if element.get("max") != 0:
                self._follow(element)

    def _follow(self, element: Json) -> None:
        for kind in element.get("types", []):
            for profile in kind.get("profiles", []) if isinstance(kind, dict) else []:
                self.add(profile)
            self.add(R4 + (kind if isinstance(kind, str) else kind["code"]))
        if "set" in element:
            self._add_set(element["set"])

    def _find(self, kind: str, url: str, part: str) -> tuple[Json | None, Json]:
        """Return a definition and where it goes; None: it is restated already, of R4."""
        if (kind, url) in self._packages:
            return self._packages[kind, url], self.own
        if (kind, url) in self._core:
            return self._core[kind, url], self.core
        if url in self.core[part]:
            return None, self.core
        raise MissingError(f"{kind} {url}: in none of the packages; is it of R4? Then --core.")

    def _type_of(self, url: str) -> str:
        """Return the R4 type that a profile is of; R4's own are named after it."""
        definition = self._packages.get(("StructureDefinition", url))
        return str(definition["type"]) if definition else url.rpartition("/")[2]

    def _note_invariants(self, definition: Json, into: Json) -> None:
        for element in definition["snapshot"]["element"]:
            for rule in element.get("constraint", []):
                if rule["severity"] == "error" and rule["key"] != "ele-1":
                    into["invariants"][rule["key"]] = rule.get("expression", "")

    def _add_set(self, url: str) -> None:
        if url in self.own["valueSets"]:
            return
        definition, into = self._find("ValueSet", url, "valueSets")
        if definition is None:
            return
        into["valueSets"][url] = self._codes.expanded(url)

    def _add_systems(self, definition: Json) -> None:
        """Add the code systems of every binding, however strong: a code there must exist."""
        elements = [e for e in definition["snapshot"]["element"] if e["max"] != "0"]
        bindings = (e.get("binding", {}) for e in elements)
        urls = {b["valueSet"] for b in bindings if "valueSet" in b}
        for system in sorted({s for url in urls for s in self._codes.systems(url)}):
            complete = self._codes.complete(system)
            if complete is not None:
                own = ("CodeSystem", system) in self._packages
                (self.own if own else self.core)["codeSystems"][system] = complete


def _empty() -> Json:
    return {"profiles": {}, "invariants": {}, "valueSets": {}, "codeSystems": {}}


def make(
    package: Path, dependencies: list[Path], core: Path | None, known: Json
) -> tuple[Json, Json]:
    """Restate a package.

    Args:
        package: KT 2.0's package.
        dependencies: what it builds upon; what KT 2.0 itself defines wins.
        core: R4's own package; None: what is known of R4 must do.
        known: what is known of R4: the content of r4-4.0.1.json, or {}.

    Returns:
        The content of the package's file, and of R4's.

    Raises:
        MissingError: something that is needed is nowhere.
    """
    manifest, definitions = read_package(package)
    below: Definitions = {}
    for path in dependencies:
        below |= read_package(path)[1]
    parts = {k: v for k, v in known.items() if k in _empty()}
    restated = Restated({**below, **definitions}, read_package(core)[1] if core else {}, parts)
    profiles = {
        d["type"]: url
        for (kind, url), d in sorted(definitions.items())
        if kind == "StructureDefinition" and d["type"] in TYPES and d["derivation"] == "constraint"
    }
    missing = sorted(set(TYPES) - set(profiles))
    if missing:
        raise MissingError(f"no profile in the package for: {', '.join(missing)}")
    for (kind, url), definition in sorted(definitions.items()):
        if kind == "StructureDefinition" and definition["type"] in (*TYPES, "Extension"):
            restated.add(url)
    made = {
        "package": manifest["name"],
        "version": manifest["version"],
        "made from": {p.name: _sha256(p) for p in (package, *dependencies)},
        "types": profiles,
        **restated.own,
    }
    r4 = {
        "package": "hl7.fhir.r4.core",
        "version": "4.0.1",
        "made from": {core.name: _sha256(core)} if core else known.get("made from", {}),
        **restated.core,
    }
    return made, r4


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def text(content: Json) -> str:
    """Return the file: sorted, an element a line, so that a difference between versions reads."""
    lines = ["{"]
    for name in sorted(content):
        value = content[name]
        lines.append(f"{_json(name)}: {_part(name, value)},")
    lines[-1] = lines[-1].removesuffix(",")
    return "\n".join([*lines, "}", ""])


def _part(name: str, value: Any) -> str:  # noqa: ANN401  # JSON
    if name == "profiles":
        return _object({url: _profile(made) for url, made in sorted(value.items())})
    if name in _empty():
        return _object({key: _json(item) for key, item in sorted(value.items())})
    return _json(value)


def _profile(made: Json) -> str:
    elements = _object({path: _json(e) for path, e in made["elements"].items()})
    rest = {k: _json(v) for k, v in sorted(made.items()) if k != "elements"}
    return _object({**rest, "elements": elements})


def _object(parts: dict[str, str]) -> str:
    return "{\n" + ",\n".join(f"{_json(k)}: {v}" for k, v in parts.items()) + "\n}"


def _json(value: Any) -> str:  # noqa: ANN401  # JSON
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def main() -> int:
    """Write the data of a package."""
    as_it_is = argparse.RawTextHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=as_it_is)
    parser.add_argument("package", type=Path)
    parser.add_argument("dependencies", type=Path, nargs="*")
    parser.add_argument("--core", type=Path)
    parser.add_argument("--to", type=Path, default=FOLDER)
    asked = parser.parse_args()
    known_at = asked.to / R4_FILE
    known = json.loads(known_at.read_text("utf-8")) if known_at.is_file() else {}
    try:
        made, r4 = make(asked.package, asked.dependencies, asked.core, known)
    except (MissingError, UnknownShapeError) as error:
        print(error, file=sys.stderr)
        return 1
    name = f"{made['package']}-{made['version']}.json"
    (asked.to / name).write_text(text(made), "utf-8")
    known_at.write_text(text(r4), "utf-8")
    print(f"{name}: {len(made['profiles'])} definitions, {len(made['valueSets'])} value sets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
