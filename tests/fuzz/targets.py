"""What is fuzzed: each target takes any bytes, and raises when something is not as promised.

Not only "no exception": what is shown is short and printable, what is refused has a code of the
catalogue, and the two roads through a document find the same in it. `test_corpus.py` replays every
file that once hurt; `__main__.py` makes new ones with atheris.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from kt13.both_ways import agrees
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.archive.files import delivered, walk
from kt_migrate.archive.limits import Limits
from kt_migrate.archive.names import UniqueNames, inside, original, shown, suspect
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import ConfigurationError
from kt_migrate.history import census
from kt_migrate.kt2.answers import NotSent, Refused, Stored, Throttled, classify_write
from kt_migrate.kt13.careplan import activities, activity_status, goals, status_target, team_members
from kt_migrate.kt13.names import RESERVED
from kt_migrate.kt13.read import read_document
from kt_migrate.kt13.sealed import Seals
from kt_migrate.model import Body, Document, Issue, Node, NoMessage, SourceFile, Unreadable
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment, read_enrichment
from kt_migrate.strict_yaml import parse_yaml
from supplying import values_of

Target = Callable[[bytes], None]
MEGABYTE = 1 << 20
LIMITS = Limits(
    max_file_bytes=MEGABYTE,
    max_entries=500,
    max_container_bytes=16 * MEGABYTE,
    max_container_memory=32 * MEGABYTE,
)
PASSWORD = "geheim"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}", re.ASCII)
_DETAIL = re.compile(r"[A-Za-z0-9.:_-]{0,64}", re.ASCII)
_SHORT = re.compile(r"[A-Za-z0-9.:#_\[\]/() -]{0,400}", re.ASCII)
_SHOWN = {
    "issue": "source_type, event, code, path, rule, detail",
    "element": "source_type, path, rules",
    "sighting": "source_type, event, reason",
    "object": "source_type, event, outcome, reason",
}
"""What of a plan reaches a screen, by table."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_PLACE = re.compile(r"[^\n]*:\d+:\d+", re.DOTALL)


def document(content: bytes) -> None:
    """Read one document; the census finds the same objects and activities in it."""
    found = read_document(content)
    assert agrees(found, content, Seals()), "what remembers reads otherwise"
    if isinstance(found, Unreadable):
        _issue(found.issue)
        return
    _document(found)
    counted = census.count(content)
    carried = [thing for message in found.messages for thing in message.objects]
    links = {thing.link for thing in carried}
    assert {one.link for one in counted if not one.activity} == links, "objects"
    types = {(thing.source_type, thing.link) for thing in carried}
    typed = {(c.source_type, c.link) for c in counted if c.source_type and not c.activity}
    assert typed <= types, "types"
    plans = [thing for thing in carried if thing.source_type == "CarePlan"]
    own = {a.identifier for plan in plans for a in activities(plan.body, plan.link)}
    assert {one.link for one in counted if one.activity} == own, "activities"


def _document(found: Document) -> None:
    """Check what is shown, and that bodies can be taken apart and written."""
    for issue in found.issues:
        _issue(issue)
    for message in found.messages:
        for name in (message.event, message.status or "none"):
            assert _NAME.fullmatch(name), "event or status"
        for label in (message.sender, message.domain):
            assert len(label) <= 80, "label"
            assert label.isprintable(), "label"
        assert message.identifier.isprintable(), "identifier"
        for issue in message.issues:
            _issue(issue)
        for thing in message.objects:
            assert _NAME.fullmatch(thing.source_type), "source type"
            assert thing.source_type not in RESERVED, "source type"
            orjson.dumps(thing.body)
            for children in thing.body.values():  # a resource may be empty; what is in it, not
                _plain({"item": children})
            _apart(thing.body, thing.link)


def _apart(body: Body, link: str) -> None:
    for activity in activities(body, link):
        activity_status(activity.node)
    goals(body)
    team_members(body)
    status_target(body)


def _plain(node: Node) -> None:
    """A body has no empty values, and no characters that FHIR forbids."""
    if isinstance(node, str):
        assert node, "empty text"
        assert not _FORBIDDEN.search(node), "forbidden character"
        return
    assert node, "empty element"
    for children in node.values():
        assert children, "empty list"
        for child in children:
            _plain(child)


def _issue(issue: Issue) -> None:
    assert issue.code in CATALOGUE, issue.code
    assert _DETAIL.fullmatch(issue.detail), "detail"
    assert _DETAIL.fullmatch(issue.path), "path"


def plan(content: bytes) -> None:
    """Plan an archive of one document: whatever it holds, the accounts agree with the census."""
    with _file(content, "a.xml") as path:
        inputs = Inputs(
            roots=[path],
            source_domains=(),
            algorithm=_standard(),
            enrichment=Enrichment(),
            applications={},
            meta={},
        )
        target = path.with_name("plan.sqlite")
        build_plan(inputs, target)
        db = sqlite3.connect(target)
        for table, columns in _SHOWN.items():
            for row in db.execute(f"SELECT DISTINCT {columns} FROM {table}"):
                for shown_there in row:
                    assert _SHORT.fullmatch(str(shown_there)), f"{table} shows what it should not"
        db.close()


def in_container(suffix: str) -> Target:
    """Return the target that walks any bytes as a container of this kind."""

    def container(content: bytes) -> None:
        with _file(content, f"a{suffix}") as path:
            found = list(walk([path], LIMITS, lambda _name: PASSWORD))
            again = list(walk([path], LIMITS, lambda _name: PASSWORD))
            whole = list(delivered([path], LIMITS))
        assert found, "nothing said"
        assert found == again, "not the same twice"
        assert len({file.name for file in found}) == len(found), "one name twice"
        assert len(whole) == 1, "delivered"
        for file in found:
            _source(file)

    return container


def _source(file: SourceFile) -> None:
    assert file.name.isprintable(), "name"
    assert _SHA256.fullmatch(file.sha256), "digest"
    match file.content:
        case bytes():
            assert len(file.content) == file.size <= LIMITS.max_file_bytes, "size"
        case Unreadable():
            _issue(file.content.issue)
        case NoMessage():
            assert re.fullmatch(r"[A-Za-z0-9._ -]{1,40}", file.content.kind), "kind"


def names(content: bytes) -> None:
    """Show a name: one line, unique, and the bytes can be had back."""
    line = shown(content)
    assert line.isprintable(), "not printable"
    assert "!" not in line, "a second container"
    assert original(line) == content, "not the same bytes"
    text = content.decode("utf-8", "surrogateescape")
    assert shown(text) == line, "another line for text"
    suspect(text, LIMITS)
    given = UniqueNames()
    twice = [given.give(inside("a.zip", content)) for _time in range(2)]
    assert len(set(twice)) == 2, "one name twice"


def yaml(content: bytes) -> None:
    """Parse YAML: plain values, or an error with its place and none of its content."""
    try:
        file = parse_yaml(content, "a.yaml")
    except ConfigurationError as error:
        _told(error)
        return
    json.dumps(file.data)
    assert _PLACE.fullmatch(file.where(("a", 0, "b"))), "place"


def algorithm(content: bytes) -> None:
    """Load an algorithm: one that is whole, or an error with its place."""
    with _file(content, "a.yaml") as path:
        try:
            loaded = load_algorithm(str(path))
        except ConfigurationError as error:
            _told(error)
            return
    assert _SHA256.fullmatch(loaded.digest), "digest"


def in_enrichment(suffix: str) -> Target:
    """Return the target that reads any bytes as an enrichment file of this kind."""

    def enrichment(content: bytes) -> None:
        with _file(content, f"a{suffix}") as path:
            try:
                found = read_enrichment([path])
            except ConfigurationError as error:
                _told(error)
                return
        assert all(link and field and value for (link, field), value in values_of(found).items())
        assert _SHA256.fullmatch(found.digest), "digest"

    return enrichment


def _told(error: ConfigurationError) -> None:
    assert error.where, "no place"
    assert error.fix, "no fix"
    assert "\n" not in error.where, "place of more lines"


def answers(content: bytes) -> None:
    """Judge an answer of a server: two digits of status, a line per header, then the body."""
    head, _, body = content.partition(b"\n\n")
    first, *lines = head.split(b"\n")
    status = 200 + (int.from_bytes(first[:2]) % 400)
    pairs = (line.decode("latin-1").partition(": ")[::2] for line in lines)
    headers = {name.lower(): value for name, value in pairs}
    for conditional in (False, True):
        found = classify_write(status, headers, body, conditional=conditional, now=lambda: 1e9)
        match found:
            case Stored():
                assert found.id, "no id"
                assert status < 300, "stored"
            case Throttled(seconds=seconds):
                assert seconds is None or seconds >= 0, "seconds"
            case Refused():
                assert 300 <= status < 500, "refused"
                assert all(len(issue.code) <= 40 for issue in found.issues), "code"
            case NotSent():
                raise AssertionError("it was sent")
            case _:
                assert _DETAIL.fullmatch(found.why), "why"


@cache
def _standard() -> Algorithm:
    return load_algorithm("standard")


@contextmanager
def _file(content: bytes, name: str) -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108 (a folder in memory, when there is one)
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        yield path


TARGETS: dict[str, Target] = {
    "document": document,
    "plan": plan,
    "zip": in_container(".zip"),
    "tar": in_container(".tar"),
    "sevenzip": in_container(".7z"),
    "gzip": in_container(".gz"),
    "tar-gzip": in_container(".tar.gz"),
    "zstd": in_container(".zst"),
    "ndjson": in_container(".ndjson"),
    "age": in_container(".age"),
    "names": names,
    "yaml": yaml,
    "algorithm": algorithm,
    "csv": in_enrichment(".csv"),
    "xlsx": in_enrichment(".xlsx"),
    "answers": answers,
}
"""By name: that of its folder in the corpus too."""
