"""The generator of archives: what the benches and the million-message claims stand on."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from generate import PLAIN, Shares, generate
from sinks import PACKED, PER_FOLDER, Folders

from kt_migrate.archive.files import walk
from kt_migrate.config import find_workspace
from kt_migrate.kt13.careplan import activities
from kt_migrate.kt13.links import version_instant
from kt_migrate.kt13.read import read_document
from kt_migrate.model import Document, Form, Unreadable
from support import ROOT

MESSAGES = 500


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of 500 messages with everything in it."""
    folder = tmp_path_factory.mktemp("archive")
    generate(folder, MESSAGES, shares=Shares(both=0.1, stripped=0.1, summary=0.02, outcome=0.02))
    return folder


def files_of(folder: Path) -> list[Path]:
    """Return every file of the archive, sorted."""
    return sorted(path for path in (folder / "archive").rglob("*") if path.is_file())


def digest_of(folder: Path) -> str:
    """Return a digest over names and bytes of everything that was generated."""
    names = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    whole = hashlib.sha256()
    for path in names:
        whole.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return whole.hexdigest()


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """A seed and a size decide every name and every byte, in another process too."""
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    generate(here, 200, seed=7, shares=Shares())
    subprocess.run(
        [sys.executable, "bench/generate.py", there, "--messages", "200", "--seed", "7"],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "11", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=True,
        timeout=60,
    )

    assert digest_of(here) == digest_of(there)


def test_another_seed_other_bytes(tmp_path: Path) -> None:
    """Another seed is another domain."""
    made = []
    for seed in (1, 2):
        folder = tmp_path / str(seed)
        folder.mkdir()
        generate(folder, 200, seed=seed)
        made.append(digest_of(folder))

    assert made[0] != made[1]


def test_every_file_is_read_as_what_it_was_made(archive: Path) -> None:
    """Each document is of the kind that the generator says; only files meant so are unreadable."""
    kinds: Counter[str] = Counter()
    for path in files_of(archive):
        found = read_document(path.read_bytes())
        unreadable = isinstance(found, Unreadable)
        assert unreadable == path.name.startswith("onleesbaar"), path
        kinds["unreadable" if isinstance(found, Unreadable) else found.kind.value] += 1

    expected = json.loads((archive / "expected.json").read_text())
    assert kinds == expected["documents"]
    assert len(kinds) == 7


def test_expected_is_what_a_reader_finds(archive: Path) -> None:
    """Objects, activities and messages in expected.json are those of the readable documents."""
    objects: set[tuple[str, str]] = set()
    identifiers: set[str] = set()
    messages: dict[str, str] = {}
    for path in files_of(archive):
        found = read_document(path.read_bytes())
        for message in () if isinstance(found, Unreadable) else found.messages:
            assert not message.issues
            if message.form is not Form.SEARCH:
                messages[message.identifier] = message.event
            for thing in message.objects:
                objects.add((thing.source_type, thing.link))
                if thing.source_type == "CarePlan":
                    identifiers |= {a.identifier for a in activities(thing.body, thing.link)}

    expected = json.loads((archive / "expected.json").read_text())
    assert Counter(source_type for source_type, _link in objects) == expected["objects"]
    assert len(identifiers) == expected["activities"]
    assert len(messages) == expected["messages"] == MESSAGES
    assert Counter(messages.values()) == expected["events"]
    assert len(expected["events"]) == 8


def test_both_serialisations_say_the_same(tmp_path: Path) -> None:
    """One story in XML and in JSON holds the same versions of the same objects."""
    found = []
    for xml in (0.0, 1.0):
        folder = tmp_path / str(xml)
        folder.mkdir()
        generate(folder, 300, shares=replace(PLAIN, xml=xml))
        documents = [read_document(path.read_bytes()) for path in files_of(folder)]
        found.append(
            sorted(
                (m.event, o.link, o.version, json.dumps(o.body, sort_keys=True))
                for d in documents
                if not isinstance(d, Unreadable)
                for m in d.messages
                for o in m.objects
            )
        )

    assert found[0] == found[1]


def test_versions_rise_and_name_one_content(archive: Path) -> None:
    """In queue copies a version names one content, and what did not change keeps its own."""
    contents: dict[tuple[str, str], str] = {}
    kept = 0
    for path in files_of(archive):
        found = read_document(path.read_bytes())
        for message in () if isinstance(found, Unreadable) else found.messages:
            if message.form is Form.SENDER:
                continue
            versions = {thing.version for thing in message.objects if thing.version}
            kept += len(versions) > 1
            for thing in message.objects:
                if thing.version:
                    body = json.dumps(thing.body, sort_keys=True)
                    assert contents.setdefault((thing.link, thing.version), body) == body

    assert kept > MESSAGES // 5


def test_plain_has_one_file_per_message(tmp_path: Path) -> None:
    """Without copies and oddities: a file per message, one search, and versions everywhere."""
    expected = generate(tmp_path, 100)

    assert expected["documents"] == {"activity-definition-search": 1, "queue-message": 100}
    assert len(files_of(tmp_path)) == 101
    for path in files_of(tmp_path):
        found = read_document(path.read_bytes())
        assert isinstance(found, Document)
        for thing in (thing for message in found.messages for thing in message.objects):
            assert version_instant(thing.version), thing.link


def test_folders_hold_at_most_5000_files(tmp_path: Path) -> None:
    """A new folder begins where one is full."""
    sink = Folders(tmp_path / "archive")
    for number in range(PER_FOLDER + 1):
        sink.add(f"{number}.json", b"{}")

    assert [len(list(f.iterdir())) for f in sorted((tmp_path / "archive").iterdir())] == [
        PER_FOLDER,
        1,
    ]


@pytest.mark.parametrize("packed", sorted(PACKED))
def test_what_is_packed_holds_the_same_files(tmp_path: Path, packed: str) -> None:
    """It has the names and bytes that the folders would have, and the same each time."""
    for name, form in (("a", ""), ("b", packed), ("c", packed)):
        (tmp_path / name).mkdir()
        generate(tmp_path / name, 50, packed=form)
    loose = {path.name: path.read_bytes() for path in files_of(tmp_path / "a")}
    found = {
        file.name.partition("!")[2]: file.content for file in walk([*files_of(tmp_path / "b")])
    }

    assert found == loose
    assert digest_of(tmp_path / "b") == digest_of(tmp_path / "c")


def test_domain_file_fits(archive: Path) -> None:
    """The kt-migrate.yaml beside the archive is one, with a launch address per application."""
    workspace = find_workspace(archive)

    expected = json.loads((archive / "expected.json").read_text())
    assert len(workspace.domain.applications) == expected["applications"]
