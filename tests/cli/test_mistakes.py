"""What a person does wrong is said in three lines: what, where, what to do. Never a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inside import typed
from kt_migrate.errors import ExitCode

Spoil = Callable[[Path], None]
OURS = "schema: kt-migrate-domain/1\ndomain: EXAMPLE\n"


def writes(name: str, content: str | bytes) -> Spoil:
    """Return who puts this in a file of the working folder, whatever was there."""

    def spoil(folder: Path) -> None:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def replaces(name: str, old: str, new: str) -> Spoil:
    """Return who changes a word in a file of the working folder."""

    def spoil(folder: Path) -> None:
        text = (folder / name).read_text("utf-8")
        assert old in text
        (folder / name).write_text(text.replace(old, new), "utf-8")

    return spoil


def removes(name: str) -> Spoil:
    """Return who takes a file or folder away."""

    def spoil(folder: Path) -> None:
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()

    return spoil


def makes(name: str) -> Spoil:
    """Return who makes a folder."""
    return lambda folder: (folder / name).mkdir()


def both(first: Spoil, second: Spoil) -> Spoil:
    """Return who does the one, then the other."""

    def spoil(folder: Path) -> None:
        first(folder)
        second(folder)

    return spoil


def opens(name: str) -> Spoil:
    """Return who lets everybody read a file."""
    return lambda folder: (folder / name).chmod(0o644)


RUN = "runs/local/001/"
LOCAL = "configs/local.yaml"
EMPTY_BOOK = b"PK\x05\x06" + bytes(18)
MISTAKES: list[tuple[str, Spoil | None, str, ExitCode]] = [
    ("kt-migrate.yaml is empty", writes("kt-migrate.yaml", ""), "plan", ExitCode.CONFIGURATION),
    ("kt-migrate.yaml is a list", writes("kt-migrate.yaml", "- a"), "plan", ExitCode.CONFIGURATION),
    ("kt-migrate.yaml has a tab", writes("kt-migrate.yaml", "a:\n\tb"), "plan", ExitCode.CONFIGURATION),
    ("kt-migrate.yaml is a picture", writes("kt-migrate.yaml", b"\x89PNG\xff\0"), "plan", ExitCode.CONFIGURATION),
    ("kt-migrate.yaml is a folder", both(removes("kt-migrate.yaml"), makes("kt-migrate.yaml")), "plan", ExitCode.CONFIGURATION),
    ("kt-migrate.yaml is gone", removes("kt-migrate.yaml"), "status", ExitCode.CONFIGURATION),
    ("an unknown word", writes("kt-migrate.yaml", OURS + "archive: [a]\n"), "plan", ExitCode.CONFIGURATION),
    ("a key twice", writes("kt-migrate.yaml", OURS + "domain: B\n"), "plan", ExitCode.CONFIGURATION),
    ("no archive named", writes("kt-migrate.yaml", OURS + "archives: []\n"), "inspect", ExitCode.SOURCE),
    ("an archive that is not there", writes("kt-migrate.yaml", OURS + "archives: [none/]\n"), "inspect", ExitCode.SOURCE),
    ("an archive that is not there, named", None, "inspect none", ExitCode.SOURCE),
    ("an empty archive", both(removes("archive"), makes("archive")), "plan", ExitCode.SOURCE),
    ("no configs/local.yaml", removes(LOCAL), "plan", ExitCode.CONFIGURATION),
    ("another environment's file", replaces(LOCAL, "environment: local", "environment: acc21"), "plan", ExitCode.CONFIGURATION),
    ("an address of elsewhere", replaces(LOCAL, "127.0.0.1", "fhir.example"), "plan", ExitCode.CONFIGURATION),
    ("a port that is no number", replaces(LOCAL, "127.0.0.1:", "127.0.0.1:x"), "sandbox", ExitCode.CONFIGURATION),
    ("a port that is too high", replaces(LOCAL, "127.0.0.1:", "127.0.0.1:9"), "sandbox", ExitCode.CONFIGURATION),
    ("an address in a broken bracket", replaces(LOCAL, "http://127.0.0.1:", "http://[:"), "plan", ExitCode.CONFIGURATION),
    ("no key", removes("keys/local.pem"), "verify", ExitCode.CONFIGURATION),
    ("a key that others may read", opens("keys/local.pem"), "verify", ExitCode.CONFIGURATION),
    ("a key that is none", writes("keys/local.pem", "x"), "keys jwks", ExitCode.CONFIGURATION),
    ("a key that is there already", None, "keys new --env local", ExitCode.CONFIGURATION),
    ("an algorithm that is not there", None, "algorithm check none", ExitCode.CONFIGURATION),
    ("an algorithm that is a folder", None, "algorithm check archive", ExitCode.CONFIGURATION),
    ("an algorithm of nonsense", writes("mine.yaml", "{"), "algorithm check mine.yaml", ExitCode.CONFIGURATION),
    ("an algorithm with an unknown rule", writes("mine.yaml", "schema: kt-migrate-algorithm/1\nname: a\nversion: '1'\ntypes: 7\n"), "plan --algorithm mine.yaml", ExitCode.CONFIGURATION),
    ("an algorithm that extends itself", writes("mine.yaml", "schema: kt-migrate-algorithm/1\nname: a\nversion: '1'\nextends: mine.yaml\n"), "algorithm check mine.yaml", ExitCode.CONFIGURATION),
    ("an enrichment that is not there", None, "plan --enrichment none.csv", ExitCode.CONFIGURATION),
    ("an enrichment without columns", writes("e.csv", "a,b\n1,2\n"), "plan --enrichment e.csv", ExitCode.CONFIGURATION),
    ("an enrichment that is empty", writes("e.csv", ""), "plan --enrichment e.csv", ExitCode.CONFIGURATION),
    ("an enrichment that is no text", writes("e.csv", b"\xff\xfe\0"), "plan --enrichment e.csv", ExitCode.CONFIGURATION),
    ("an enrichment with an endless value", writes("e.csv", "link,field,value\nurn:a,email," + "x" * 140_000), "plan --enrichment e.csv", ExitCode.CONFIGURATION),
    ("a workbook that is none", writes("e.xlsx", "x"), "plan --enrichment e.xlsx", ExitCode.CONFIGURATION),
    ("a workbook that is an empty zip", writes("e.xlsx", EMPTY_BOOK), "plan --enrichment e.xlsx", ExitCode.CONFIGURATION),
    ("an environment that is none", None, "verify --env prod", ExitCode.USAGE),
    ("an environment without a plan", None, "errors list --env acc21", ExitCode.USAGE),
    ("a run that is none", None, "verify --run 9", ExitCode.USAGE),
    ("a run that is a path", None, "report --run ../001", ExitCode.USAGE),
    ("a trial on production", None, "trial --env prd2", ExitCode.USAGE),
    ("a password of nowhere", None, "plan --password-fd 99", ExitCode.USAGE),
    ("a command that is none", None, "migrate", ExitCode.USAGE),
    ("an option that is none", None, "plan --fast", ExitCode.USAGE),
    ("an option without its value", None, "plan --env", ExitCode.USAGE),
    ("a word where a number is asked", None, "sandbox --error-every often", ExitCode.USAGE),
    ("a number that cannot be", None, "sandbox --search-limit -1", ExitCode.USAGE),
    ("a language that is none", None, "--lang de status", ExitCode.USAGE),
    ("no environment at all", None, "trial", ExitCode.USAGE),
    ("a folder that is none", None, "status --domain-dir none", ExitCode.CONFIGURATION),
    ("a working folder that is there already", None, "init EXAMPLE --dir .", ExitCode.CONFIGURATION),
    ("a working folder where a file is", None, "init NEW --dir kt-migrate.yaml/new", ExitCode.CONFIGURATION),
    ("a working folder in place of a file", None, "init NEW --dir kt-migrate.yaml", ExitCode.CONFIGURATION),
    ("a domain that cannot be one", None, "init a/b --dir new", ExitCode.USAGE),
    ("an export where a file is", None, "sandbox export kt-migrate.yaml", ExitCode.CONFIGURATION),
    ("an export of nothing", removes(".sandbox"), "sandbox export out", ExitCode.CONFIGURATION),
    ("a store that is none", writes(".sandbox/store.sqlite", "x" * 9_999), "sandbox export out", ExitCode.CONFIGURATION),
    ("runs that are a file", writes("runs", ""), "plan", ExitCode.CONFIGURATION),
    ("a plan that is none", writes(RUN + "plan.sqlite", "x" * 9_999), "status", ExitCode.JOURNAL),
    ("a run that nobody works on", None, "control pause", ExitCode.NOT_RUNNING),
    ("a rate that is none", None, "control rate nan", ExitCode.USAGE),
    ("a rate below nothing", None, "trial --env local --rate -1", ExitCode.USAGE),
    ("a rate that is no number", None, "trial --env local --rate nan", ExitCode.USAGE),
    ("nothing at once", None, "trial --env local --max-in-flight 0", ExitCode.USAGE),
    ("a plan that is gone", removes(RUN + "plan.sqlite"), "report --run 1", ExitCode.JOURNAL),
    ("a journal that is none", writes(RUN + "journal.sqlite", "x" * 9_999), "errors list", ExitCode.JOURNAL),
    ("a binding that is none", writes(RUN + "binding.json", "x"), "trial --env local", ExitCode.JOURNAL),
    ("a verdict that is none", writes(RUN + "verify.json", "x"), "report", ExitCode.JOURNAL),
    ("a verdict of something else", writes(RUN + "verify.json", "{}"), "report", ExitCode.JOURNAL),
    ("a verdict of another kind", writes(RUN + "verify.json", "[]"), "errors list", ExitCode.JOURNAL),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "line", "code"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES]
)
def test_a_mistake_is_said_and_never_a_traceback(
    tried: Path, spoil: Spoil | None, line: str, code: ExitCode
) -> None:
    """An error that nobody took would come through `typed`, and fail here."""
    if spoil is not None:
        spoil(tried)

    done = typed(*line.split(), cwd=tried)

    assert done.code == code, done
    assert done.out == ""
    if code != ExitCode.USAGE or done.err.startswith("Fout"):
        what, where, fix = done.err.splitlines()[-3:]
        assert done.err.startswith("Fout: ")
        assert len(what) > 10
        assert where.startswith("  waar: ")
        assert fix.startswith("  doe  : ")
        assert len(fix) > 15


def test_the_same_in_english(tried: Path) -> None:
    """On request."""
    done = typed("--lang", "en", "verify", "--run", "9", cwd=tried)

    assert done.code == ExitCode.USAGE
    assert done.err.splitlines()[0] == "Error: There is no such run."
