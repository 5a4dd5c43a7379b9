"""gate: the checklist on one screen, who says what, GO and NO-GO, and a ledger that can be checked."""

from __future__ import annotations

import json
import re
import shutil
import stat
from pathlib import Path

import pytest

from inside import Done, inside, typed
from kt_migrate.errors import ExitCode
from kt_migrate.gates.keeping import ledger_path
from kt_migrate.gates.records import Gate, Kind
from kt_migrate.gates.tables import POINTS
from kt_migrate.plan.binding import read_binding
from kt_migrate.signing import new_signer
from support import EXAMPLE

ALGORITHM = """\
schema: kt-migrate-algorithm/1
name: eigen
version: "1"
extends: standard
success:
  totals: {rejected: 100}
  verified: true
"""
LOCAL = ("--env", "local")
ANNA = ("--by", "Anna Wachtman", "--role", "zorgaanbieder")
BEN = ("--by", "Ben Bakkerman", "--role", "it-deelnemer")
WAITING = re.compile(rb"New|Claimed|Failed")


def given(folder: Path, *words: str, code: int = 0) -> Done:
    """Give a command, and see how it ends."""
    done = typed(*words, cwd=folder)
    assert done.code == code, done
    return done


def without_waiting(folder: Path) -> None:
    """Take away what was still waiting: as if the buffers had been emptied before the delivery."""
    for path in [p for p in (folder / "archive").rglob("*") if p.is_file()]:
        if WAITING.search(path.read_bytes()):
            path.unlink()


@pytest.fixture(scope="module")
def made(new_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder that was rehearsed: tried, verified, measured, rolled back, planned."""
    folder = shutil.copytree(new_workspace, tmp_path_factory.mktemp("gate") / "EXAMPLE")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    without_waiting(folder)
    (folder / "eigen.yaml").write_text(ALGORITHM)
    domain = folder / "kt-migrate.yaml"
    domain.write_text(domain.read_text().replace("algorithm: standard", "algorithm: eigen.yaml"))
    with inside(folder):
        given(folder, "trial", *LOCAL)
        given(folder, "verify", *LOCAL)
        given(folder, "gate", "pre", *LOCAL, code=ExitCode.NO_GO)
        given(folder, "rollback", *LOCAL, "--yes-rollback", "EXAMPLE")
        given(folder, "plan", *LOCAL)
        given(folder, "probe", *LOCAL)
    return folder


@pytest.fixture
def rehearsed(made: Path, tmp_path: Path) -> Path:
    """Return such a folder, for one test."""
    return shutil.copytree(made, tmp_path / "EXAMPLE")


def said(folder: Path, gate: Gate = Gate.PRE, *, but: str = "") -> None:
    """Let both say everything that they may say."""
    points = [
        p for p in POINTS[gate] if (p.kind is Kind.ATTESTED or p.id == "Q.3.1") and not p.after
    ]
    points += [p for p in POINTS[gate] if p.id == "P.5"]
    for who in (ANNA, BEN):
        mine = [p.id for p in points if who[-1] in p.roles and p.id != but]
        if mine:
            given(folder, "gate", "attest", *mine, *LOCAL, *who)


def decided(folder: Path, *words: str, code: int = 0, gate: str = "pre") -> Done:
    """Decide something."""
    return given(folder, "gate", "decide", *words, "--gate", gate, *LOCAL, code=code)


def test_the_whole_road_before_and_after(rehearsed: Path) -> None:
    """Every point, GO, the migration, every point after it, GO, and what follows it."""
    said(rehearsed)
    shown = given(rehearsed, "gate", "pre", *LOCAL)
    assert "Alle punten zijn gehaald. Besluit: kt-migrate gate decide go --gate pre" in shown.out
    go = decided(rehearsed, "go", *ANNA)
    assert "GO is volledig, en geldt tot " in go.out
    with inside(rehearsed):
        given(rehearsed, "run", *LOCAL, "--yes-run", "EXAMPLE")
        given(rehearsed, "gate", "post", *LOCAL, code=ExitCode.NO_GO)
        given(rehearsed, "verify", *LOCAL)
    said(rehearsed, Gate.POST)
    early = given(rehearsed, "gate", "attest", "Q.8", *LOCAL, *ANNA, code=ExitCode.NO_GO)
    assert "Niemand gaf nog GO voor local." in early.err
    decided(rehearsed, "go", *ANNA, gate="post")
    left = given(rehearsed, "gate", "post", *LOCAL, code=ExitCode.NO_GO)
    assert "kt-migrate gate attest Q.9 --env local --by NAAM --role it-deelnemer" in left.out
    early = given(rehearsed, "gate", "attest", "Q.9", *LOCAL, *BEN, code=ExitCode.NO_GO)
    assert "Q.9 komt na Q.8, dat nog niet gehaald is." in early.err
    given(rehearsed, "gate", "attest", "Q.8", *LOCAL, *ANNA)
    given(rehearsed, "gate", "attest", "Q.9", "Q.10", *LOCAL, *BEN)
    given(rehearsed, "gate", "attest", "Q.11", *LOCAL, *ANNA)
    given(rehearsed, "gate", "post", *LOCAL)
    checked = given(rehearsed, "gate", "verify", *LOCAL, "--json").document
    verdicts = [(line["gate"], line["verdict"]) for line in checked["decisions"]]
    assert verdicts == [("pre", "go"), ("post", "go")]


def test_every_line_fits_80_columns(rehearsed: Path) -> None:
    """But for the commands, which are to be copied; each verdict has its word."""
    said(rehearsed, but="O.9")
    shown = given(rehearsed, "gate", "pre", *LOCAL, code=ExitCode.NO_GO).out.splitlines()
    table = [line for line in shown if "kt-migrate" not in line]
    assert max(map(len, table)) <= 80
    assert len(table) <= 36
    rows = {line.split()[0]: line for line in table if re.match(r"[OPB]\.\d", line)}
    assert list(rows)[:-1] == [p.id for p in POINTS[Gate.PRE] if p.kind is not Kind.DECIDED]
    assert "✓ gehaald proefmigratie geslaagd     proef local/001, toen gemeten" in rows["O.4"]
    assert "· open    iedereen aanwezig" in rows["O.9"]
    assert "Anna Wachtman" in rows["O.1"]


def test_go_needs_every_point(rehearsed: Path) -> None:
    """It is measured again; what is missing is named."""
    said(rehearsed, but="O.5")
    refused = decided(rehearsed, "go", *ANNA, code=ExitCode.NO_GO)
    assert "GO kan niet: niet elk punt is gehaald: O.5." in refused.err
    given(rehearsed, "gate", "attest", "O.5", *LOCAL, *ANNA)
    (rehearsed / "eigen.yaml").write_text(ALGORITHM.replace("100", "99"))
    refused = decided(rehearsed, "go", *ANNA, code=ExitCode.NO_GO)
    assert "niet elk punt is gehaald: O.4.5" in refused.err


def test_a_no_go_is_always_possible_and_takes_back_a_go(rehearsed: Path) -> None:
    """Also when the run itself cannot be read."""
    said(rehearsed)
    decided(rehearsed, "go", *ANNA)
    (rehearsed / "runs/local/002/binding.json").unlink()
    decided(rehearsed, "no-go", *BEN)
    with inside(rehearsed):
        given(rehearsed, "plan", *LOCAL)
        run = given(rehearsed, "run", *LOCAL, "--yes-run", "EXAMPLE", code=ExitCode.NO_GO)
    assert "NO-GO" in run.err


def test_an_attestation_may_be_no(rehearsed: Path) -> None:
    """Then the point is not met, by its word."""
    said(rehearsed)
    given(rehearsed, "gate", "attest", "o.5", *LOCAL, *ANNA, "--no", "--remark", "nog niet")
    document = given(rehearsed, "gate", "pre", *LOCAL, "--json", code=ExitCode.NO_GO).document
    point = next(p for p in document["points"] if p["id"] == "O.5")
    assert (point["verdict"], point["said"]["remark"]) == ("not-met", "nog niet")
    assert document["passed"] is False


def test_names_stand_in_the_ledger_and_on_the_screens_of_the_gate_only(rehearsed: Path) -> None:
    """The file is for its owner; no other file and no error has a name."""
    said(rehearsed)
    decided(rehearsed, "go", *ANNA)
    wrong = given(rehearsed, "gate", "attest", "O.4", *LOCAL, *ANNA, code=ExitCode.USAGE)
    assert "Wachtman" not in wrong.out + wrong.err
    with inside(rehearsed):
        typed("status", cwd=rehearsed)
    path = ledger_path(rehearsed, "local")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for other in rehearsed.rglob("*"):
        if other.is_file() and other != path and "archive" not in other.parts:
            assert b"Wachtman" not in other.read_bytes(), other


def test_the_plan_of_a_decision_is_noted_in_its_run(rehearsed: Path) -> None:
    """With the digest that was printed: a cut ledger is found by it."""
    said(rehearsed)
    shown = decided(rehearsed, "go", *ANNA, "--json").document
    noted = json.loads((rehearsed / "runs/local/002/gate.json").read_bytes())
    (one,) = noted["decisions"]
    assert (one["number"], one["digest"]) == (shown["line"]["number"], shown["line"]["digest"])
    assert shown["whole"] is True
    assert shown["line"]["plan"] == read_binding(rehearsed / "runs/local/002").plan
    path = ledger_path(rehearsed, "local")
    lines = path.read_bytes().splitlines(keepends=True)[:-1]
    path.write_bytes(b"".join(lines))
    digest = given(rehearsed, "gate", "verify", str(path), "--json").document["head"]
    path.with_suffix(".head").write_text(json.dumps({"number": len(lines), "digest": digest}))
    cut = given(rehearsed, "gate", "verify", *LOCAL, code=ExitCode.FORGED)
    assert f"Regel {one['number']} is niet het besluit dat run 002 noteerde." in cut.err


def test_a_ledger_is_checked_with_nothing_but_the_file(rehearsed: Path, tmp_path: Path) -> None:
    """Anywhere; whose key it is, a person says."""
    said(rehearsed)
    decided(rehearsed, "go", *ANNA)
    alone = Path(shutil.copy(ledger_path(rehearsed, "local"), tmp_path / "elsewhere.ndjson"))
    document = given(tmp_path, "gate", "verify", str(alone), "--json").document
    key = document["key"]
    given(tmp_path, "gate", "verify", str(alone), "--thumbprint", key)
    other = given(
        tmp_path, "gate", "verify", str(alone), "--thumbprint", "other", code=ExitCode.FORGED
    )
    assert f"ondertekend met sleutel {key}, niet met de verwachte." in other.err
    content = alone.read_bytes()
    alone.write_bytes(content[:-1])
    half = given(tmp_path, "gate", "verify", str(alone), code=ExitCode.FORGED)
    assert "Het register eindigt met een halve regel." in half.err
    alone.write_bytes(content.replace(b"e", b"f", 1))
    changed = given(tmp_path, "gate", "verify", str(alone), code=ExitCode.FORGED)
    assert "Regel 1 is niet wat is ondertekend: hij is veranderd." in changed.err
    assert f"{alone}:1" in changed.err
    alone.write_bytes(b"")
    given(tmp_path, "gate", "verify", str(alone), code=ExitCode.SOURCE)


def test_half_a_line_of_a_crash_is_said_and_counts_for_nothing(rehearsed: Path) -> None:
    """The gate goes on, and the half goes with the next line."""
    path = ledger_path(rehearsed, "local")
    with path.open("ab") as out:
        out.write(b'{"jws":"abc')
    assert "eindigt met een halve regel" in given(rehearsed, "gate", "verify", *LOCAL).out
    shown = given(rehearsed, "gate", "attest", "O.1", *LOCAL, *ANNA)
    assert "eindigt met een halve regel" in shown.out
    assert "halve regel" not in given(rehearsed, "gate", "verify", *LOCAL).out


def test_a_person_may_sign_with_a_key_of_their_own(rehearsed: Path, tmp_path: Path) -> None:
    """The ledger keeps both signatures."""
    new_signer(tmp_path / "anna.pem")
    key = ("--key", str(tmp_path / "anna.pem"))
    made = given(rehearsed, "gate", "attest", "O.1", *LOCAL, *ANNA, *key, "--json").document
    assert made["lines"][0]["countersigned"].count(".") == 2
    given(rehearsed, "gate", "verify", *LOCAL)
    missing = given(rehearsed, "gate", "attest", "O.1", *LOCAL, *ANNA, "--key", "none.pem", code=3)
    assert "De sleutel om mee te ondertekenen is er niet." in missing.err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("pre", "--env", "mgr2"), 2, "De omgeving mgr2 heeft geen gate."),
        (("pre", "--env", "other"), 2, "Er is geen omgeving other."),
        (("pre", "--env", "prd2"), 2, "Er is nog geen plan voor prd2."),
        (("attest", "O.4", *LOCAL, *ANNA), 2, "O.4 wordt gemeten"),
        (("attest", "O.55", *LOCAL, *ANNA), 2, "De gate heeft geen punt O.55."),
        (("attest", "O.5", *LOCAL, *BEN), 2, "Een it-deelnemer kan O.5 niet verklaren."),
        (("attest", "O.5", "Q.1", *LOCAL, *ANNA), 2, "Deze punten zijn van twee gates."),
        (("attest", "O.5", *LOCAL, *ANNA, "--valid", "5"), 2, "Dit is geen tijdsduur."),
        (("attest", "O.5", *LOCAL, *ANNA, "--valid", "8d"), 2, "geldt hoogstens 7 dagen."),
        (("attest", "O.5", *LOCAL, *ANNA[:3], "baas"), 2, "Het draaiboek kent deze rol niet."),
        (("decide", "maybe", "--gate", "pre", *LOCAL, *ANNA), 2, "Een besluit is go of no-go."),
        (("decide", "go", "--gate", "x", *LOCAL, *ANNA), 2, "Een gate is pre of post."),
        (("verify",), 2, "Eén van de twee: een bestand, of een omgeving."),
        (("verify", "x", *LOCAL), 2, "Eén van de twee: een bestand, of een omgeving."),
        (("verify", "none"), 4, "Er is geen register, of er staat niets in."),
        (("verify", "--env", "prd2"), 4, "Er is geen register, of er staat niets in."),
    ],
)
def test_what_cannot_be_says_why(made: Path, words: tuple[str, ...], code: int, said: str) -> None:
    """In Dutch, with what to do; nothing is written."""
    before = ledger_path(made, "local").read_bytes()
    done = given(made, "gate", *words, code=code)
    assert said in done.err
    assert "doe  : " in done.err
    assert ledger_path(made, "local").read_bytes() == before


def test_another_environment_of_the_folder_is_no_reason(rehearsed: Path) -> None:
    """What local and mgr2 share stands in the way, and is said."""
    local, other = (rehearsed / "configs" / f"{env}.yaml" for env in ("local", "mgr2"))
    client = re.search(r"client_id: (\S+)", local.read_text())
    assert client is not None
    other.write_text(re.sub(r"client_id: \S+", f"client_id: {client[1]}", other.read_text()))
    document = given(rehearsed, "gate", "pre", *LOCAL, "--json", code=ExitCode.NO_GO).document
    verdicts = {p["id"]: p["verdict"] for p in document["points"]}
    assert (verdicts["B.5"], verdicts["B.6"]) == ("not-met", "not-met")


def test_in_english(rehearsed: Path) -> None:
    """All of the screen."""
    shown = typed("--lang", "en", "gate", "pre", *LOCAL, cwd=rehearsed).out
    assert "Quality gate before (draaiboek O) · local/002" in shown
    assert "✓ met" in shown
    assert "gehaald" not in shown
    assert "Nobody gave GO for local yet." in shown
