"""The ledger is what was signed, or it is found: changed, removed, swapped, added or cut off."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from going import NOON, decision
from kt_migrate.errors import ConfigurationError, ForgedError, KtMigrateError
from kt_migrate.gates.chain import START, add_lines, read_chain
from kt_migrate.gates.keeping import held_ledger, key_path, ledger_path, read_ledger
from kt_migrate.gates.records import Kind, Record, Verdict
from kt_migrate.signing import Signer, new_signer, signer


def point(n: int, env: str = "prd2") -> Record:
    """Return an attestation."""
    return replace(
        decision(env, "p" * 64, at=NOON + timedelta(minutes=n)),
        kind=Kind.ATTESTED,
        verdict=Verdict.MET,
        point=f"O.{n}",
    )


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """Return a working folder with a ledger of five lines."""
    with held_ledger(tmp_path, "prd2") as ledger:
        ledger.add(*(point(n) for n in range(5)))
    return tmp_path


def lines_of(root: Path) -> list[bytes]:
    """Return the ledger's lines."""
    return ledger_path(root, "prd2").read_bytes().splitlines(keepends=True)


def test_what_was_written_comes_back(kept: Path) -> None:
    """In its order, numbered, with digests; in files that are ours alone."""
    chain = read_ledger(kept, "prd2")
    assert [line.record for line in chain.lines] == [point(n) for n in range(5)]
    assert [line.number for line in chain.lines] == [1, 2, 3, 4, 5]
    assert chain.half == 0
    assert chain.thumbprint == signer(key_path(kept)).thumbprint
    files = [*(kept / "gates").iterdir()]
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in files if p.name != "lock"}
    assert modes == {"prd2.ndjson": 0o600, "prd2.head": 0o600}
    assert stat.S_IMODE((kept / "gates").stat().st_mode) == 0o700


def test_each_line_has_the_digest_of_the_one_before(kept: Path) -> None:
    """In what is signed and beside it."""
    chain = read_ledger(kept, "prd2")
    before = [json.loads(text)["prev"] for text in lines_of(kept)]
    assert before == [START, *(line.digest for line in chain.lines[:-1])]


def test_an_environment_has_a_ledger_of_its_own(kept: Path) -> None:
    """Of the other nothing was written."""
    assert read_ledger(kept, "local").lines == ()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a ledger of three lines, to be changed."""
    path = tmp_path_factory.mktemp("whole") / "prd2.ndjson"
    key = Signer(OKPKey.generate_key("Ed25519"))
    add_lines(path, read_chain(path), [point(n) for n in range(3)], key)
    return path


@pytest.mark.property
@given(place=st.integers(min_value=0), other=st.binary(min_size=1, max_size=1))
def test_any_one_byte_changed_is_found(whole: Path, place: int, other: bytes) -> None:
    """With nothing but the file; the line that is named is the one that was changed."""
    content = whole.read_bytes()
    place %= len(content)
    changed = content[:place] + other + content[place + 1 :]
    target = whole.with_name("changed.ndjson")
    target.write_bytes(changed)
    if changed == content:
        return
    number = content[:place].count(b"\n") + 1
    if place == len(content) - 1 and other != b"\n":
        assert read_chain(target).half  # the end of the last line: half a line stands there
        return
    with pytest.raises(ForgedError) as caught:
        read_chain(target)
    assert caught.value.where.endswith(f":{number}")


@pytest.mark.property
@given(order=st.lists(st.integers(0, 2), max_size=4))
def test_lines_removed_swapped_or_doubled_are_found(whole: Path, order: list[int]) -> None:
    """Only a cut end cannot be seen in the file itself."""
    lines = whole.read_bytes().splitlines(keepends=True)
    target = whole.with_name("moved.ndjson")
    target.write_bytes(b"".join(lines[n] for n in order))
    if order == list(range(len(order))):
        assert len(read_chain(target).lines) == len(order)
        return
    first_wrong = next(n for n, line in enumerate(order) if line != n) + 1
    with pytest.raises(ForgedError, match=f"Line {first_wrong} does not follow"):
        read_chain(target)


def test_a_line_of_another_key_is_found(kept: Path) -> None:
    """Though the line itself is right."""
    path = ledger_path(kept, "prd2")
    add_lines(path, read_chain(path), [point(9)], Signer(OKPKey.generate_key("Ed25519")))
    with pytest.raises(ForgedError, match="Line 6 was signed with another key"):
        read_ledger(kept, "prd2")


def test_a_line_of_another_environment_is_found(kept: Path) -> None:
    """A GO for the sandbox is none for production."""
    path = ledger_path(kept, "prd2")
    add_lines(path, read_chain(path), [point(9, "local")], signer(key_path(kept)))
    with pytest.raises(ForgedError, match="Line 6 is of another environment"):
        read_ledger(kept, "prd2")


@pytest.mark.parametrize("left", range(5))
def test_a_cut_end_is_found(kept: Path, left: int) -> None:
    """The head says how many lines there were."""
    ledger_path(kept, "prd2").write_bytes(b"".join(lines_of(kept)[:left]))
    with pytest.raises(ForgedError, match=f"5 lines were written, {left} are there"):
        read_ledger(kept, "prd2")


def test_an_end_that_was_written_anew_is_found(kept: Path) -> None:
    """As many lines, and another last one: the head has its digest."""
    path = ledger_path(kept, "prd2")
    path.write_bytes(b"".join(lines_of(kept)[:4]))
    add_lines(path, read_chain(path), [point(9)], signer(key_path(kept)))
    with pytest.raises(ForgedError, match="end is gone"):
        read_ledger(kept, "prd2")


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b'{"number":"x","digest":""}'])
def test_a_head_that_is_gone_or_damaged_is_found(kept: Path, content: bytes | None) -> None:
    """Without it a cut end would not be seen."""
    head = ledger_path(kept, "prd2").with_suffix(".head")
    head.unlink() if content is None else head.write_bytes(content)
    with pytest.raises(ForgedError, match="gone or damaged"):
        read_ledger(kept, "prd2")


def test_another_key_of_the_folder_is_found(kept: Path) -> None:
    """The whole ledger of somebody else is no ledger of ours."""
    key_path(kept).unlink()
    new_signer(key_path(kept))
    with pytest.raises(ForgedError, match="another key than this working folder's"):
        read_ledger(kept, "prd2")


def test_a_key_that_is_gone_is_not_made_anew(kept: Path) -> None:
    """Nobody could add to the ledger with it."""
    key_path(kept).unlink()
    with pytest.raises(ConfigurationError, match="not there"), held_ledger(kept, "prd2"):
        pass
    assert not key_path(kept).exists()
    assert len(read_ledger(kept, "prd2").lines) == 5


@pytest.mark.parametrize("bytes_left", [1, 40, -1])
def test_half_a_line_counts_for_nothing_and_goes_with_the_next(kept: Path, bytes_left: int) -> None:
    """A crash in the midst of writing: the head was not moved on, the ledger opens."""
    path = ledger_path(kept, "prd2")
    whole = path.read_bytes()
    add_lines(path, read_chain(path), [point(9)], signer(key_path(kept)))
    new = path.read_bytes()[len(whole) :]
    path.write_bytes(whole + new[:bytes_left])

    chain = read_ledger(kept, "prd2")
    assert (len(chain.lines), chain.half) == (5, len(new[:bytes_left]))
    with held_ledger(kept, "prd2") as ledger:
        ledger.add(point(7))
    chain = read_ledger(kept, "prd2")
    assert [line.record.point for line in chain.lines][4:] == ["O.4", "O.7"]
    assert chain.half == 0


def test_a_crash_before_the_head_was_written_leaves_what_was_signed(kept: Path) -> None:
    """The line is whole and ours: it counts."""
    path = ledger_path(kept, "prd2")
    add_lines(path, read_chain(path), [point(9)], signer(key_path(kept)))
    assert len(read_ledger(kept, "prd2").lines) == 6


WRITE = """
import sys
from pathlib import Path
sys.path[:0] = {paths}
from going import NOON, decision
from kt_migrate.gates.keeping import held_ledger
for _ in range(5):
    with held_ledger(Path(sys.argv[1]), "prd2") as ledger:
        ledger.add(decision("prd2", sys.argv[2]))
"""


@pytest.mark.integration
def test_two_at_once_make_one_chain(tmp_path: Path) -> None:
    """Each waits for the other, and the key is made once."""
    paths = [str(Path(__file__).parents[1]), *sys.path]
    program = WRITE.format(paths=repr(paths))
    both = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(n)]) for n in range(2)
    ]
    assert [one.wait() for one in both] == [0, 0]
    chain = read_ledger(tmp_path, "prd2")
    assert sorted(line.record.plan for line in chain.lines) == ["0"] * 5 + ["1"] * 5


def test_a_ledger_that_somebody_holds_for_long_says_so(
    kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not wait for ever."""
    monkeypatch.setattr("kt_migrate.gates.keeping._PAUSE_SECONDS", 0)
    with (
        held_ledger(kept, "prd2"),
        pytest.raises(KtMigrateError, match="Another kt-migrate writes"),
        held_ledger(kept, "prd2"),
    ):
        pass


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "go"},
        {"kind": "decided"},
        {"point": ""},
        {"at": "2026-11-28T12:00:00"},
        {"at": "2026-11-28T12:00:00+01:00"},
        {"gate": "side"},
        {"by": 5},
        {"on": 5},
        {"schema": "other/1"},
    ],
)
def test_a_signed_line_that_is_no_record_is_refused(
    kept: Path, change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key alone does not make it one."""
    path = ledger_path(kept, "prd2")
    chain, made = read_chain(path), Record.as_json
    with monkeypatch.context() as patched:
        if "schema" in change:
            patched.setattr("kt_migrate.gates.chain.SCHEMA", change["schema"])
        else:
            patched.setattr(Record, "as_json", lambda self: made(self) | change)
        add_lines(path, chain, [point(9)], signer(key_path(kept)))
    with pytest.raises(ForgedError, match="Line 6 is not what was signed"):
        read_ledger(kept, "prd2")
