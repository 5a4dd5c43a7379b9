"""What fuzzing starts from: the invented examples, and small containers of every kind."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard
from openpyxl import Workbook

from archive.age_writing import with_password
from archive.seven_writing import seven
from archive.tar_writing import END, entry
from fuzz.targets import PASSWORD

ROOT = Path(__file__).parents[2]
EXAMPLE, SHARED = ROOT / "examples" / "example-domain", ROOT.parent / "shared"
CORPUS = Path(__file__).with_name("corpus")
FEED = b'<feed xmlns="http://www.w3.org/2005/Atom"><title>leeg</title></feed>'
TWO = [("a.xml", FEED), ("b/c.json", b'{"resourceType": "Bundle"}')]
ROWS = [["link", "field", "value"], ["http://epd.example/Patient/1", "birthDate", "1980-01-02"]]
OUTCOME = (
    b'{"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid",'
    b' "expression": ["Patient.name[0]"], "location": ["Patient.name"]}]}'
)

WORDS = (
    *("resourceType", "Bundle", "entry", "content", "link", "self", "href", "rel", "/_history/"),
    *("MessageHeader", "identifier", "event", "coding", "code", "system", "extension", "url"),
    *("http://ggz.koppeltaal.nl/fhir/Koppeltaal/", "Profile/", "CarePlan#ActivityIdentifier"),
    *("CarePlan#SubActivity", "MessageHeader#ProcessingStatus", "ProcessingStatusStatus"),
    *("CarePlan", "activity", "goal", "participant", "Other", "OtherResourceUsage", "CareTeam"),
    *("Patient", "Practitioner", "RelatedPerson", "ActivityDefinition", "UserMessage", "urn:uuid:"),
    *(
        "valueString",
        "valueCoding",
        "valueIdentifier",
        "valueResource",
        "reference",
        "CreateOrUpdate",
    ),
    *(
        "OperationOutcome",
        "<feed",
        "<entry>",
        "<content",
        "xmlns=",
        "<!DOCTYPE",
        "&#x8;",
        "\\u0008",
    ),
    *("ustar", "path=", "size=", "GNU.sparse", "PK\x03\x04", "PK\x01\x02", "PK\x05\x06"),
    *("schema: ", "extends: ", "types:", "rules:", "using: ", "because: ", "codes:", "- id: "),
    *("retry-after: ", "location: ", "etag: ", "content-location: ", 'W/"'),
)
"""Words of KT 1.3, of containers and of our own YAML: a dictionary for the fuzzer."""


def dictionary() -> str:
    """Return the words as libFuzzer wants them."""
    escaped = ("".join(f"\\x{byte:02x}" for byte in word.encode()) for word in WORDS)
    return "".join(f'"{word}"\n' for word in escaped)


def seeds(target: str) -> Iterator[bytes]:
    """Yield what a target starts from; what once hurt it too."""
    yield from SEEDS.get(target, _none)()
    yield from (path.read_bytes() for path in sorted((CORPUS / target).glob("*")))


def _none() -> Iterator[bytes]:
    yield b""


def _documents() -> Iterator[bytes]:
    places = [EXAMPLE / "archive", SHARED / "examples" / "kt13"]
    for place in places:
        for path in sorted(place.rglob("*")):
            if path.suffix in (".json", ".xml"):
                yield path.read_bytes()


def _zips() -> Iterator[bytes]:
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as made:
            for name, content in TWO:
                made.writestr(zipfile.ZipInfo(name), content)
        yield out.getvalue()


def _tars() -> Iterator[bytes]:
    yield b"".join(entry(name.encode(), content) for name, content in TWO) + END
    pax = entry(b"pax", b"18 path=long/a.xml\n", b"x")
    long = entry(b"././@LongLink", b"long/b.xml\0", b"L")
    yield pax + entry() + long + entry() + entry(b"c.ndjson", b"{}\n{}\n") + END


def _sevens() -> Iterator[bytes]:
    yield seven(TWO)
    yield seven(TWO, PASSWORD)
    yield seven([])


def _packed(pack: Callable[[bytes], bytes], inner: bytes) -> Callable[[], Iterator[bytes]]:
    def packed() -> Iterator[bytes]:
        yield pack(inner)
        yield pack(inner) + pack(inner)

    return packed


def _lines() -> Iterator[bytes]:
    yield b'{"resourceType": "Bundle"}\r\n\n{"resourceType": "Bundle", "entry": []}'


def _ages() -> Iterator[bytes]:
    yield with_password(FEED, PASSWORD)


def _algorithms() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted((ROOT / "algorithms").glob("*.yaml")))
    yield (
        b"schema: kt-migrate-algorithm/1\nname: eigen\nversion: '1'\nextends: standard\n"
        b"policies: {sub_activities: tasks}\ncodes: {x: {a: b}}\nremove: [patient-name]\n"
    )


def _settings() -> Iterator[bytes]:
    yield from (path.read_bytes() for path in sorted((ROOT / "configs").glob("*.yaml")))
    yield (EXAMPLE / "kt-migrate.yaml").read_bytes()
    yield b"a: {b: [1, 0x1F, 1e3, .inf, ~, NO, 2016-07-15], 'c': |\n  d\n}\n"


def _tables() -> Iterator[bytes]:
    yield "\n".join(",".join(row) for row in ROWS).encode()
    yield "\n".join(";".join(row) for row in ROWS).encode("utf-8-sig")


def _books() -> Iterator[bytes]:
    book, out = Workbook(), io.BytesIO()
    for row in ROWS:
        book.worksheets[0].append(row)
    book.save(out)
    yield out.getvalue()


def _answered() -> Iterator[bytes]:
    yield b'\0\1\nlocation: http://a.example/Patient/1/_history/2\netag: W/"2"\n\n'
    yield b'\0\1\n\n{"resourceType": "Patient", "id": "1", "meta": {"versionId": "3"}}'
    yield b"\1\56\nretry-after: 120\n\n"
    yield b"\0\xe5\nretry-after: Wed, 21 Oct 2026 07:28:00 GMT\n\n"
    yield b"\0\xd4\n\n" + OUTCOME


SEEDS: dict[str, Callable[[], Iterator[bytes]]] = {
    "document": _documents,
    "plan": _documents,
    "zip": _zips,
    "tar": _tars,
    "sevenzip": _sevens,
    "gzip": _packed(gzip.compress, FEED),
    "tar-gzip": _packed(gzip.compress, entry() + END),
    "zstd": _packed(zstandard.ZstdCompressor().compress, FEED),
    "ndjson": _lines,
    "age": _ages,
    "yaml": _settings,
    "algorithm": _algorithms,
    "csv": _tables,
    "xlsx": _books,
    "answers": _answered,
}
