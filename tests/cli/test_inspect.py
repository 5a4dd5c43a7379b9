"""`inspect`: one screen, one page, one document; the same for the same archive, and nobody in it."""

from __future__ import annotations

import json
import random
import shutil
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from inside import Done, typed
from kt_migrate.errors import ExitCode
from support import EXAMPLE, ROOT

NS = "http://ggz.koppeltaal.nl/fhir/Koppeltaal/"
CANARIES = ["zwaluwstaart", "999990019", "1901-12-31", "kanarie@", "geheim", "kanariegeel"]
"""What stands for a name, a BSN, a birthday, an e-mail address, a password and a text."""


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    """Return a working folder with the example's archive, and nothing done in it."""
    return shutil.copytree(
        EXAMPLE, tmp_path / "domain", ignore=shutil.ignore_patterns("runs", "inspectie.*")
    )


def test_a_working_folder_gets_its_page_and_its_json(domain: Path) -> None:
    """Beside kt-migrate.yaml, for the owner alone; the JSON is what --json prints."""
    done = typed("inspect", "--json", cwd=domain)

    page, machine = domain / "inspectie.html", domain / "inspectie.json"
    assert done.code == ExitCode.OK
    assert json.loads(machine.read_bytes()) == done.document
    assert str(page) in done.err.replace("\n", "")
    assert {path.stat().st_mode & 0o777 for path in (page, machine)} == {0o600}
    assert not list(domain.glob("*.unfinished"))


def test_named_archives_get_a_page_when_it_is_asked_for(domain: Path, tmp_path: Path) -> None:
    """Else nothing is written, wherever the command is given."""
    before = sorted(domain.rglob("*"))
    done = typed("inspect", "archive", cwd=domain)
    assert (done.code, sorted(domain.rglob("*"))) == (ExitCode.OK, before)

    asked = typed("inspect", "archive", "--html", str(tmp_path / "a.html"), cwd=domain)
    assert asked.code == ExitCode.OK
    assert asked.out.startswith(done.out)
    assert (tmp_path / "a.html").is_file()
    assert (tmp_path / "a.json").is_file()
    assert sorted(domain.rglob("*")) == before


@pytest.mark.parametrize("page", ["archive/x.html", "archive/new/x.html", "x.json", "x"])
def test_a_page_that_cannot_come_there_is_refused_before_anything_is_read(
    domain: Path, page: str
) -> None:
    """In the archive it would be read as a document the next time."""
    (domain / "archive" / "new").mkdir()
    before = sorted(domain.rglob("*"))

    done = typed("inspect", "--html", page, cwd=domain)

    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert sorted(domain.rglob("*")) == before


def test_the_page_of_a_working_folder_that_is_its_own_archive_goes_elsewhere(domain: Path) -> None:
    """It says where to."""
    text = (domain / "kt-migrate.yaml").read_text("utf-8")
    (domain / "kt-migrate.yaml").write_text(text.replace("[archive/]", "[./]"), "utf-8")

    done = typed("inspect", cwd=domain)
    assert done.code == ExitCode.USAGE
    assert "--html" in done.err


def test_the_working_folder_s_algorithm_says_what_has_no_home(domain: Path) -> None:
    """The standard one speaks for archives that are named."""
    standard = typed("inspect", "archive", "--json", cwd=domain).document["kt2"]
    assert standard["Patient"] == {"fate": "migrated", "target": "Patient", "rule": ""}
    assert standard["UserMessage"] == {"fate": "no_home", "target": "", "rule": "user-message"}
    assert standard["CarePlan"]["fate"] == "by_parts"

    (domain / "own.yaml").write_text(
        "schema: kt-migrate-algorithm/1\nname: own\nversion: '1'\nextends: standard\n"
        "remove: [user-message]\n"
    )
    text = (domain / "kt-migrate.yaml").read_text("utf-8")
    assert "algorithm: standard" in text
    (domain / "kt-migrate.yaml").write_text(
        text.replace("algorithm: standard", "algorithm: own.yaml"), "utf-8"
    )
    assert typed("inspect", "--json", cwd=domain).document["kt2"]["UserMessage"] == {
        "fate": "no_rule",
        "target": "",
        "rule": "",
    }


def test_only_messages_of_the_domain_count_in_a_working_folder(domain: Path) -> None:
    """As they do in its plan."""
    text = (domain / "kt-migrate.yaml").read_text("utf-8")
    (domain / "kt-migrate.yaml").write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("source_domains"))
        + "\nsource_domains: [ELSEWHERE]\n",
        "utf-8",
    )
    found = typed("inspect", "--json", cwd=domain).document
    assert found["messages"]["total"] < 5
    assert found["odd"]["domain-other"] > 5


@pytest.mark.parametrize("language", ["nl", "en"])
def test_it_fits_on_one_screen(domain: Path, language: str) -> None:
    """Of 80 columns and some 50 lines; the page speaks the same language."""
    done = typed("--lang", language, "inspect", cwd=domain)
    lines = done.out.splitlines()

    assert max(len(line) for line in lines if str(domain) not in line) <= 80
    end = next(place for place, line in enumerate(lines) if line.startswith(("Meer", "More")))
    assert end <= 54
    page = (domain / "inspectie.html").read_text("utf-8")
    assert f'<html lang="{language}">' in page
    words = {
        "nl": ("was de buffer leeg", "DOSSIERS", "verwijzingen"),
        "en": ("was the buffer empty", "MESSAGES", "references"),
    }
    assert [word for word in words[language] if word not in done.out] == []


def test_the_screen_in_the_documents_is_that_of_the_example(domain: Path) -> None:
    """As `docs/inspection.md` shows it, but for where the page is."""
    text = (ROOT / "docs" / "inspection.md").read_text("utf-8")
    shown = text.partition("```\n")[2].partition("```")[0].splitlines()

    assert typed("inspect", cwd=domain).out.splitlines()[: len(shown) - 1] == shown[:-1]


def _everything(cwd: Path, *archives: Path) -> tuple[str, bytes, bytes]:
    page = cwd / "page.html"
    done = typed("inspect", *map(str, archives), "--html", str(page), "--json", cwd=cwd)
    assert done.code == ExitCode.OK
    return done.out, page.read_bytes(), page.with_suffix(".json").read_bytes()


def test_the_same_archive_gives_the_same_bytes(tmp_path: Path) -> None:
    """In whatever order, under whatever names, in whatever container."""
    contents = [path.read_bytes() for path in sorted((EXAMPLE / "archive").rglob("*.*"))]
    shuffled = list(contents)
    random.Random(1).shuffle(shuffled)  # noqa: S311 (an order of files)
    for name, some in (("a", contents), ("b", shuffled)):
        (tmp_path / name).mkdir()
        for place, content in enumerate(some):
            (tmp_path / name / f"{place}.msg").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as zipped:
        for path in (tmp_path / "b").iterdir():
            zipped.write(path, path.name)
    with tarfile.open(tmp_path / "d.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "a", "deep/er")

    one = _everything(tmp_path, tmp_path / "a")
    for other in ("b", "c.zip", "d.tar.gz"):
        assert _everything(tmp_path, tmp_path / other) == one


def _ext(name: str, **value: object) -> dict[str, Any]:
    return {"url": NS + name, **value}


def _message(number: int, *contents: dict[str, Any], **header: object) -> bytes:
    """Return a message whose every free text and link has a canary in it."""
    processing = _ext(
        "MessageHeader#ProcessingStatus",
        extension=[
            _ext("MessageHeader#ProcessingStatusStatus", valueCode="Zwaluwstaart Geheim"),
            _ext("MessageHeader#ProcessingStatusException", valueString="zwaluwstaart geheim"),
        ],
    )
    content = {
        "resourceType": "MessageHeader",
        "identifier": f"zwaluwstaart-{number}",
        "timestamp": "1901-12-31 zwaluwstaart",
        "event": {"code": "zwaluwstaart geheim"},
        "source": {"software": "geheim\x1b" * 30, "name": "zwaluwstaart"},
        "extension": [processing],
        **header,
    }
    link = f"https://epd.example/MessageHeader/{number}"
    entries: list[dict[str, Any]] = [{"id": link, "content": content}]
    for place, body in enumerate(contents):
        own = f"https://epd.example/zwaluwstaart/999990019?geheim={place}"
        entries.append({"link": [{"rel": "self", "href": own}], "content": body})
    tags = [
        {"term": "http://hl7.org/fhir/tag/message", "scheme": "http://hl7.org/fhir/tag"},
        {
            "term": NS + "Domain#x",
            "label": "zwaluwstaart " * 9,
            "scheme": "http://hl7.org/fhir/tag/security",
        },
    ]
    bundle = {"resourceType": "Bundle", "category": tags, "entry": entries}
    return json.dumps(bundle).encode()


def _hostile() -> list[bytes]:
    to = "https://zwaluwstaart:geheim@epd.example/999990019"
    plan = {
        "resourceType": "CarePlan",
        "patient": {"reference": "https://epd.example/zwaluwstaart/999990019"},
        "participant": [{"member": {"reference": to}}, {"member": {"reference": "kanarie@x.nl"}}],
        "zwaluwstaart": {"reference": "urn:geheim"},
        "extension": [
            {"url": "http://kanariegeel.example/geheim", "valueResource": {"reference": "geheim"}}
        ],
        "activity": [
            {
                "extension": [
                    _ext("CarePlan#ActivityIdentifier", valueString="zwaluwstaart"),
                    _ext("CarePlan#ActivityStatus", valueCoding={"code": "Zwaluwstaart"}),
                    _ext("CarePlan#ActivityDefinition", valueString="kanariegeel"),
                ]
            }
        ],
    }
    patient = {
        "resourceType": "Patient",
        "name": [{"family": ["zwaluwstaart"]}],
        "birthDate": "1901-12-31",
        "identifier": [{"value": "999990019"}],
        "telecom": [{"value": "kanarie@x.nl"}],
    }
    odd = {"resourceType": "zwaluwstaart geheim", "text": "kanariegeel"}
    usage = {"coding": [{"system": NS + "OtherResourceUsage", "code": "geheim kanariegeel"}]}
    return [
        _message(1, patient, plan),
        _message(2, odd, {"resourceType": "Other", "code": usage}),
        b'{"resourceType": "Bundle", zwaluwstaart',
        b"<!DOCTYPE geheim><feed/>",
        b'{"resourceType": "zwaluwstaart geheim"}',
    ]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_nobody_is_in_it(tmp_path: Path, language: str) -> None:
    """Not on the screen, the page or in the JSON: no name, number, birthday, address or text."""
    (tmp_path / "archive").mkdir()
    for place, content in enumerate(_hostile()):
        (tmp_path / "archive" / f"zwaluwstaart 999990019 {place}.json").write_bytes(content)
    (tmp_path / "archive" / "geheim.txt").write_text("kanariegeel")

    line = ("--lang", language, "inspect", "archive", "--html", "x.html", "--json")
    done: Done = typed(*line, cwd=tmp_path)

    assert done.code == ExitCode.OK
    assert done.document["messages"]["total"] == 2
    assert done.document["completeness"]["missing_references"] >= 3
    shown = [done.out, done.err, *((tmp_path / f"x.{e}").read_text() for e in ("html", "json"))]
    assert [word for word in CANARIES for text in shown if word in text.lower()] == []
    assert "\x1b" not in "".join(shown)
