"""Rewrites an archive in the other serialisation: what it says must stay the same.

python examples/convert.py SOURCE TARGET xml|json
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path, PurePosixPath

from dstu1 import to_json, to_xml

from kt_migrate.kt13.envelope import Bundle
from kt_migrate.kt13.json_body import parse_json
from kt_migrate.kt13.read import read_document
from kt_migrate.kt13.xml_body import parse_xml
from kt_migrate.model import Unreadable


def converted(name: str, content: bytes, to: str) -> tuple[str, bytes]:
    """Return a file's new name and bytes; what cannot be read stays as it is."""
    if name.endswith(".zip"):
        return name, _zip(content, to)
    if isinstance(read_document(content), Unreadable):
        return name, content
    try:
        bundle = parse_json(content) if name.endswith(".json") else parse_xml(content)
    except ValueError:
        return name, content
    if bundle.root != "Bundle" or not bundle.entries:
        return name, content
    return str(PurePosixPath(name).with_suffix(f".{to}")), written(bundle, to)


def written(bundle: Bundle, to: str) -> bytes:
    """Write a bundle in one serialisation."""
    return to_json(bundle) if to == "json" else to_xml(bundle)


def _zip(content: bytes, to: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(packed, "w") as target:
        for entry in source.infolist():
            data = source.read(entry)
            name, data = (
                (entry.filename, data)
                if ".." in entry.filename
                else converted(entry.filename, data, to)
            )
            target.writestr(zipfile.ZipInfo(name, (2021, 3, 1, 0, 0, 0)), data)
    return packed.getvalue()


def convert(source: Path, target: Path, to: str) -> None:
    """Rewrite every file below a folder."""
    for path in sorted(p for p in source.rglob("*") if p.is_file()):
        name, content = converted(path.relative_to(source).as_posix(), path.read_bytes(), to)
        place = target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
