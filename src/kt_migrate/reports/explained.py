"""An algorithm on a screen of 80 columns: what becomes what, why, and which file decided it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from kt_migrate.errors import Said
from kt_migrate.language import shown, tr
from kt_migrate.model import Json

WIDTH = 80
Row = dict[str, Json]


def explained_text(found: Row) -> str:
    """Return the text of what `algorithm.explain.explained` returns."""
    return "\n".join(_lines(found))


def _lines(found: Row) -> Iterator[str]:
    yield f"{found['algorithm']}  {str(found['digest'])[:12]}"
    files = [str(row["file"]) for row in _rows(found["files"])]
    yield from _wrapped(tr("From: ") + " ← ".join(reversed(files)), "")
    if "policies" in found:
        yield from _policies(found)
        yield from _scope(found)
    for row in _rows(found["types"]):
        yield from _type(row)
    if found["not_migrated"]:
        yield from _heading(tr("Without a home in KT 2.0"))
    for row in _rows(found["not_migrated"]):
        yield from _entry(str(row["source_type"]), row)
    if "codes" in found:
        yield from _codes(found)


def _rows(value: Json) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _heading(text: str, right: str = "") -> Iterator[str]:
    yield ""
    yield f"{text}{right:>{max(1, WIDTH - len(text))}}" if right else text
    yield "-" * min(len(text), WIDTH)


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def _policies(found: Row) -> Iterator[str]:
    yield from _heading(tr("Choices"))
    for row in _rows(found["policies"]):
        yield f"{row['policy']}: {row['value']}"
        yield from _wrapped(
            shown(str(row["means"]) if not isinstance(row["means"], Said) else row["means"]), "    "
        )
        yield from _decided(row)


def _decided(row: Row) -> Iterator[str]:
    if row["where"] is not None:
        yield f"    {tr('decided in')} {row['where']}"


def _scope(found: Row) -> Iterator[str]:
    yield from _heading(tr("What takes part"))
    for row in _rows(found["scope"]):
        yield from _wrapped(f"{row['name']}: {_said(row['value'])}", "")
        yield from _decided(row)


def _said(value: Json) -> str:
    match value:
        case None:
            return "-"
        case list():
            return ", ".join(map(_said, value)) or "-"
        case dict():
            return "; ".join(f"{name}: {_said(one)}" for name, one in value.items()) or "-"
        case bool():
            return tr("yes") if value else tr("no")
        case _:
            return str(value)


def _type(row: Row) -> Iterator[str]:
    yield from _heading(f"{row['source_type']} → {row['target']}", f" {row['where']}")
    identifier = tr("temporary identifier")
    yield f"{identifier}: …/migration/identifier/{row['identifier']}"
    for element in _rows(row["elements"]):
        yield from _element(element)
    if row["ignored"]:
        yield tr("Left behind on purpose:")
    for ignored in _rows(row["ignored"]):
        yield from _entry(str(ignored["path"]), ignored)


def _element(row: Row) -> Iterator[str]:
    must = tr(" (required)") if row["required"] else ""
    yield f"{row['element']}{must}  [{row['rule']}]"
    yield from _wrapped(" · ".join(_how(row)), "    ")
    if row["when"]:
        yield from _wrapped(f"{tr('only when')} {row['when']}", "    ")
    yield from _because(row)
    elsewhere = row["elsewhere"]
    if isinstance(elsewhere, dict) and elsewhere:
        said = ", ".join(f"{name}: {where}" for name, where in elsewhere.items())
        yield from _wrapped(f"{tr('the rest:')} {said}", "    ")


def _how(row: Row) -> Iterator[str]:
    if row["value"] is not None:
        yield f"{tr('always')} {row['value']}"
        return
    if row["from"]:
        yield f"{tr('from')} {row['from']}"
    yield str(row["using"])
    if row["enrichment"]:
        yield f"{tr('enrichment')}: {row['enrichment']}"


def _entry(name: str, row: Row) -> Iterator[str]:
    yield f"{name}  [{row['rule']}]"
    yield from _because(row)


def _because(row: Row) -> Iterator[str]:
    yield from _wrapped(f"{tr('because')}: {shown(str(row['because']))}", "    ")
    yield f"    {tr('decided in')} {row['where']}"


def _codes(found: Row) -> Iterator[str]:
    yield from _heading(tr("Code tables"))
    for row in _rows(found["codes"]):
        codes = _rows(row["codes"])
        unknown = f"{tr('unknown')}: {row['unknown']}"
        counted = tr("{codes} codes", codes=len(codes))
        yield from _wrapped(f"{row['table']}  ({counted}, {unknown})", "")
        becomes = [f"{one['code']} → {_target(one['becomes'])}" for one in codes]
        yield from _wrapped(", ".join(becomes), "    ")
        files = Counter(str(one["where"]).partition(":")[0] for one in codes)
        decided = ", ".join(f"{name} ({count})" for name, count in files.items())
        yield f"    {tr('decided in')} {decided or row['where']}"


def _target(value: Json) -> str:
    if not isinstance(value, dict):
        return str(value)
    return f"{value['code']} {value['display']}" if "display" in value else str(value["code"])
