"""A secret comes from a file of ours alone, a keyring or a program; never from YAML, and is never shown."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked

from certifying import NOW, certificate, kept, key_pem
from config.editing import change, place, refusal
from kt_migrate.config import check, find_workspace, load_environment, secrets
from kt_migrate.config.mistakes import Mistake
from kt_migrate.errors import ConfigurationError
from kt_migrate.kt2.keys import key_of, new_key_of

OTHERS = (0o640, 0o604, 0o660, 0o610, 0o601, 0o644)


class Ring(KeyringBackend):
    """A keyring in memory."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring's own
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        """Give what is kept."""
        if self.locked:
            raise KeyringLocked
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        if self.locked:
            raise KeyringLocked
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        del self.kept[service, username]


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Ring:
    """Return the keyring that the tests' machine has."""
    made = Ring()
    monkeypatch.setattr(keyring, "get_keyring", lambda: made)
    monkeypatch.setattr(keyring.core, "get_keyring", lambda: made)
    return made


def mistakes(folder: Path) -> tuple[Mistake, ...]:
    """Return what a check of all finds."""
    return check(find_workspace(folder), NOW).mistakes


def thumbprint(folder: Path, name: str) -> str:
    """Return the thumbprint of an environment's key, as a check sees it."""
    (side,) = (s for s in check(find_workspace(folder), NOW).sides if s.name == name)
    return side.thumbprint


def used(folder: Path, name: str = "mgr2") -> str:
    """Return the thumbprint of the key with which a command would log in."""
    workspace = find_workspace(folder)
    return key_of(workspace, load_environment(workspace, name)).thumbprint()


def in_file(folder: Path, mode: int = 0o600) -> Path:
    """Let mgr2 have its key in a file."""
    change(folder, "mgr2", "algorithm: RS512", "algorithm: ES384")
    return kept(folder / "keys" / "mgr2.pem", key_pem("een"), mode)


def in_ring(folder: Path) -> None:
    """Let mgr2 have its key in the keyring."""
    change(folder, "mgr2", "file: keys/mgr2.pem", "keyring: {service: kt-migrate, user: mgr2}")
    change(folder, "mgr2", "algorithm: RS512", "algorithm: ES384")


def by_program(folder: Path, script: str, *arguments: str) -> None:
    """Let mgr2 have its key from a program."""
    program = folder / "give.py"
    program.write_text(textwrap.dedent(script), "utf-8")
    words = ", ".join(f'"{word}"' for word in (sys.executable, "give.py", *arguments))
    change(folder, "mgr2", "file: keys/mgr2.pem", f"command: [{words}]")
    change(folder, "mgr2", "algorithm: RS512", "algorithm: ES384")


@pytest.mark.parametrize("mode", OTHERS)
@pytest.mark.parametrize("which", ["key", "certificate"])
def test_a_secret_that_others_may_read_is_refused_with_its_fix(
    folder: Path, mode: int, which: str
) -> None:
    """By every command, and listed by the check; of a certificate it is the key that counts."""
    path = in_file(folder)
    if which == "certificate":
        kept(folder / "certs" / "mgr2.pem", certificate("twee"), 0o644)
        path = kept(folder / "keys" / "tls.pem", key_pem("twee"))
        line = "certificate: {file: certs/mgr2.pem, key: keys/tls.pem}\nclient_id: "
        change(folder, "mgr2", "client_id: ", line)
    assert mistakes(folder) == ()
    path.chmod(mode)

    (mistake,) = mistakes(folder)

    error = refusal(folder, "mgr2")
    assert (mistake.what, mistake.fix) == (error.what, error.fix)
    assert error.what == "Others on this machine may read the private key."
    assert error.fix == f"chmod 600 {path}"
    assert mistake.places[1] == str(path)
    assert mistake.places[0].startswith("configs/mgr2.yaml:")


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_secret_for_us_alone_is_used(folder: Path, mode: int) -> None:
    """Or stricter."""
    in_file(folder, mode)

    assert mistakes(folder) == ()
    assert used(folder) == thumbprint(folder, "mgr2") != ""


def test_a_secret_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who owns it can change it, and can read it whatever its mode says."""
    in_file(folder)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)

    error = refusal(folder, "mgr2")

    assert error.what == "The private key belongs to another user of this machine."


def test_a_link_to_a_key_of_our_own_is_followed(folder: Path, tmp_path: Path) -> None:
    """It is what the link leads to that counts: its mode, and whose it is."""
    in_file(folder).rename(tmp_path / "elders.pem")
    (folder / "keys" / "mgr2.pem").symlink_to(tmp_path / "elders.pem")
    assert mistakes(folder) == ()
    (tmp_path / "elders.pem").chmod(0o640)

    assert refusal(folder, "mgr2").fix.startswith("chmod 600 ")


def test_a_key_that_waits_for_somebody_is_not_waited_for(folder: Path) -> None:
    """A named pipe is no file."""
    in_file(folder).unlink()
    os.mkfifo(folder / "keys" / "mgr2.pem", 0o600)

    assert "The private key is not there." in refusal(folder, "mgr2").what


def test_what_is_no_key_is_a_mistake(folder: Path) -> None:
    """Also when it has a key's name."""
    in_file(folder).write_bytes(b"geheim")

    (mistake,) = mistakes(folder)

    assert mistake.what == "This is no private key in PEM, or it has a password."
    assert mistake.places == (place(folder, "mgr2", "file"),)


def test_a_key_of_another_kind_than_its_algorithm_is_a_mistake(folder: Path) -> None:
    """ES384 is for EC, RS512 for RSA."""
    in_file(folder)
    change(folder, "mgr2", "algorithm: ES384", "algorithm: RS384")

    (mistake,) = mistakes(folder)

    assert mistake.what == "The private key does not fit the algorithm RS384."
    assert mistake.places == (place(folder, "mgr2", "file"), place(folder, "mgr2", "algorithm"))


def test_a_key_in_the_keyring_is_used(folder: Path, ring: Ring) -> None:
    """Its entry is named in the file, its content nowhere."""
    in_ring(folder)
    ring.kept["kt-migrate", "mgr2"] = key_pem("een").decode()

    assert mistakes(folder) == ()
    assert used(folder) == thumbprint(folder, "mgr2") != ""


def test_a_new_key_goes_into_the_keyring_once(folder: Path, ring: Ring) -> None:
    """Nothing comes on disk, and a key that is there is not overwritten."""
    in_ring(folder)
    workspace = find_workspace(folder)
    environment = load_environment(workspace, "mgr2")

    new_key_of(workspace, environment)

    made = dict(ring.kept)
    assert list(made) == [("kt-migrate", "mgr2")]
    assert used(folder)
    assert not (folder / "keys" / "mgr2.pem").exists()
    with pytest.raises(ConfigurationError, match="not overwritten"):
        new_key_of(workspace, environment)
    assert ring.kept == made


@pytest.mark.parametrize("locked", [True, False])
def test_a_keyring_that_gives_nothing_is_said(folder: Path, ring: Ring, *, locked: bool) -> None:
    """Locked, or without the entry; the place in the file is named."""
    in_ring(folder)
    ring.locked = locked

    (mistake,) = mistakes(folder)

    assert mistake.what == "The keyring does not give the key."
    assert mistake.places == (place(folder, "mgr2", "keyring"),)
    with pytest.raises(ConfigurationError, match="does not give the key"):
        used(folder)
    assert load_environment(find_workspace(folder), "mgr2").environment == "mgr2"


def test_without_the_library_it_is_said_how_to_get_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An extra, for who has a keyring."""
    in_ring(folder)
    monkeypatch.setitem(sys.modules, "keyring", None)

    (mistake,) = mistakes(folder)

    assert mistake.fix == "Install it: pip install 'kt-migrate[keyring]'."
    workspace = find_workspace(folder)
    with pytest.raises(ConfigurationError, match="not installed"):
        new_key_of(workspace, load_environment(workspace, "mgr2"))


GIVE = """
import pathlib, sys
sys.stderr.write("geheim op stderr")
sys.stdout.buffer.write(pathlib.Path(sys.argv[1]).read_bytes())
"""


def test_a_key_from_a_program_is_used(
    folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Run in the working folder, without a shell; what it says besides is not shown."""
    kept(tmp_path / "een; touch shell.pem", key_pem("een"))
    by_program(folder, GIVE, str(tmp_path / "een; touch shell.pem"))

    assert mistakes(folder) == ()
    assert used(folder) == thumbprint(folder, "mgr2") != ""
    out, err = capfd.readouterr()
    assert out == err == ""


def test_no_program_is_run_to_use_another_environment(folder: Path) -> None:
    """Nor for one's own, until the key is needed."""
    by_program(folder, "open('ran', 'w').close()")
    for name in ("mgr2", "prd2", "local"):
        load_environment(find_workspace(folder), name)
    used(folder, "local")

    assert not (folder / "ran").exists()
    assert mistakes(folder)[0].what == "This is no private key in PEM, or it has a password."
    assert (folder / "ran").exists()


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("import sys; print('geheim'); sys.exit('geheim')", "ended with 1."),
        ("print('geheim' * 20_000)", "printed more than 65536 bytes."),
        ("import time; print('geheim', flush=True); time.sleep(60)", "took longer than 0 seconds."),
        (
            "import os, sys, time\nprint('geheim', flush=True)\nif os.fork(): sys.exit(0)\ntime.sleep(3)",
            "took longer than 0 seconds.",
        ),
        (
            "import os, time\nos.close(1)\ntime.sleep(60)",
            "took longer than 0 seconds.",
        ),
    ],
    ids=["fails", "says too much", "takes too long", "leaves a child", "stays"],
)
def test_a_program_that_gives_no_key_is_refused_and_not_repeated(
    folder: Path, monkeypatch: pytest.MonkeyPatch, script: str, what: str
) -> None:
    """Bounded in time and size; its words may hold the secret."""
    monkeypatch.setattr(secrets, "COMMAND_SECONDS", 0.4 if "sleep" in script else 30.0)
    by_program(folder, script)

    with pytest.raises(ConfigurationError) as caught:
        used(folder)

    error = caught.value
    assert error.what == f"The program that gives the key {what}"
    assert error.where == place(folder, "mgr2", "command")
    assert "geheim" not in f"{error.what}{error.where}{error.fix}"
    assert error.__context__ is None or error.__suppress_context__


@pytest.mark.parametrize("program", ["er-is-geen-programma", "./configs", "a\\0b"])
def test_a_program_that_is_not_there_is_said(folder: Path, program: str) -> None:
    """By its place."""
    change(folder, "mgr2", "file: keys/mgr2.pem", f'command: ["{program}"]')

    with pytest.raises(ConfigurationError) as caught:
        used(folder)

    assert caught.value.what == "The program that gives the key cannot be started."
    assert caught.value.where == place(folder, "mgr2", "command")


def test_a_key_that_a_program_gives_is_not_made_here(folder: Path) -> None:
    """It is said where it is."""
    by_program(folder, GIVE)
    workspace = find_workspace(folder)

    with pytest.raises(ConfigurationError, match="comes from a program"):
        new_key_of(workspace, load_environment(workspace, "mgr2"))


PEM = "-----BEGIN PRIVATE KEY-----\\nR2VoZWlt\\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("file: keys/mgr2.pem", f'file: "{PEM}"', "file"),
        ("file: keys/mgr2.pem", f'command: [echo, "{PEM}"]', '"-----BEGIN'),
        ("file: keys/mgr2.pem", 'command: [vault, "--token=R2VoZWlt"]', '"--token'),
        ("file: keys/mgr2.pem", 'command: [vault, "password=R2VoZWlt"]', '"password'),
        ("file: keys/mgr2.pem", "password: R2VoZWlt", "password"),
        ("file: keys/mgr2.pem", "file: keys/mgr2.pem, passphrase: R2VoZWlt", "passphrase"),
        ("client_id: ", "client_secret: R2VoZWlt\nclient_id: ", "client_secret"),
        ("client_id: ", f'ca_bundle: "{PEM}"\nclient_id: ', "ca_bundle"),
        ("client_id: ", f'"{PEM}": R2VoZWlt\nclient_id: ', '"-----BEGIN'),
        (
            "client_id: ",
            "private_key: |\n  -----BEGIN PRIVATE KEY-----\n  R2VoZWlt\nclient_id: ",
            "private_key",
        ),
    ],
)
def test_a_secret_in_the_file_itself_is_refused_and_not_repeated(
    folder: Path, old: str, new: str, key: str
) -> None:
    """Only its place; it says to make another, for this one was not secret."""
    change(folder, "mgr2", old, new)

    (mistake,) = [m for m in mistakes(folder) if m.code == "file"]

    error = refusal(folder, "mgr2")
    assert error.what == mistake.what == "A secret stands in the file itself."
    assert "make a new one" in error.fix
    assert (error.where,) == mistake.places
    line = (
        (folder / "configs" / "mgr2.yaml")
        .read_text("utf-8")
        .split("\n")[int(error.where.split(":")[1]) - 1]
    )
    assert line[int(error.where.split(":")[2]) - 1 :].startswith(key)
    for shown in (error.what, error.where, error.fix):
        assert "R2VoZWlt" not in shown


def test_a_secret_in_the_domains_file_is_refused_too(folder: Path) -> None:
    """Where it is no less readable."""
    with (folder / "kt-migrate.yaml").open("a", encoding="utf-8") as file:
        file.write("password: R2VoZWlt\n")

    with pytest.raises(ConfigurationError) as caught:
        find_workspace(folder)

    assert caught.value.what == "A secret stands in the file itself."


def test_an_application_may_be_called_like_a_secret(folder: Path) -> None:
    """Only a value is one."""
    path = folder / "kt-migrate.yaml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("applications: {}", "applications: {PIN: {endpoint: 'https://pin.example'}}"),
        "utf-8",
    )

    assert "PIN" in find_workspace(folder).domain.applications


@pytest.mark.parametrize(
    "pasted",
    [
        "key: R2VoZWltR2VoZWlt\n",
        "key: {R2VoZWlt" + "R2VoZWlt" * 12 + "}\n",
        "client_id: [R2VoZWlt\n",
        "client_id: 'R2VoZWlt\n",
    ],
)
def test_what_is_pasted_wrongly_is_not_repeated(folder: Path, pasted: str) -> None:
    """Whatever the YAML makes of it; also as a key, when it is too long for one."""
    path = folder / "configs" / "mgr2.yaml"
    lines = path.read_text("utf-8").split("\n")
    path.write_text(
        "\n".join(line for line in lines if not line.startswith("key")) + pasted, "utf-8"
    )

    error = refusal(folder, "mgr2")

    assert "R2VoZWlt" not in f"{error.what}{error.where}{error.fix}"
