"""All environments together: what is shared or crossed is named with both places, all at once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certifying import NOW, certificate, ending_in, kept, key_pem
from config.editing import change, place, places, refusal
from kt_migrate.config import Checked, Mistake, check, find_workspace, load_environment
from kt_migrate.config.apart import shared
from kt_migrate.config.mistakes import Fact, Side
from kt_migrate.kt2.keys import key_of

Edit = Callable[[Path], None]


def checked(folder: Path) -> Checked:
    """Check a working folder, at a moment of ours."""
    return check(find_workspace(folder), NOW)


def codes(mistakes: tuple[Mistake, ...]) -> list[str]:
    """Return of what kind they are."""
    return [mistake.code for mistake in mistakes]


def give_keys(folder: Path, **contents: bytes) -> None:
    """Put keys where the files of environments say that they lie, of the kind that they say."""
    for name, content in contents.items():
        kept(folder / "keys" / f"{name}.pem", content)
        change(folder, name, "algorithm: RS512", "algorithm: ES384")


def certify(folder: Path, name: str, whose: str, by: str = "ca", key: str = "") -> None:
    """Give an environment a client certificate."""
    kept(folder / "certs" / f"{name}.pem", certificate(whose, by))
    kept(folder / "keys" / f"{name}-tls.pem", key_pem(key or whose))
    add(folder, name, f"certificate: {{file: certs/{name}.pem, key: keys/{name}-tls.pem}}")


def add(folder: Path, name: str, line: str) -> None:
    """Write a line more in the file of an environment."""
    path = folder / "configs" / f"{name}.yaml"
    path.write_text(path.read_text("utf-8") + line + "\n", "utf-8")


def test_a_fresh_folder_has_no_mistake_and_says_what_is_left_to_do(folder: Path) -> None:
    """Clients to fill in, keys to make; of four environments, in their order."""
    found = checked(folder)

    assert found.mistakes == ()
    assert codes(found.warnings) == ["key-absent", "template-value"] * 4
    assert [side.name for side in found.sides] == ["local", "acc21", "acc22", "mgr2", "prd2"]
    assert found.warnings[0].places == (place(folder, "acc21", "file"),)
    assert found.warnings[1].places == (place(folder, "acc21", "client_id"),)
    assert found.warnings[0].fix == "Make it with kt-migrate keys new --env acc21."
    assert [len(side.thumbprint) for side in found.sides] == [43, 0, 0, 0, 0]


def test_nothing_is_written(folder: Path) -> None:
    """Not even a folder."""
    before = sorted(folder.rglob("*"))

    checked(folder)

    assert sorted(folder.rglob("*")) == before


def shared_client(folder: Path) -> None:
    """One client for two."""
    change(folder, "mgr2", "fill-in-for-mgr2", "een")
    change(folder, "prd2", "fill-in-for-prd2", "een")


def shared_kid(folder: Path) -> None:
    """One name for two keys."""
    change(folder, "prd2", "kid: prd2-1", "kid: mgr2-1")


def shared_key(folder: Path) -> None:
    """One key, copied."""
    give_keys(folder, mgr2=key_pem("een"), prd2=b"# kopie\n" + key_pem("een"))


def linked_key(folder: Path) -> None:
    """One key, by a link."""
    give_keys(folder, mgr2=key_pem("een"))
    (folder / "keys" / "prd2.pem").symlink_to("mgr2.pem")
    change(folder, "prd2", "algorithm: RS512", "algorithm: ES384")


def shared_keyring(folder: Path) -> None:
    """One entry of the keyring."""
    for name in ("mgr2", "prd2"):
        change(folder, name, f"file: keys/{name}.pem", "keyring: {service: kt, user: geheim}")


def shared_command(folder: Path) -> None:
    """One program."""
    for name in ("mgr2", "prd2"):
        change(folder, name, f"file: keys/{name}.pem", "command: [pass, geheim]")


def shared_certificate(folder: Path) -> None:
    """One certificate, copied."""
    certify(folder, "mgr2", "een")
    certify(folder, "prd2", "een")
    (folder / "keys" / "prd2-tls.pem").write_bytes(b"\n" + key_pem("een"))


def shared_certificate_key(folder: Path) -> None:
    """Two certificates of one key."""
    certify(folder, "mgr2", "een")
    kept(folder / "certs" / "prd2.pem", certificate("twee", key="een"))
    kept(folder / "keys" / "prd2-tls.pem", key_pem("een"))
    add(folder, "prd2", "certificate: {file: certs/prd2.pem, key: keys/prd2-tls.pem}")


def key_is_certificates(folder: Path) -> None:
    """A key that logs in here, and is a certificate's there."""
    give_keys(folder, mgr2=key_pem("een"))
    certify(folder, "prd2", "een")


def shared_host(folder: Path) -> None:
    """The address of another environment."""
    change(folder, "prd2", "https://prd2.koppeltaal.nl", "https://mgr2.koppeltaal.nl")


def shared_login(folder: Path) -> None:
    """One login for two."""
    for name in ("mgr2", "prd2"):
        add(folder, name, "token_host: login.example")


def login_of_another(folder: Path) -> None:
    """A login at a host that is another's by its name."""
    add(folder, "mgr2", "token_host: login.prd2.koppeltaal.nl")


SHARED: list[tuple[Edit, dict[str, tuple[str, str]]]] = [
    (shared_client, {"shared-client-id": ("client_id", "client_id")}),
    (shared_kid, {"shared-kid": ("kid", "kid")}),
    (shared_key, {"shared-key": ("file", "file")}),
    (linked_key, {"shared-key": ("file", "file")}),
    (shared_keyring, {"shared-keyring-entry": ("keyring", "keyring")}),
    (shared_command, {"shared-command": ("command", "command")}),
    (
        shared_certificate,
        {"shared-certificate": ("certificate", "certificate"), "shared-key": (" key", " key")},
    ),
    (shared_certificate_key, {"shared-key": (" key", " key")}),
    (key_is_certificates, {"shared-key": ("file", " key")}),
    (shared_host, {"shared-host": ("fhir_base_url", "fhir_base_url")}),
    (shared_login, {"shared-host": ("token_host", "token_host")}),
    (login_of_another, {"shared-host": ("token_host", "fhir_base_url")}),
]


def _at(folder: Path, name: str, key: str) -> str:
    """Return the place of a key; of a certificate's file and key, those of theirs."""
    if key not in {"certificate", " key"}:
        return place(folder, name, key)
    lines = (folder / "configs" / f"{name}.yaml").read_text("utf-8").split("\n")
    ((number, line),) = [(n, t) for n, t in enumerate(lines, 1) if t.startswith("certificate:")]
    found = line.index("file:" if key == "certificate" else "key:")
    return f"configs/{name}.yaml:{number}:{found + 1}"


@pytest.mark.parametrize(("edit", "expected"), SHARED)
def test_what_two_environments_share_is_named_with_both_places(
    folder: Path, edit: Edit, expected: dict[str, tuple[str, str]]
) -> None:
    """And neither of the two is used by any command; what it is, is not shown."""
    edit(folder)

    found = [mistake for mistake in checked(folder).mistakes if len(mistake.environments) == 2]

    assert {mistake.code: mistake.places for mistake in found} == {
        code: (_at(folder, "mgr2", mine), _at(folder, "prd2", theirs))
        for code, (mine, theirs) in expected.items()
    }
    assert len(found) == len(expected)
    for mistake in found:
        assert "geheim" not in mistake.what
        assert mistake.environments == ("mgr2", "prd2")
        for name, other in (("mgr2", "prd2"), ("prd2", "mgr2")):
            error = refusal(folder, name)
            if edit in {shared_host, login_of_another}:  # its file is wrong by itself
                assert error.where.startswith("configs/")
                assert " share a " not in error.what
            else:
                assert f"The environments {name} and {other} share a " in error.what
                assert f"configs/{name}.yaml" in error.where
                assert f", configs/{other}.yaml" in error.where


def test_every_mistake_is_told_at_once(folder: Path) -> None:
    """Also of a file that is not right otherwise."""
    shared_client(folder)
    shared_kid(folder)
    shared_host(folder)
    change(folder, "prd2", "error_share: 0.05", "error_share: 5")
    change(folder, "acc21", "algorithm: RS512", "algorithm: RS256")
    change(folder, "local", "127.0.0.1", "mgr2.koppeltaal.nl")

    found = checked(folder).mistakes

    assert sorted(codes(found)) == [
        "file",
        "file",
        "shared-client-id",
        "shared-host",
        "shared-host",
        "shared-host",
        "shared-kid",
    ]
    assert {mistake.places for mistake in found if mistake.code == "file"} == {
        (place(folder, "acc21", "algorithm"),),
        (place(folder, "prd2", "error_share"),),
    }
    assert all(len(mistake.places) == 2 for mistake in found if mistake.code != "file")


def test_of_one_environment_a_command_says_all_that_is_wrong(folder: Path) -> None:
    """A line each; the places are those of the first."""
    shared_client(folder)
    shared_kid(folder)

    error = refusal(folder, "prd2")

    assert error.what.split("\n") == [
        "The environments prd2 and mgr2 share a client_id.",
        "The environments prd2 and mgr2 share a kid.",
    ]
    assert error.where == places(folder, "prd2", "mgr2", "client_id")


def test_what_others_share_does_not_stop_a_third(folder: Path) -> None:
    """It is listed, and mgr2 can go on."""
    change(folder, "prd2", "kid: prd2-1", "kid: acc21-1")

    assert codes(checked(folder).mistakes) == ["shared-kid"]
    assert load_environment(find_workspace(folder), "mgr2").environment == "mgr2"


def test_a_ca_may_be_shared(folder: Path) -> None:
    """It says whom to trust, and is nobody's secret."""
    kept(folder / "certs" / "ca.pem", certificate("ca"))
    for name in ("mgr2", "prd2"):
        add(folder, name, "ca_bundle: certs/ca.pem")

    found = checked(folder)

    assert found.mistakes == ()
    assert [len(side.trusted) for side in found.sides] == [0, 0, 0, 1, 1]


def test_a_local_file_that_names_a_real_host_names_both_files(folder: Path) -> None:
    """The host is mgr2's, by its name."""
    change(folder, "local", "127.0.0.1", "mgr2.koppeltaal.nl")

    (mistake,) = checked(folder).mistakes

    assert mistake.places == tuple(
        place(folder, name, "fhir_base_url") for name in ("local", "mgr2")
    )
    assert "local is this machine only" in refusal(folder, "local").what


def test_a_key_from_a_program_is_held_against_the_files_when_it_is_used(folder: Path) -> None:
    """No command runs another environment's program; it needs its own."""
    give_keys(folder, mgr2=key_pem("een"), prd2=key_pem("een"))
    change(folder, "prd2", "file: keys/prd2.pem", "command: [cat, keys/prd2.pem]")
    environment = load_environment(find_workspace(folder), "prd2")

    with pytest.raises(Exception, match="prd2 and mgr2 share a key"):
        key_of(find_workspace(folder), environment)
    assert codes(checked(folder).mistakes) == ["shared-key"]


@pytest.mark.parametrize(
    ("limit", "value", "other", "higher"),
    [
        ("max_in_flight", "17", "16", True),
        ("max_in_flight", "16", "16", False),
        ("per_second", "61", "60", True),
        ("per_second", "0", "60", True),
        ("per_second", "60", "0", False),
        ("error_share", "0.06", "0.05", True),
        ("errors_in_a_row", "0", "20", True),
        ("errors_in_a_row", "19", "20", False),
    ],
)
def test_a_limit_of_production_that_was_not_tried_is_warned_of(
    folder: Path, limit: str, value: str, other: str, *, higher: bool
) -> None:
    """With both places; no limit at all is higher than any."""
    for name, said in (("prd2", value), ("mgr2", other)):
        change(
            folder,
            name,
            "limits: {max_in_flight: 16, per_second: 60, error_share: 0.05}",
            f"limits: {{{limit}: {said}}}",
        )

    found = [w for w in checked(folder).warnings if w.code == "limit-untried"]

    assert len(found) == higher
    if higher:
        assert ", ".join(found[0].places) == places(folder, "prd2", "mgr2", limit)


@pytest.mark.parametrize(
    ("begins", "ends", "wrong", "odd"),
    [
        (-400, -0.01, ["certificate-ended"], []),
        (-400, 0.01, [], ["certificate-ends-soon"]),
        (-400, 29.9, [], ["certificate-ends-soon"]),
        (-400, 30.1, [], []),
        (0.01, 400, ["certificate-not-begun"], []),
        (-0.01, 400, [], []),
    ],
)
def test_how_long_a_certificate_is_valid_is_judged_by_the_clock_that_is_given(
    folder: Path, begins: float, ends: float, wrong: list[str], odd: list[str]
) -> None:
    """Thirty days before its end it is warned of."""
    certify(folder, "mgr2", "een")
    content = certificate("een", "ca", ending_in(begins), ending_in(ends))
    kept(folder / "certs" / "mgr2.pem", content)

    found = checked(folder)

    assert codes(found.mistakes) == wrong
    assert [code for code in codes(found.warnings) if code.startswith("certificate")] == odd
    for mistake in (*found.mistakes, *found.warnings):
        if mistake.code.startswith("certificate"):
            assert mistake.places == (_at(folder, "mgr2", "certificate"),)


def test_an_environment_without_a_file_is_passed_over(folder: Path) -> None:
    """Not every supplier has all of them."""
    (folder / "configs" / "acc21.yaml").unlink()

    assert [side.name for side in checked(folder).sides] == ["local", "acc22", "mgr2", "prd2"]


def test_a_file_that_is_no_yaml_is_one_mistake(folder: Path) -> None:
    """And the others are checked all the same."""
    shared_client(folder)
    (folder / "configs" / "acc21.yaml").write_text("a: [", "utf-8")

    assert sorted(codes(checked(folder).mistakes)) == ["file", "shared-client-id"]


FACTS = st.lists(
    st.builds(
        Fact, st.sampled_from("ab"), st.sampled_from("xyz"), st.text("0123456789", max_size=3)
    ),
    max_size=4,
)


@given(st.lists(FACTS, min_size=2, max_size=4))
def test_whoever_is_asked_first_the_same_is_shared(facts: list[list[Fact]]) -> None:
    """A crossing names one place of each of two sides, that both have the same thing."""
    sides = [
        Side(
            name=f"e{n}",
            facts=tuple(Fact(f.what, f.value, f"{n}:{f.where}") for f in each),
            places={},
        )
        for n, each in enumerate(facts)
    ]

    found = shared(sides)

    pairs = {(m.code, frozenset(m.places)) for m in found}
    assert pairs == {(m.code, frozenset(m.places)) for m in shared(sides[::-1])}
    assert len(pairs) == len(found)
    assert pairs == {
        (f"shared-{a.what}", frozenset((a.where, b.where)))
        for n, mine in enumerate(sides)
        for theirs in sides[n + 1 :]
        for a in mine.facts
        for b in theirs.facts
        if (a.what, a.value) == (b.what, b.value)
    }


def test_a_copied_working_folder_is_as_apart_as_the_first(folder: Path, tmp_path: Path) -> None:
    """What is compared is what is in it, not where it lies."""
    give_keys(folder, mgr2=key_pem("een"))
    shutil.copytree(folder, tmp_path / "kopie", symlinks=True)

    assert checked(tmp_path / "kopie").mistakes == ()
