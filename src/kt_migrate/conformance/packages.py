"""The profiles as data: per version of KT 2.0's package a file, and one for R4 itself.

The files are made by tools/make_profiles.py; docs/conformance.md has their format.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

from kt_migrate.errors import ConfigurationError, said

PROFILE_PACKAGE = "koppeltaalv2.00"
R4 = "http://hl7.org/fhir/StructureDefinition/"
_R4_FILE = "r4-4.0.1.json"

Facts = dict[str, Any]
Codes = dict[str, frozenset[str] | None]
"""Codes per system; None: any code of that system, for the packages do not have it whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile, an extension or a datatype.

    Attributes:
        r4_type: the R4 type that it is of.
        primitive: whether that is a primitive.
        context: where an extension may stand, as (kind, expression).
        elements: facts per path below the root; the root's own under "".
        children: per path the names that stand right under it.
        slices: per path its slices, as (name, path).
    """

    r4_type: str
    primitive: bool
    context: tuple[tuple[str, str], ...]
    elements: dict[str, Facts]
    children: dict[str, dict[str, str]] = field(default_factory=dict)
    slices: dict[str, list[tuple[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """All that a version of KT 2.0's package says of the types that we write.

    Attributes:
        version: of the package.
        types: url of the profile per R4 type.
        profiles: by url.
        value_sets: codes per system, by url; None: the packages cannot tell them.
        code_systems: all codes of the code systems that the packages have whole, by url.
        invariants: FHIRPath per key, as the profiles have it.
    """

    version: str
    types: dict[str, str]
    profiles: dict[str, Profile]
    value_sets: dict[str, Codes | None]
    code_systems: Codes
    invariants: dict[str, str]


@lru_cache(maxsize=1)
def known_versions() -> tuple[str, ...]:
    """Return the versions that there is data of, the oldest first."""
    prefix = f"{PROFILE_PACKAGE}-"
    names = (file.name for file in resources.files(__package__).iterdir())
    found = [n.removeprefix(prefix).removesuffix(".json") for n in names if n.startswith(prefix)]
    return tuple(sorted(found, key=_numbers))


def _numbers(version: str) -> tuple[tuple[int, str], ...]:
    parts = version.replace("-", ".").split(".")
    numbers = ((int(part), "") if part.isdecimal() else (-1, part) for part in parts)
    return (*numbers, (0, ""))  # 1.0.0 comes after 1.0.0-beta


def newest_version() -> str:
    """Return the newest version that there is data of."""
    return known_versions()[-1]


def require_known(version: str, where: str = "") -> None:
    """Refuse a version that there is no data of.

    Raises:
        ConfigurationError: names those that there are, and the command that adds one.
    """
    if version in known_versions():
        return
    raise ConfigurationError(
        said(
            "kt-migrate does not know version {version} of the KT 2.0 profiles; it knows {names}.",
            version=version,
            names=", ".join(known_versions()),
        ),
        where=where,
        fix="Add it with make profiles PACKAGE=<its .tgz>; docs/conformance.md says how.",
    )


@lru_cache(maxsize=2)
def package(version: str) -> Package:
    """Return what a known version says."""
    own, r4 = _content(f"{PROFILE_PACKAGE}-{version}.json"), _content(_R4_FILE)
    sets = {**r4["valueSets"], **own["valueSets"]}
    return Package(
        version=version,
        types=own["types"],
        profiles={u: _profile(p) for u, p in {**r4["profiles"], **own["profiles"]}.items()},
        value_sets={url: None if codes is None else _codes(codes) for url, codes in sets.items()},
        code_systems=_codes({**r4["codeSystems"], **own["codeSystems"]}),
        invariants={**r4["invariants"], **own["invariants"]},
    )


def _content(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(resources.files(__package__).joinpath(name).read_bytes())
    return content


def _codes(codes: dict[str, list[str] | None]) -> Codes:
    return {system: None if some is None else frozenset(some) for system, some in codes.items()}


def _profile(made: dict[str, Any]) -> Profile:
    profile = Profile(
        r4_type=made["type"],
        primitive=made.get("primitive", False),
        context=tuple((kind, expression) for kind, expression in made.get("context", ())),
        elements=made["elements"],
    )
    for path in profile.elements:
        parent, _, name = path.rpartition(".")
        element, _, piece = name.partition(":")
        if piece:
            base = f"{parent}.{element}" if parent else element
            profile.slices.setdefault(base, []).append((piece, path))
        elif path:
            profile.children.setdefault(parent, {})[name] = path
    return profile
