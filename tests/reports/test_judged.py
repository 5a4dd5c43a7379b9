"""What people said of samples, put together for the gate and the error list."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judged_scene import judged
from kt_migrate.errors import JournalError, RunLockedError
from kt_migrate.reports.judged import (
    CODE,
    Judged,
    Verdict,
    held,
    judged_facts,
    judged_issues,
    read_judged,
    write_judged,
)


def said(of: Judged, *verdicts: Verdict | None) -> Judged:
    """Say something of each dossier."""
    for dossier, verdict in zip(of.dossiers, verdicts, strict=True):
        of = of.with_judgement(replace(dossier, verdict=verdict, by="A. Oordeelaar"))
    return of


def folder_of(root: Path, *samples: Judged) -> Path:
    """Return a run folder with samples."""
    folder = root / "local" / "001"
    folder.mkdir(parents=True, exist_ok=True)
    for one in samples:
        write_judged(folder, one)
    return folder


G, W, U = Verdict.GOOD, Verdict.WRONG, Verdict.UNSURE


@given(st.lists(st.sampled_from([None, G, W, U]), min_size=1, max_size=6))
def test_only_a_sample_of_which_all_are_good_is_good(verdicts: list[Verdict | None]) -> None:
    """And each verdict counts once."""
    found = said(judged(len(verdicts)), *verdicts)

    assert found.good is (set(verdicts) == {G})
    assert sum(found.count(one) for one in (None, *Verdict)) == len(verdicts)


def test_no_dossier_is_no_pass() -> None:
    """None of none."""
    assert not judged(0).good


def test_what_was_written_is_what_is_read(tmp_path: Path) -> None:
    """Every verdict, with who and when."""
    first, second = said(judged(3), G, W, None), said(judged(2, seed="t"), G, G)
    folder = folder_of(tmp_path, first, second)

    assert set(read_judged(folder)) == {first, second}


def facts(root: Path, *samples: Judged, now: str = "1.0", plan: str = "p") -> dict[str, object]:
    """Return what some samples come to."""
    with patch("kt_migrate.reports.judged.written_at", return_value=now):
        found = judged_facts(folder_of(root, *samples), plan)
    assert found is not None
    names = ("wrong", "unsure", "unjudged", "good", "population", "fewer_than", "stale")
    return {name: getattr(found, name) for name in names}


def test_all_samples_of_a_run_count_together(tmp_path: Path) -> None:
    """A seed that goes well takes nothing away of one that did not."""
    good = said(judged(25, of=1_000, seed="t"), *[G] * 25)
    wrong = said(judged(3), G, W, U)
    half = said(judged(2, seed="u"), G, None)

    assert facts(tmp_path, good, wrong, half) == {
        "wrong": 1,
        "unsure": 1,
        "unjudged": 1,
        "good": 25,
        "population": 1_000,
        "fewer_than": 12,
        "stale": False,
    }


def test_the_sample_that_proves_most_is_told(tmp_path: Path) -> None:
    """Of two that are good."""
    small, large = said(judged(5, of=1_000), *[G] * 5), said(judged(60, 1_000, seed="t"), *[G] * 60)

    assert facts(tmp_path, small, large)["fewer_than"] == 5
    assert facts(tmp_path, small, large)["good"] == 60


@pytest.mark.parametrize("changed", [{"now": "2.0"}, {"plan": "other"}])
def test_what_is_of_another_plan_or_of_before_a_write_no_longer_counts(
    tmp_path: Path, changed: dict[str, str]
) -> None:
    """Neither a yes nor a no."""
    found = facts(tmp_path, said(judged(2), G, W), **changed)

    assert (found["stale"], found["wrong"], found["good"]) == (True, 0, 0)


@pytest.mark.parametrize("other", [{"run": "002"}, {"env": "mgr2"}])
def test_a_sample_of_another_run_does_not_count(tmp_path: Path, other: dict[str, str]) -> None:
    """A file that was copied says nothing of this one."""
    assert facts(tmp_path, said(judged(2, **other), G, G))["stale"]  # type: ignore[arg-type]  # names


def test_what_nobody_said_anything_of_is_nothing(tmp_path: Path) -> None:
    """A page that was only looked at."""
    assert judged_facts(folder_of(tmp_path, judged(2)), "p") is None


def test_only_a_sample_that_is_whole_proves_something(tmp_path: Path) -> None:
    """Of one with a dossier that nobody judged no figure is told."""
    found = facts(tmp_path, said(judged(60, 1_000), *[G] * 59, None))

    assert (found["good"], found["population"], found["fewer_than"]) == (0, 0, 100)


def test_what_is_signed_is_about_every_sample(tmp_path: Path) -> None:
    """Digest and rules, of those that are not good too."""
    other = said(judged(1, seed="t"), U)
    changed = other.with_judgement(replace(other.dossiers[0], rules=("q",)))
    with patch("kt_migrate.reports.judged.written_at", return_value="1.0"):
        found = [
            judged_facts(folder_of(tmp_path / str(n), said(judged(2), G, G), one), "p")
            for n, one in enumerate((other, changed, changed))
        ]
    first, second, again = (one for one in found if one is not None)

    assert first.digest != second.digest == again.digest
    assert second.rules == ("q", "r")


def test_beside_a_sample_that_counts_others_are_nothing(tmp_path: Path) -> None:
    """One that was only looked at, and one of before the last write."""
    good = said(judged(2), G, G)
    found = facts(tmp_path, good, judged(3, seed="t"), said(judged(2, seed="u", written="0"), W, U))

    assert found == facts(tmp_path / "alone", good)
    assert (found["good"], found["stale"]) == (2, False)


def test_what_is_wrong_is_a_line_of_the_error_list(tmp_path: Path) -> None:
    """By its link, once, whichever sample says so; nothing of its remark."""
    samples = (said(judged(3), G, W, U), said(judged(3, seed="t"), None, W, G))
    folder = folder_of(tmp_path, *samples)
    with (
        patch("kt_migrate.reports.judged.written_at", return_value="1.0"),
        patch("kt_migrate.reports.judged.read_binding") as binding,
    ):
        binding.return_value.plan = "p"
        (issue,) = judged_issues(folder)

    assert (issue.code, issue.link, issue.detail) == (CODE, samples[0].dossiers[1].link, "")


def test_a_file_of_another_form_stops(tmp_path: Path) -> None:
    """Whatever else is right about it."""
    folder = folder_of(tmp_path, judged(1))
    (path,) = (folder / "judged").iterdir()
    path.write_bytes(path.read_bytes().replace(b"kt-migrate-judged/1", b"kt-migrate-judged/2"))
    with pytest.raises(JournalError):
        read_judged(folder)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"schema": "kt-migrate-judged/2"}'])
def test_a_file_that_cannot_be_read_stops(tmp_path: Path, content: str) -> None:
    """It is neither a yes nor nothing."""
    folder = folder_of(tmp_path, judged(1))
    (path,) = (folder / "judged").iterdir()
    path.write_text(content)
    with pytest.raises(JournalError):
        read_judged(folder)


@pytest.mark.parametrize(
    "changed",
    [
        {"strata": (("alone", "migrated", 100, 3),)},
        {"strata": (("alone", "migrated", 1, 2),)},
        {"strata": (("alone", "rejected", 100, 2),)},
        {"strata": (("alone", "migrated", 100, 2), ("people", "migrated", 5, 7))},
        {"dossiers": judged(1).dossiers * 2},
    ],
)
def test_a_sample_that_is_not_what_it_says_it_drew_stops(
    tmp_path: Path, changed: dict[str, Any]
) -> None:
    """Else one dossier could prove what twenty-five do."""
    sample: Any = replace(judged(2), **changed)
    folder = folder_of(tmp_path, sample)
    with pytest.raises(JournalError):
        read_judged(folder)


def test_what_was_said_is_on_disk_before_it_has_its_name(tmp_path: Path) -> None:
    """For its owner alone, from its first byte; what a crash left before does not stand in the way."""
    folder = folder_of(tmp_path)
    (folder / "judged").mkdir()
    path = folder / "judged" / judged(1).name
    path.with_suffix(".unfinished").write_text("half")
    seen: list[tuple[int, int, bool]] = []

    def synced(handle: int) -> None:
        found = os.fstat(handle)
        seen.append((stat.S_IMODE(found.st_mode), found.st_size, path.exists()))

    with patch("kt_migrate.reports.judged.os.fsync", synced):
        write_judged(folder, judged(1))

    assert seen == [(0o600, path.stat().st_size, False)]
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_who_reads_sees_what_was_said_before_or_after_and_nothing_between(tmp_path: Path) -> None:
    """A file takes the place of the one before it whole."""
    folder = folder_of(tmp_path)
    path = write_judged(folder, judged(2))
    before = path.read_bytes()
    with path.open("rb") as open_one:
        write_judged(folder, said(judged(2), G, W))

        assert open_one.read() == before
    assert path.read_bytes() != before


def test_one_process_at_a_time_judges_a_run(tmp_path: Path) -> None:
    """Each writes all that was said of a sample: two would undo each other's verdicts."""
    folder = folder_of(tmp_path)
    with held(folder), pytest.raises(RunLockedError), held(folder):
        pass
    with held(folder):
        assert stat.S_IMODE((folder / "judged").stat().st_mode) == 0o700


def test_every_sample_has_a_file_of_its_own(tmp_path: Path) -> None:
    """Of another seed, or of another number: none takes the place of another."""
    samples = (judged(2), judged(2, seed="t"), judged(2, asked=3), judged(2, seed="s 2"))
    folder = folder_of(tmp_path, *samples)

    assert len(read_judged(folder)) == len(samples)
    assert write_judged(folder, judged(2)) == write_judged(folder, judged(2, read="later"))


def test_a_verdict_is_of_one_dossier() -> None:
    """The others keep what was said of them."""
    of = judged(3)
    found = of.with_judgement(replace(of.dossiers[1], verdict=Verdict.WRONG))

    assert [one.verdict for one in found.dossiers] == [None, Verdict.WRONG, None]
    assert [one.link for one in found.dossiers] == [one.link for one in of.dossiers]
