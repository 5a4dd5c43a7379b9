"""A plan is bound to all that made it what it is: any change is found, and named."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, fields, replace
from itertools import count
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kt_migrate.archive.manifest import manifest_digest
from kt_migrate.errors import ExitCode, JournalError, PlanStaleError
from kt_migrate.plan.binding import (
    NAMES,
    SCHEMA,
    Binding,
    changed,
    read_binding,
    require_same,
    write_binding,
    write_files,
)

COMPONENTS = [field.name for field in fields(Binding)]
BOUND = Binding(**{name: f"{name}-1" for name in COMPONENTS})
FILES = [("b.xml", "22"), ("a/c.json", "11")]


@given(st.sets(st.sampled_from(COMPONENTS)))
def test_a_difference_in_any_component_is_found_and_named(others: set[str]) -> None:
    """Those that differ, all of them, and no others; either way round."""
    now = replace(BOUND, **dict.fromkeys(others, "other"))
    expected = tuple(name for name in COMPONENTS if name in others)

    assert BOUND.differences(now) == now.differences(BOUND) == expected
    assert set(NAMES) == set(COMPONENTS)


@pytest.mark.parametrize(
    ("mine", "theirs"), [("", ""), ("", "x"), ("x", ""), ("x", "x")], ids=count()
)
def test_a_plan_that_is_not_made_yet_is_no_difference(mine: str, theirs: str) -> None:
    """Of `plan` alone; any other component that is empty differs from one that is not."""
    assert replace(BOUND, plan=mine).differences(replace(BOUND, plan=theirs)) == ()
    assert replace(BOUND, archive="").differences(BOUND) == ("archive",)


@given(st.sets(st.sampled_from(COMPONENTS), min_size=1))
def test_a_plan_of_which_anything_changed_is_refused(others: set[str]) -> None:
    """By names that a person knows, in one order, each with what it was and what it is."""
    now = replace(BOUND, **dict.fromkeys(others, "other"))

    with pytest.raises(PlanStaleError) as caught:
        require_same(BOUND, now, Path("runs/local/001"))

    names = [f"{NAMES[name]} ({name}-1 → other)" for name in COMPONENTS if name in others]
    assert caught.value.what == f"Changed since the plan was made: {', '.join(names)}."
    assert caught.value.where == "runs/local/001"
    assert caught.value.exit_code is ExitCode.PLAN_STALE


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("0a" * 32, "1b" * 32, "(0a0a0a0a0a0a → 1b1b1b1b1b1b)"),
        ("0.11.0", "0.12.0", "(0.11.0 → 0.12.0)"),
        ("", "1b" * 32, "(- → 1b1b1b1b1b1b)"),
        ("g" * 64, "0A" * 32, f"({'g' * 64} → {'0A' * 32})"),
        ("0a" * 31, "0a" * 33, f"({'0a' * 31} → {'0a' * 33})"),
    ],
    ids=count(),
)
def test_it_is_said_from_what_to_what(before: str, after: str, said: str) -> None:
    """Of a digest as many digits as can be held against another; a version is said whole."""
    assert changed("tool", before, after) == f"the version of kt-migrate {said}"


def test_a_plan_of_which_nothing_changed_may_run() -> None:
    """Equal is enough; it need not be the same."""
    require_same(BOUND, replace(BOUND), Path())


@pytest.mark.parametrize("component", ["archive", "plan", ""], ids=count())
def test_a_binding_is_read_as_it_was_written(tmp_path: Path, component: str) -> None:
    """As JSON with its schema, and the manifest as sha256sum checks it; both for its owner only."""
    bound = replace(BOUND, **({component: ""} if component else {}))
    before = os.umask(0)
    try:
        assert write_files(tmp_path, sorted(FILES)) == manifest_digest(FILES)
        write_binding(tmp_path, bound)
    finally:
        os.umask(before)

    assert read_binding(tmp_path) == bound
    content = (tmp_path / "binding.json").read_bytes()
    assert orjson.loads(content) == {"schema": "kt-migrate-binding/1", **asdict(bound)}
    assert content == json.dumps(orjson.loads(content), indent=2).encode() + b"\n"
    assert (tmp_path / "manifest.txt").read_text() == "11  a/c.json\n22  b.xml\n"
    for path in tmp_path.iterdir():
        assert path.name in {"binding.json", "manifest.txt"}
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_binding_appears_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is written beside its name, closed to others, and then takes it: the manifest first."""
    moved = []
    honest = Path.replace

    def watched(self: Path, target: Path) -> Path:
        assert self.stat().st_mode & 0o777 == 0o600
        assert self.read_bytes()
        assert not target.exists()
        moved.append((self.name, target.name))
        return honest(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    write_files(tmp_path, FILES)
    write_binding(tmp_path, BOUND)

    assert moved == [
        ("manifest.unfinished", "manifest.txt"),
        ("binding.unfinished", "binding.json"),
    ]


WHOLE = {"schema": SCHEMA, **asdict(BOUND)}


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (None, "does not say what"),
        (b"", "does not say what"),
        (b"{", "does not say what"),
        (b"[]", "does not say what"),
        (b"\xff", "does not say what"),
        (b"{}", "does not say what"),
        (orjson.dumps(asdict(BOUND)), "does not say what"),
        (orjson.dumps({**WHOLE, "more": "x"}), "does not say what"),
        (orjson.dumps({k: v for k, v in WHOLE.items() if k != "tool"}), "does not say what"),
        (orjson.dumps({**WHOLE, "schema": "kt-migrate-binding/2"}), "another version"),
        (orjson.dumps({**WHOLE, "schema": None}), "another version"),
    ],
    ids=count(),
)
def test_a_binding_that_is_not_ours_is_refused(
    tmp_path: Path, content: bytes | None, what: str
) -> None:
    """Absent, damaged, with more or less in it, or of another version."""
    if content is not None:
        (tmp_path / "binding.json").write_bytes(content)

    with pytest.raises(JournalError) as caught:
        read_binding(tmp_path)

    assert what in caught.value.what
    assert caught.value.where == str(tmp_path / "binding.json")
    assert caught.value.exit_code is ExitCode.JOURNAL


def test_a_name_with_two_spaces_is_one_name(tmp_path: Path) -> None:
    """So does sha256sum part a digest from its name."""
    write_files(tmp_path, [("a  b.xml", "11")])

    with pytest.raises(PlanStaleError, match=r"1 changed \(~\), 0 missing \(-\), 0 extra"):
        require_same(BOUND, replace(BOUND, archive="x"), tmp_path, [("a  b.xml", "22")])
