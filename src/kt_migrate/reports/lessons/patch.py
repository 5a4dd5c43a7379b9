"""What a domain says otherwise than an algorithm that domains share, as a file that extends it.

Rules, codes and policies only: a scope, its lists of patients and the criteria of success are this
domain's own (draaiboek K.1, K.2, K.4), and stay with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from kt_migrate.algorithm.differences import Difference, differences
from kt_migrate.algorithm.load import Layer, Loaded, load_whole, merge
from kt_migrate.algorithm.merging import Data, Origins, ids, put_over, without
from kt_migrate.errors import UsageError, said
from kt_migrate.reports.lessons.told import Told
from kt_migrate.shipped import shipped

SHARED_SECTIONS = ("policies", "not_migrated", "own_elements", "codes", "types")
"""What a patch may have, in this order."""
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_OWN = frozenset({"scope", "success", "lists"})
"""Sections of an algorithm that are a domain's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A patch of a shared algorithm.

    Attributes:
        shared: what it extends, as the file says it.
        text: the file.
        changes: what the domain says otherwise, in the sections that domains share.
        own: how many differences are the domain's own, and left out.
    """

    shared: str
    text: str
    changes: tuple[Difference, ...]
    own: int

    def as_json(self) -> dict[str, object]:
        """Return it as `--json` prints it."""
        return {
            "extends": self.shared,
            "changes": [one.as_json() for one in self.changes],
            "left_out": self.own,
        }


def patch_of(
    algorithm: str, base: Path, shared: str, runs: Sequence[Told], domain: str, target: Path
) -> Patch:
    """Make a patch, as it would stand at a place.

    Args:
        algorithm: the domain's own: a shipped name or a path.
        base: the working folder, in which a relative path starts.
        shared: what domains share: a shipped name or a path; empty: what the domain's own one
            extends, else itself.
        runs: of the domain, oldest first: their reasons say why a rule was changed.
        domain: its name.
        target: where the file would come: `extends` leads from there.

    Raises:
        UsageError: the domain's algorithm does not extend the shared one.
        ConfigurationError: one of them is not right.
    """
    own = load_whole(algorithm, base)
    below = _below(own.layers, shared, base)
    lower, upper = own.layers[:below], own.layers[below:]
    ground = merge(lower)
    found = differences(ground.algorithm, own.algorithm)
    changes = tuple(one for one in found if one.section not in _OWN)
    extends = _leading(lower[-1].path, target)
    text = _text(domain, extends, _together(upper, ids(_said(ground))), runs)
    return Patch(shared=extends, text=text, changes=changes, own=len(found) - len(changes))


def _below(layers: Sequence[Layer], shared: str, base: Path) -> int:
    """Return how many of the files, the lowest first, are the shared algorithm.

    Raises:
        UsageError: it is not among them.
    """
    if not shared:
        return max(1, len(layers) - 1)
    wanted = load_whole(shared, base).layers[-1].path.resolve()
    for number, layer in enumerate(layers, start=1):
        if layer.path.resolve() == wanted:
            return number
    raise UsageError(
        "The domain's algorithm does not extend the one that is named.",
        where=f"--shared {shared}",
        fix=said(
            "It is made of {names}: name one of those.",
            names=tuple(layer.path.stem for layer in layers),
        ),
    )


def _leading(path: Path, target: Path) -> str:
    """Return how a file at a place names an algorithm: a shipped one by its name."""
    if path.resolve().parent == shipped("algorithms").resolve():
        return path.stem
    return os.path.relpath(path.resolve(), target.resolve().parent)


def _said(ground: Loaded) -> Data:
    return ground.merged.file.model_dump(by_alias=True, exclude_unset=True)


def _together(layers: Iterable[Layer], below: Container[str]) -> Data:
    """Put files over one another, as `merge` does, but not over what they extend.

    Args:
        layers: the files, the lowest first.
        below: ids of what they extend: only of those can anything be removed.
    """
    data: Data = {}
    gone: list[str] = []
    origins = Origins()
    for layer in layers:
        own = layer.parsed.model_dump(by_alias=True, exclude_unset=True)
        kept = {name: own[name] for name in SHARED_SECTIONS if name in own}
        gone += [name for name in layer.parsed.remove if name in below and name not in gone]
        data = put_over(without(data, layer.parsed.remove, origins), kept, layer.file, origins)
    return {**({"remove": gone} if gone else {}), **data}


def _text(
    domain: str,
    extends: str,
    data: Data,
    runs: Sequence[Told],
) -> str:
    """Write the file: a line per rule, with its reason; above it what the runs said of it."""
    lines = [
        f"# Lessons of {_line(domain)} (kt-migrate lessons, draaiboek T.1): what it changed.",
        "# Scope, lists and criteria of success are the domain's own, and are not in it.",
        "schema: kt-migrate-algorithm/1",
        f"name: {_name(domain)}",
        'version: "1"',
        f"extends: {_flow(extends)}",
    ]
    if gone := data.get("remove"):
        lines += ["", "remove:", *(f"  - {_flow(name)}" for name in _list(gone))]
    for section in SHARED_SECTIONS:
        value = data.get(section)
        if value:
            lines += ["", f"{section}:", *_section(value, runs, "  ")]
    return "\n".join(lines) + "\n"


def _section(value: object, runs: Sequence[Told], indent: str) -> Iterable[str]:
    """Yield a section's lines: rules one by one, with what is known of each above it."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from _rule(item, runs, indent)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if _has_rules(inner):
                yield f"{indent}{_flow(name)}:"
                yield from _section(inner, runs, indent + "  ")
            else:
                yield f"{indent}{_flow(name)}: {_flow(inner)}"


def _has_rules(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_rules(inner) for inner in value.values())
    return isinstance(value, list | tuple) and any(
        isinstance(item, dict) and "id" in item for item in value
    )


def _rule(item: object, runs: Sequence[Told], indent: str) -> Iterable[str]:
    name = str(item.get("id")) if isinstance(item, dict) else ""
    for code, counts in sorted(_counts(name, runs).items()):
        yield f"{indent}# {code}: {counts}"
    yield f"{indent}- {_flow(item)}"


def _counts(rule: str, runs: Sequence[Told]) -> dict[str, str]:
    """Return how often each reason of a rule occurred: `12 (mgr2/001) → 0 (prd2/001)`."""
    codes = {code for one in runs for name, code in one.rules if name == rule}
    return {
        code: " → ".join(f"{one.rules[rule, code]} ({one.name})" for one in runs if one.sent)
        for code in codes
    }


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _flow(value: object) -> str:
    """Return a value on one line: JSON is YAML too, and nothing is taken for something else.

    But for signs that JSON lets stand, and YAML takes for the end of a line or not at all.
    """
    said = orjson.dumps(value, default=str).decode()
    return _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", said)


def _line(text: str) -> str:
    return " ".join(text.split())


def _name(domain: str) -> str:
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in domain.lower()).strip("-")
    return f"lessons-{kept or 'domain'}"
