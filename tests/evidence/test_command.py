"""evidence make and evidence verify, as a person gives them."""

from __future__ import annotations

import re
import sqlite3
import stat
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import pytest

from going import decision
from inside import inside, typed
from judged_scene import sampled
from kt_migrate.errors import ExitCode
from kt_migrate.evidence.container import packed, unpacked
from kt_migrate.gates.keeping import held_ledger, key_path
from kt_migrate.gates.records import Gate, Verdict
from kt_migrate.judging.session import Session
from kt_migrate.plan.binding import read_binding
from kt_migrate.reports.judged import Verdict as Verdicts
from support import EXAMPLE

RUN = Path("runs/local/001")
PACK = RUN / "bewijs.zip"
CANARIES = (EXAMPLE / "canaries.txt").read_text("utf-8").split()
NOON = 1_795_867_200.0


def made(folder: Path) -> bytes:
    """Make the pack of the run at noon, and return it."""
    with patch("time.time", return_value=NOON):
        assert typed("evidence", "make", cwd=folder).code == 0
    return (folder / PACK).read_bytes()


def test_a_pack_is_made_and_checked(tried: Path) -> None:
    """What was not looked at is listed, and is no pass."""
    done = typed("evidence", "make", "--json", cwd=tried)
    checked = typed("evidence", "verify", str(PACK), "--json", cwd=tried)
    holds = {check["name"]: check["holds"] for check in checked.document["checks"]}

    assert done.code == 0
    assert checked.code == ExitCode.COULD_NOT_LOOK
    assert checked.document["thumbprint"] == done.document["thumbprint"]
    assert holds == {
        "books": "yes",
        "totals": "absent",
        "verify": "absent",
        "success": "absent",
        "judged": "absent",
        "probe": "absent",
        "chain": "absent",
        "gates": "absent",
    }
    assert not checked.document["passed"]
    assert stat.S_IMODE((tried / PACK).stat().st_mode) == 0o600


def test_a_person_reads_what_was_signed_and_what_cannot_be_seen(tried: Path) -> None:
    """In Dutch and in English."""
    typed("evidence", "make", cwd=tried)
    dutch = typed("evidence", "verify", str(PACK), cwd=tried).out
    english = typed("--lang", "en", "evidence", "verify", str(PACK), cwd=tried).out

    assert "Domein EXAMPLE, omgeving local, run 001." in dutch
    assert re.search(r"de boeken kloppen\s+ja", dutch)
    assert re.search(r"teruggelezen, gelijk\s+niet te zien", dutch)
    assert re.search(r"the books balance\s+yes", english)
    assert "--thumbprint" in dutch


def test_the_same_run_gives_the_same_bytes(tried: Path) -> None:
    """But for the moment that is signed."""
    first = made(tried)
    assert made(tried) == first
    typed("evidence", "make", cwd=tried)
    later = unpacked((tried / PACK).read_bytes(), "x")

    assert {n for n, c in unpacked(first, "x").items() if later[n] != c} == {"signature.jws"}


def test_a_run_that_went_all_the_way_passes(tried: Path) -> None:
    """Verified and decided; that it was probed, and within criteria, is still asked."""
    with inside(tried):
        assert typed("verify", "--audit", cwd=tried).code == 0
    plan = read_binding(tried / RUN).plan
    with held_ledger(tried, "local") as ledger:
        ledger.add(decision("local", plan), decision("local", plan, gate=Gate.POST))
    made(tried)
    checks = typed("evidence", "verify", str(PACK), "--json", cwd=tried).document["checks"]

    assert {c["name"]: c["holds"] for c in checks} == {
        "books": "yes",
        "totals": "yes",
        "verify": "yes",
        "success": "absent",
        "judged": "absent",
        "probe": "absent",
        "chain": "yes",
        "gates": "yes",
    }


def test_the_verdicts_of_a_sample_go_with_it(tried: Path) -> None:
    """As the gate measured them; nobody is named, and what was remarked stays behind."""

    def judge(of: Session) -> None:
        for place in range(1, len(of.cards) + 1):
            of.judge(place, Verdicts.GOOD, "Zij heet Kwikzilver.")

    assert sampled(tried, judge, "-n", "4").code == 0
    typed("gate", "post", "--env", "local", cwd=tried)
    content = made(tried)
    document = typed("evidence", "verify", str(PACK), "--json", cwd=tried).document
    checks = {c["name"]: c["holds"] for c in document["checks"]}
    paper = unpacked(content, "x")["judged.json"].decode()

    assert (checks["judged"], checks["measured"]) == ("yes", "yes")
    assert "judged" not in document["absent"]
    assert paper.count('"verdict": "good"') == 4
    for word in ("Kwikzilver", "Voorbeeld", "Patient/", "epd."):
        assert word not in paper


def test_a_run_that_was_undone_is_proven_gone(tried: Path) -> None:
    """NO-GO after the run, and rollback."""
    plan = read_binding(tried / RUN).plan
    with held_ledger(tried, "local") as ledger:
        ledger.add(
            decision("local", plan), decision("local", plan, gate=Gate.POST, verdict=Verdict.NO_GO)
        )
    with inside(tried):
        line = ("rollback", "--env", "local", "--yes-rollback", "EXAMPLE")
        assert typed(*line, cwd=tried).code == 0
    made(tried)
    checks = typed("evidence", "verify", str(PACK), "--json", cwd=tried).document["checks"]
    holds = {c["name"]: c["holds"] for c in checks}

    assert holds["rollback"] == holds["totals"] == holds["gates"] == "yes"
    assert "verify" not in holds


def test_nothing_of_a_person_is_in_it(tried: Path) -> None:
    """No seeded value, no link, no address; in nothing but the papers of the format."""
    with inside(tried):
        typed("verify", cwd=tried)
    members = unpacked(made(tried), "x")
    text = b"".join(members.values()).decode()

    # A few ordinary words hold the string "Voorbeeld" or "Stempel"; these do not.
    assert [c for c in CANARIES if c in text] == []
    assert "epd.voorbeeld.example" not in text
    assert sorted(members) == [
        "README.txt",
        "binding.json",
        "books.json",
        "errors.csv",
        "figures.json",
        "manifest.sha256",
        "pack.json",
        "signature.jws",
        "success.json",
        "totals.json",
        "verify.json",
        "versions.json",
    ]


def test_sha256sum_checks_it(tried: Path, tmp_path: Path) -> None:
    """As README.txt says, with a tool that everybody has."""
    made(tried)
    with zipfile.ZipFile(tried / PACK) as archive:
        archive.extractall(tmp_path / "out")
    line = ["sha256sum", "-c", "--strict", "manifest.sha256"]
    good = subprocess.run(line, cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    (tmp_path / "out" / "books.json").write_text("{}")
    bad = subprocess.run(line, cwd=tmp_path / "out", capture_output=True, text=True, check=False)

    assert good.returncode == 0
    assert good.stdout.count(": OK") == 9
    assert bad.returncode != 0
    assert "manifest.sha256" in (tmp_path / "out" / "README.txt").read_text("utf-8")


def test_readme_comes_in_the_language_of_now(tried: Path) -> None:
    """And names every paper that is there, and no other."""
    dutch = unpacked(made(tried), "x")["README.txt"].decode()
    assert typed("--lang", "en", "evidence", "make", cwd=tried).code == 0
    members = unpacked((tried / PACK).read_bytes(), "x")
    english = members["README.txt"].decode()

    assert dutch.startswith("BEWIJS VAN EEN MIGRATIE")
    assert english.startswith("EVIDENCE OF A MIGRATION")
    for text in (dutch, english):
        papers = set(re.findall(r"^  ([a-z]+\.json)", text, re.MULTILINE))
        assert papers == {name for name in members if name.endswith(".json")}


def test_the_key_of_another_is_refused(tried: Path) -> None:
    """With --thumbprint; the message says whose key it is."""
    made(tried)
    refused = typed("evidence", "verify", str(PACK), "--thumbprint", "x" * 43, cwd=tried)
    own = typed("evidence", "make", "--json", cwd=tried).document["thumbprint"]
    taken = typed("evidence", "verify", str(PACK), "--thumbprint", own, cwd=tried)

    assert refused.code == ExitCode.FORGED
    assert own in refused.err
    assert taken.code == ExitCode.COULD_NOT_LOOK
    assert "--thumbprint" not in taken.out


@pytest.mark.parametrize("member", ["books.json", "signature.jws", "manifest.sha256"])
def test_a_changed_pack_ends_as_forged(tried: Path, member: str) -> None:
    """Whatever was changed."""
    members = unpacked(made(tried), "x")
    members[member] = members[member].replace(b"0", b"1")
    (tried / PACK).write_bytes(packed(members))
    refused = typed("evidence", "verify", str(PACK), cwd=tried)

    assert refused.code == ExitCode.FORGED
    assert refused.err.startswith("Fout: ")


def test_a_plan_that_was_changed_proves_nothing(tried: Path) -> None:
    """It is not what the run is bound to."""
    with closing(sqlite3.connect(tried / RUN / "plan.sqlite")) as db, db:
        db.execute("UPDATE meta SET value = 'ANDER' WHERE name = 'domain'")
    refused = typed("evidence", "make", cwd=tried)

    assert refused.code == ExitCode.JOURNAL
    assert not (tried / PACK).exists()


def test_a_journal_of_another_plan_proves_nothing(tried: Path) -> None:
    """The journal says which plan it carried out."""
    with closing(sqlite3.connect(tried / RUN / "journal.sqlite")) as db, db:
        db.execute("UPDATE meta SET value = 'ander' WHERE name = 'plan'")

    assert typed("evidence", "make", cwd=tried).code == ExitCode.JOURNAL


def test_a_ledger_that_was_changed_goes_into_no_pack(tried: Path) -> None:
    """It is refused before anything is signed."""
    plan = read_binding(tried / RUN).plan
    with held_ledger(tried, "local") as ledger:
        ledger.add(decision("local", plan))
    path = tried / "gates" / "local.ndjson"
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))

    assert typed("evidence", "make", cwd=tried).code == ExitCode.FORGED


def test_the_key_is_made_once_and_kept(tried: Path) -> None:
    """The pack is signed with the working folder's own key."""
    first = typed("evidence", "make", "--json", cwd=tried).document["thumbprint"]
    key = key_path(tried).read_bytes()
    again = typed("evidence", "make", "-o", "elders.zip", "--json", cwd=tried).document

    assert again["thumbprint"] == first
    assert key_path(tried).read_bytes() == key
    assert (tried / "elders.zip").is_file()
