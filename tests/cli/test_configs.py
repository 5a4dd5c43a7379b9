"""config check: a table per environment, every mistake with its places, and exit code 3."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from certifying import certificate, kept, key_pem
from inside import Done, typed

CHECK = ("config", "check")


def change(folder: Path, env: str, old: str, new: str) -> None:
    """Edit an environment's file, as a person does."""
    path = folder / "configs" / f"{env}.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def crossed(folder: Path) -> None:
    """Let three environments share things, in four ways."""
    change(folder, "mgr2", "kid: mgr2-1", "kid: acc21-1")
    change(folder, "prd2", "fill-in-for-prd2", "geheim-1")
    change(folder, "mgr2", "fill-in-for-mgr2", "geheim-1")
    change(folder, "prd2", "prd2.koppeltaal.nl", "mgr2.koppeltaal.nl")
    change(folder, "acc22", "keys/acc22.pem", "keys/local.pem")


def english(folder: Path, *more: str) -> Done:
    """Check a folder, and say it in English."""
    return typed("--lang", "en", *CHECK, *more, cwd=folder)


def test_a_fresh_folder_passes_with_what_is_left_to_do(workspace: Path) -> None:
    """Exit code 0; each environment with its role in the words of Bijlage A."""
    done = typed(*CHECK, cwd=workspace)

    assert done.code == 0
    for role in (
        "deze machine",
        "A ontwikkeling",
        "B acceptatie en ketentest",
        "C proefmigratie",
        "D productie",
    ):
        assert role in done.out
    assert "Let op: De sleutel van mgr2 is er nog niet." in done.out
    assert "De omgevingen zijn uit elkaar gehouden" in done.out


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_the_screen_is_eighty_columns_wide(workspace: Path, lang: str) -> None:
    """But for places, which can be copied whole."""
    crossed(workspace)
    kept(workspace / "certs" / "acc21.pem", certificate("acc21"))
    kept(workspace / "keys" / "acc21-tls.pem", key_pem("acc21"))
    line = "certificate: {file: certs/acc21.pem, key: keys/acc21-tls.pem}\nclient_id: "
    change(workspace, "acc21", "client_id: ", line)

    done = typed("--lang", lang, *CHECK, cwd=workspace)

    where = ("  waar: ", "  where: ")
    assert all(len(x) <= 80 for x in done.out.split("\n") if not x.startswith(where))


def test_every_mistake_is_told_with_both_places_and_is_exit_code_3(workspace: Path) -> None:
    """All of them; no command uses an environment that has one."""
    crossed(workspace)

    done = english(workspace)

    assert done.code == 3
    for what in (
        "mgr2 and prd2 share a client_id",
        "acc21 and mgr2 share a kid",
        "mgr2 and prd2 share a host",
        "local and acc22 share a key",
    ):
        before, _, after = done.out.partition(f"Error: The environments {what}.\n")
        assert before
        assert [row.startswith("  where: configs/") for row in after.split("\n")[:3]] == [
            True,
            True,
            False,
        ]
    assert "4 mistakes and " in done.out
    for env in ("local", "acc22", "mgr2", "prd2", "acc21"):
        assert typed("plan", "--env", env, cwd=workspace).code == 3


def test_the_same_in_one_document(workspace: Path) -> None:
    """Per environment what it is, and every mistake; text goes to stderr."""
    crossed(workspace)

    done = english(workspace, "--json")
    document = done.document

    assert done.code == 3
    assert document["passed"] is False
    assert [(e["environment"], e["role"]) for e in document["environments"]] == [
        ("local", None),
        ("acc21", "A"),
        ("acc22", "B"),
        ("mgr2", "C"),
        ("prd2", "D"),
    ]
    local, prd2 = document["environments"][0], document["environments"][4]
    assert local["key"]["kept"] == "file"
    assert len(local["key"]["thumbprint"]) == 43
    assert local["limits"]["max_in_flight"] == 32
    assert (prd2["file"], prd2["fhir_base_url"]) == ("configs/prd2.yaml", None)
    assert {mistake["code"] for mistake in document["mistakes"]} == {
        "shared-client-id",
        "shared-kid",
        "shared-host",
        "shared-key",
    }
    assert all(len(mistake["places"]) == 2 for mistake in document["mistakes"])
    assert {warning["code"] for warning in document["warnings"]} == {"template-value", "key-absent"}
    assert "share a key" in done.err


def test_a_certificate_shows_its_fingerprint_and_its_end(workspace: Path) -> None:
    """By the clock of this machine: within thirty days it is warned of, after it it is wrong."""
    today = datetime.now(UTC)  # noqa: TID251  # the shell's clock is what is tried
    kept(workspace / "keys" / "tls.pem", key_pem("mgr2"))
    line = "certificate: {file: certs/mgr2.pem, key: keys/tls.pem}\nclient_id: "
    change(workspace, "mgr2", "client_id: ", line)
    for days, code, said in ((20, 0, "Warning"), (-2, 3, "Error"), (60, 0, "")):
        ends = today + timedelta(days=days)
        kept(
            workspace / "certs" / "mgr2.pem",
            certificate("mgr2", begins=today - timedelta(days=400), ends=ends),
        )

        done = english(workspace, "--json")

        mgr2 = done.document["environments"][3]
        assert done.code == code
        assert mgr2["certificate"]["ends"].startswith(f"{ends:%Y-%m-%d}")
        assert len(mgr2["certificate"]["fingerprint"]) == 64
        assert f"valid until {ends:%Y-%m-%d}" in done.err
        assert (f"{said}: The certificate of mgr2 end" in done.err) == bool(said)


def test_it_writes_nothing_and_talks_to_nobody(workspace: Path) -> None:
    """No file changes, and no connection is made."""
    before = {path: path.stat().st_mtime_ns for path in workspace.rglob("*")}

    with patch.object(socket.socket, "connect", side_effect=AssertionError):
        assert typed(*CHECK, cwd=workspace).code == 0

    assert {path: path.stat().st_mtime_ns for path in workspace.rglob("*")} == before


def test_what_a_key_is_made_of_is_shown_nowhere(workspace: Path) -> None:
    """Not a line of it, not an argument of the program that gives it, not a password."""
    pem = (workspace / "keys" / "local.pem").read_text("utf-8")
    change(workspace, "mgr2", "file: keys/mgr2.pem", "command: [cat, keys/geheim-local.pem]")
    kept(workspace / "keys" / "geheim-local.pem", pem.encode())
    change(
        workspace, "prd2", "client_id: ", f'client_secret: "{pem[100:140].strip()}"\nclient_id: '
    )

    for more in ((), ("--json",)):
        done = english(workspace, *more)

        assert done.code == 3
        shown = done.out + done.err
        assert "share a key" in shown
        assert "A secret stands in the file itself." in shown
        for line in (*pem.strip().split("\n"), pem[100:140].strip(), "geheim-local"):
            assert line not in shown


def test_keys_new_and_jwks_go_on_as_they_were(workspace: Path) -> None:
    """A key where its file says, for its owner only; its public half with its kid."""
    made = typed("keys", "new", "--env", "mgr2", cwd=workspace)
    jwks = typed("keys", "jwks", "--env", "mgr2", cwd=workspace)

    assert (made.code, jwks.code) == (0, 0)
    assert (workspace / "keys" / "mgr2.pem").stat().st_mode & 0o777 == 0o600
    assert [key["kid"] for key in jwks.document["keys"]] == ["mgr2-1"]
    assert typed("keys", "new", "--env", "mgr2", cwd=workspace).code == 3
