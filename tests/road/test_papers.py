"""From a generated archive to the papers: the account of the elements, and the domain's runbook."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from generate import PLAIN, domain_file, generate

from inside import inside, typed
from kt_migrate.kt13.links import version_instant
from kt_migrate.kt13.read import read_document
from kt_migrate.model import Body, Document
from mapping.counting import counted

WHOLE = ("Patient", "Practitioner", "RelatedPerson", "Organization", "UserMessage")
"""Types of which each object is one body, as a message has it."""


@pytest.fixture
def domain(workspace: Path) -> Path:
    """Return a working folder with a generated archive."""
    for path in sorted((workspace / "archive").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    generate(workspace, 120, shares=PLAIN)
    (workspace / "kt-migrate.yaml").write_text(domain_file("EXAMPLE"), "utf-8")
    return workspace


def last_bodies(archive: Path) -> list[tuple[str, Body]]:
    """Return type and content of the last version of every object, read from the files."""
    found: dict[tuple[str, str], tuple[str, Body]] = {}
    for path in sorted(p for p in archive.rglob("*") if p.is_file()):
        document = read_document(path.read_bytes())
        assert isinstance(document, Document)
        for one in (one for message in document.messages for one in message.objects):
            if one.source_type in WHOLE:
                key, version = (one.source_type, one.link), str(version_instant(one.version or ""))
                if key not in found or found[key][0] < version:
                    found[key] = (version, one.body)
    return [(source_type, body) for (source_type, _link), (_version, body) in found.items()]


def test_every_element_of_a_generated_archive_is_accounted_for(domain: Path) -> None:
    """As a count finds it that reads the files itself; the file and the document are alike."""
    done = typed("plan", "--json", cwd=domain)
    assert done.code == 0, done.err
    shown = json.loads(done.out)["elements"]
    rows = list(
        csv.DictReader(
            io.StringIO((domain / "runs/local/001/elements.csv").read_text("utf-8-sig")),
            delimiter=";",
        )
    )
    account = Counter(
        {(row["type"], row["element"]): int(row["objects"]) for row in rows if row["type"] in WHOLE}
    )

    assert account == counted(last_bodies(domain / "archive"))
    assert len(account) > 40
    assert [(r["type"], r["element"], r["status"]) for r in rows] == [
        (e["source_type"], e["path"], e["status"]) for e in shown
    ]


def test_the_runbook_learns_from_the_trial(domain: Path) -> None:
    """Before it nobody knows how long it takes; after it the runbook says what it was."""
    runbook = domain / "runs" / "local" / "001" / "draaiboek.md"
    with inside(domain):
        assert typed("plan", cwd=domain).code == 0
        assert typed("draaiboek", "--format", "md", cwd=domain).code == 0
        before = runbook.read_text("utf-8")
        assert typed("trial", "--env", "local", cwd=domain).code == 0
        assert typed("draaiboek", "--format", "md", cwd=domain).code == 0

    assert "nog niet gemeten met een proef" in before
    assert "Gemeten in local/001" in runbook.read_text("utf-8")
    assert before.count("| P.8-") == runbook.read_text("utf-8").count("| P.8-") > 4
