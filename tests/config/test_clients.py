"""Several clients in one environment, several suppliers in one domain: who writes what."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from config.editing import change, refusal
from inside import typed
from kt_migrate.config import (
    WRITABLE,
    Claim,
    Environment,
    check,
    claim_of,
    claimant,
    find_workspace,
    load_environment,
)
from kt_migrate.errors import ExitCode
from kt_migrate.kt2.keys import key_of

NOW = datetime(2026, 11, 26, tzinfo=UTC)
PORTAL = """
  - name: portal
    client_id: client-portal
    key: {file: keys/portal.pem, kid: portal-1, algorithm: ES384}
    writes: [CareTeam, "Task sender:PORTAAL"]
"""
GAME = """
  - name: game
    client_id: client-game
    key: {file: keys/game.pem, kid: game-1, algorithm: ES384}
    writes: ["sender:SPEL"]
"""


def with_clients(folder: Path, text: str, name: str = "local") -> None:
    """Give an environment other clients, whatever it had."""
    path = folder / "configs" / f"{name}.yaml"
    lines = [li for li in path.read_text("utf-8").split("\n") if not li.startswith("credentials")]
    path.write_text("\n".join([*lines, f"credentials:{text}"]), "utf-8")


def keyed(folder: Path, *names: str) -> None:
    """Make keys."""
    for name in names:
        path = folder / "keys" / f"{name}.pem"
        path.write_bytes(ECKey.generate_key("P-384").as_pem(private=True))
        path.chmod(0o600)


def environment_of(folder: Path) -> Environment:
    """Return the environment of these tests."""
    return load_environment(find_workspace(folder), "local")


def test_each_object_has_one_client_and_what_nobody_claims_is_the_environments_own(
    folder: Path,
) -> None:
    """By type and sender before sender before type; a sender that nobody knows is nobody's."""
    with_clients(folder, PORTAL + GAME)
    claims = environment_of(folder).claims

    assert claimant(claims, "CareTeam", "EPD") == "portal"
    assert claimant(claims, "CareTeam", "SPEL") == "game"
    assert claimant(claims, "Task", "PORTAAL") == "portal"
    assert claimant(claims, "Task", "EPD") is None
    assert claimant(claims, "Patient", "") is None


@given(
    st.sampled_from(WRITABLE), st.sampled_from(["A", "B", ""]), st.permutations(["t", "s", "both"])
)
def test_the_claim_that_says_most_wins_in_whatever_order_they_stand(
    r4_type: str, sender: str, order: list[str]
) -> None:
    """And it is never a claim that is not about the object."""
    claims = {"t": Claim("Task", ""), "s": Claim("", "A"), "both": Claim("Task", "A")}
    found = claimant([(name, claims[name]) for name in order], r4_type, sender)

    if sender == "A":
        assert found == ("both" if r4_type == "Task" else "s")
    else:
        assert found == ("t" if r4_type == "Task" else None)


@pytest.mark.parametrize("text", ["Task", "sender:EPD", "Task sender:EPD", "sender:a: b sender:c"])
def test_a_claim_is_read_as_it_is_said(text: str) -> None:
    """Whatever a sender is called."""
    assert str(claim_of(text)) == text


@pytest.mark.parametrize("text", ["", " ", "sender:", "Tasks", "task", "Task EPD", "sender: x"])
def test_what_is_no_claim_is_refused(text: str) -> None:
    """Not passed over: somebody would think that it counts."""
    with pytest.raises(ValueError, match=r"give a type|the type must be"):
        claim_of(text)


def test_each_client_enters_with_its_own_key(folder: Path) -> None:
    """The other settings are the environment's."""
    with_clients(folder, PORTAL)
    keyed(folder, "portal")
    environment = environment_of(folder)

    portal = environment.as_client("portal")
    assert environment.as_client("") is environment
    assert (portal.client_id, portal.base) == ("client-portal", environment.base)
    assert environment.client_ids == {environment.client_id, "client-portal"}
    workspace = find_workspace(folder)
    assert key_of(workspace, portal).thumbprint() != key_of(workspace, environment).thumbprint()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[CareTeam,", '["sender:SPEL", CareTeam,', "portal and game both write sender:SPEL"),
        ("name: game", "name: portal", "there are two credentials portal"),
        ('writes: ["sender:SPEL"]', "writes: []", "writes: expected at least 1"),
        ("writes: [Care", "writes: [Zorg", "the type must be one of ActivityDefinition"),
    ],
)
def test_two_clients_for_one_object_are_refused(
    folder: Path, old: str, new: str, said: str
) -> None:
    """Nobody could say which one writes."""
    with_clients(folder, (PORTAL + GAME).replace(old, new))

    assert said in refusal(folder, "local").what


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("client-game", "client-portal", "client_id"),
        ("game-1", "portal-1", "kid"),
        ("keys/game.pem", "keys/portal.pem", "key"),
        ("client-game", "kt-migrate-local", "client_id"),
        ("keys/game.pem", "keys/local.pem", "key"),
    ],
)
def test_two_clients_of_an_environment_share_nothing(
    folder: Path, old: str, new: str, what: str
) -> None:
    """With each other, or with the environment's own."""
    with_clients(folder, (PORTAL + GAME).replace(old, new))
    keyed(folder, "portal", "game")

    assert f"Two clients of local share a {what}." in refusal(folder, "local").what


def test_two_environments_share_no_client_of_either(folder: Path) -> None:
    """Bijlage B, for each of them."""
    with_clients(folder, PORTAL)
    change(folder, "mgr2", "fill-in-for-mgr2", "client-portal")

    error = refusal(folder, "local")

    assert error.what == "The environments local and mgr2 share a client_id."


def test_the_check_shows_each_client(folder: Path) -> None:
    """With its thumbprint, and what it writes; a key that is not there yet is warned of."""
    with_clients(folder, PORTAL + GAME)
    keyed(folder, "portal")

    done = typed("config", "check", "--json", cwd=folder)
    checked = check(find_workspace(folder), NOW)

    local = next(side for side in done.document["environments"] if side["environment"] == "local")
    portal, game = local["credentials"]
    assert portal["client_id"] == "client-portal"
    assert portal["writes"] == ["CareTeam", "Task sender:PORTAAL"]
    assert portal["key"]["thumbprint"]
    assert game["key"]["thumbprint"] is None
    assert "portal" in done.err
    assert [w.code for w in checked.warnings if w.code == "key-absent"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{others: {Spel: [Task]}}", "zeg onder ours hoe wij zelf heten"),
        ("{ours: Spel, others: {Spel: [Task]}}", "wij zijn niet een van de anderen"),
        ("{ours: A, others: {B: [Task], C: [Task]}}", "B en C brengen allebei Task"),
        ("{ours: 'a b'}", "hier hoort een tekst van de vorm"),
    ],
)
def test_suppliers_are_held_apart(folder: Path, text: str, said: str) -> None:
    """Who brings what is said once."""
    path = folder / "kt-migrate.yaml"
    path.write_text(path.read_text("utf-8") + f"\nsuppliers: {text}\n", "utf-8")

    done = typed("config", "check", cwd=folder)

    assert done.code == ExitCode.CONFIGURATION
    assert said in json.dumps(done.err)
