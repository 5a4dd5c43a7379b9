"""A sample: whole dossiers with all they need, everything shown, the same one again."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kt_migrate.errors import ExitCode, JournalError, UsageError
from kt_migrate.plan.accounts import NOT_DRAWN
from kt_migrate.plan.sampling.asked import Asked, asked_of
from kt_migrate.plan.sampling.choosing import Chosen, Extent, choose
from kt_migrate.plan.sampling.drawing import LEAST, allotted
from kt_migrate.plan.sampling.record import NAME, TABLE, Sample, read_sample
from kt_migrate.plan.sampling.sampled import SampledPlan, planned_in
from kt_migrate.plan.store import Plan
from plan.drawn import Domain, Thing, domains, write_domain

FEW = Asked(percent=5.0, seed="one")


def drawn(folder: Path, asked: Asked = FEW) -> tuple[Sample, set[str], set[str]]:
    """Draw; return the sample, the names of what is written, and of what is rejected."""
    sample = choose(folder, asked, begun=False).sample
    assert sample is not None
    with planned_in(folder) as plan:
        written = {write.key.value for write in plan.writes()}
    with closing(sqlite3.connect(folder / TABLE)) as db:
        rejected = {link for (link,) in db.execute("SELECT link FROM drawn_object")}
    return sample, written, rejected


def shows(things: list[Thing]) -> set[str]:
    """Return what a reader must find in a sample of these."""
    found = set[str]()
    for thing in things:
        if thing.codes:
            found |= {f"{thing.r4_type} rejected {code}" for code in thing.codes}
        else:
            found |= {thing.r4_type, f"{thing.r4_type} {thing.status}"}
            found.add(f"{thing.r4_type} by {thing.event}")
    return found


@settings(max_examples=40, deadline=None)
@given(domains(), st.sampled_from([5.0, 40.0]), st.sampled_from(["one", "two"]))
def test_a_dossier_is_drawn_whole_with_all_it_needs_and_everything_is_shown(
    domain: Domain, percent: float, seed: str
) -> None:
    """No reference leads out of it; whoever reaches a drawn patient is drawn; nothing is missing."""
    with tempfile.TemporaryDirectory() as root:
        write_domain(Path(root), domain)
        sample, written, rejected = drawn(Path(root), Asked(percent=percent, seed=seed))
    patients = {t.name for t in domain.written if t.r4_type == "Patient"}
    for thing in domain.written:
        reached = domain.reached(thing.name)
        if thing.name in written or reached & patients & written:
            assert reached <= written, thing.name
    ours = {t.patient for t in domain.things if t.codes and t.name in rejected} | written
    for thing in domain.things:
        if thing.codes and thing.patient in ours:
            assert thing.name in rejected
    kept = [t for t in domain.things if t.name in written | rejected]
    assert shows(kept) == shows(domain.things)
    assert (sample.writes, sample.rejected) == (len(written), len(rejected))
    assert sample.writes_of == len(domain.written)
    assert sample.rejected_of == len(domain.things) - len(domain.written)


@settings(max_examples=40, deadline=None)
@given(domains(), st.sampled_from([1, 3, 8]))
def test_the_strata_hold_everything_once_and_two_of_each(domain: Domain, patients: int) -> None:
    """What is drawn and what is not adds up; at least what is asked for, at least two of each."""
    with tempfile.TemporaryDirectory() as root:
        write_domain(Path(root), domain)
        sample, written, _rejected = drawn(Path(root), Asked(patients=patients, seed="one"))
    of = {kind: [s for s in sample.strata if s.of == kind] for kind in ("dossiers", "objects")}
    loose = {t.name for t in domain.written if not _patients(domain, t)}

    assert sum(s.population for s in of["dossiers"]) == sample.dossiers_of
    assert sum(s.drawn for s in of["dossiers"]) == sample.dossiers
    assert sample.dossiers >= min(patients, sample.dossiers_of)
    assert sum(s.drawn for s in of["objects"]) == len(loose & written)
    assert sum(s.population for s in of["objects"]) == len(loose)
    assert all(
        min(LEAST, s.population) <= s.drawn <= s.population
        for s in sample.strata[1:]
        if s.of != "rejected"
    )


def _patients(domain: Domain, thing: Thing) -> set[str]:
    return {name for name in domain.reached(thing.name) if name.startswith("patient-")}


@settings(max_examples=30, deadline=None)
@given(domains(most=25))
def test_numbers_and_order_do_not_matter_and_the_seed_does(domain: Domain) -> None:
    """The same objects under other numbers give the same sample; without a seed the plan decides."""
    names = []
    for backwards in (False, True):
        with tempfile.TemporaryDirectory() as root:
            write_domain(Path(root), domain, backwards=backwards)
            names.append(drawn(Path(root))[1:])

    assert names[0] == names[1]


def test_another_seed_draws_others(tmp_path: Path) -> None:
    """And no seed is one that the plan gives: the same each time."""
    domain = Domain([Thing(f"patient-{n:03}", "Patient", 0, "active") for n in range(200)])
    found = []
    for place, seed in enumerate(["a", "b", "", ""]):
        folder = tmp_path / str(place)
        folder.mkdir()
        write_domain(folder, domain)
        found.append(drawn(folder, Asked(percent=10.0, seed=seed)))

    assert found[0][1] != found[1][1]
    assert found[2] == found[3]
    assert {len(one[1]) for one in found} == {20}
    assert found[2][0].seed not in ("", "a", "b")


def test_the_plan_answers_for_what_was_drawn(tmp_path: Path) -> None:
    """Counts, references, totals, issues and books are of the sample; the rest is not drawn."""
    people = [Thing(f"patient-{n:03}", "Patient", 0, "active") for n in range(60)]
    tasks = [Thing(f"t-{n:03}", "Task", 2, "ready", (f"patient-{n:03}",)) for n in range(60)]
    lost = [
        Thing(f"lost-{n:03}", "Task", 0, codes=("value-missing",), patient=f"patient-{n:03}")
        for n in range(20)
    ]
    write_domain(tmp_path, Domain([*people, *tasks, *lost]))
    sample, written, rejected = drawn(tmp_path)
    with planned_in(tmp_path) as plan, Plan(tmp_path / "plan.sqlite") as whole:
        books, total = plan.books(), plan.hash_totals()
        tasks_row = books.per_type()["Task"].as_json()

        assert isinstance(plan, SampledPlan)
        assert plan.count() == len(list(plan.seqs())) == sample.writes < whole.count()
        assert {issue.link for issue in plan.issues()} == rejected
        assert plan.reject_reasons() == {"value-missing": len(rejected)}
        assert books.unbalanced() == ()
        assert tasks_row["rejected"] == len(rejected)
        assert tasks_row["migrated"] == sum(1 for name in written if name.startswith("t-"))
        assert tasks_row["not_drawn"] == 80 - tasks_row["migrated"] - tasks_row["rejected"] > 0
        assert {t: one.count for t, one in total.items()} == {
            "Patient": sum(1 for name in written if name.startswith("patient-")),
            "Task": tasks_row["migrated"],
        }
        assert NOT_DRAWN not in whole.books().as_json()["Task"]
        assert whole.books().unbalanced() == ()


@pytest.mark.parametrize(
    ("sizes", "wanted", "found"),
    [
        ({"a": 80, "b": 20, "c": 3}, 10, {"a": 7, "b": 2, "c": 2}),
        ({"a": 50, "b": 50}, 3, {"a": 2, "b": 2}),
        ({"a": 30, "b": 30, "c": 30}, 10, {"a": 4, "b": 3, "c": 3}),
        ({"a": 1, "b": 9}, 0, {"a": 1, "b": 2}),
        ({"a": 5}, 50, {"a": 5}),
        ({}, 5, {}),
    ],
)
def test_what_is_asked_for_is_divided_by_size(
    sizes: dict[str, int], wanted: int, found: dict[str, int]
) -> None:
    """Two of each at least, all at most, the largest remainder first."""
    assert allotted(sizes, wanted) == found


def _run(folder: Path) -> Path:
    people = [Thing(f"patient-{n:03}", "Patient", 0, "active") for n in range(60)]
    write_domain(folder, Domain(people))
    return folder


def test_a_start_that_repeats_goes_on_with_the_same_sample(tmp_path: Path) -> None:
    """Asked for in the same way, with or without its seed, or only kept."""
    folder = _run(tmp_path)
    first = choose(folder, FEW, begun=False)
    kept = (folder / TABLE).read_bytes()

    assert first.anew
    for wish in (FEW, Asked(percent=5.0), Extent.KEEP):
        assert choose(folder, wish, begun=True) == Chosen(sample=first.sample)
    assert (folder / TABLE).read_bytes() == kept


@pytest.mark.parametrize(
    "asked", [Asked(percent=6.0), Asked(patients=5), Asked(percent=5.0, seed="two")]
)
def test_another_sample_in_the_same_run_is_refused(tmp_path: Path, asked: Asked) -> None:
    """By share, by number, by seed; what was drawn stays."""
    first = choose(_run(tmp_path), FEW, begun=False).sample

    with pytest.raises(UsageError, match="another sample: 5%, seed one"):
        choose(tmp_path, asked, begun=True)
    assert read_sample(tmp_path) == first


def test_a_run_that_was_begun_whole_does_not_become_a_sample(tmp_path: Path) -> None:
    """What was written before the draw would be in no account of it."""
    with pytest.raises(UsageError, match="begun with the whole plan"):
        choose(_run(tmp_path), FEW, begun=True)
    assert not (tmp_path / NAME).exists()


def test_the_whole_lets_go_of_the_sample(tmp_path: Path) -> None:
    """And says of which; then the plan counts whole, and a second time nothing is said."""
    first = choose(_run(tmp_path), FEW, begun=False).sample

    assert choose(tmp_path, Extent.WHOLE, begun=True) == Chosen(widened=first)
    assert choose(tmp_path, Extent.WHOLE, begun=True) == Chosen()
    assert not (tmp_path / NAME).exists()
    assert not (tmp_path / TABLE).exists()
    with planned_in(tmp_path) as plan:
        assert plan.count() == 60
        assert not plan.sampled


def test_what_was_drawn_is_kept_for_nobody_else(tmp_path: Path) -> None:
    """Both files have mode 0600, and no name of a patient's is in sample.json."""
    choose(_run(tmp_path), FEW, begun=False)

    assert [(tmp_path / name).stat().st_mode & 0o777 for name in (NAME, TABLE)] == [0o600, 0o600]
    assert b"patient-0" not in (tmp_path / NAME).read_bytes()


def _without_table(folder: Path) -> None:
    (folder / TABLE).unlink()


def _one_less(folder: Path) -> None:
    _in_table(folder, "DELETE FROM drawn WHERE seq = (SELECT min(seq) FROM drawn)")


def _another(folder: Path) -> None:
    _in_table(
        folder,
        "UPDATE drawn SET seq = (SELECT min(n) FROM (WITH c(n) AS (SELECT 1 UNION ALL SELECT n + 1"
        " FROM c WHERE n < 60) SELECT n FROM c) WHERE n NOT IN (SELECT seq FROM drawn))"
        " WHERE seq = (SELECT min(seq) FROM drawn)",
    )


def _in_table(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / TABLE)) as db, db:
        db.execute(sql)


def _no_table_at_all(folder: Path) -> None:
    (folder / TABLE).write_bytes(b"no database")


def _no_sample(folder: Path) -> None:
    (folder / NAME).write_bytes(b"{}")


def _another_kind(folder: Path) -> None:
    text = (folder / NAME).read_text("ascii")
    (folder / NAME).write_text(text.replace('"writes": ', '"writes": "n", "x": '), "ascii")


def _another_plan(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "plan.sqlite")) as db, db:
        db.execute("INSERT INTO meta VALUES ('other', '')")


@pytest.mark.parametrize(
    "harm",
    [
        _without_table,
        _one_less,
        _another,
        _no_table_at_all,
        _no_sample,
        _another_kind,
        _another_plan,
    ],
)
def test_a_sample_that_is_not_what_was_drawn_is_refused(tmp_path: Path, harm: object) -> None:
    """Never taken for the whole plan, nor for another sample; --whole gets out of it."""
    choose(_run(tmp_path), FEW, begun=False)
    harm(tmp_path)  # type: ignore[operator]

    with pytest.raises(JournalError):
        choose(tmp_path, Extent.KEEP, begun=True)
    choose(tmp_path, Extent.WHOLE, begun=True)
    assert not choose(tmp_path, Extent.KEEP, begun=True).sample


@pytest.mark.parametrize(
    ("sample", "patients", "seed", "found"),
    [
        ("", None, "", None),
        ("5%", None, "", Asked(percent=5.0)),
        ("2,5 %", None, "a", Asked(percent=2.5, seed="a")),
        ("0.1%", None, "", Asked(percent=0.1)),
        ("", 200, "", Asked(patients=200)),
    ],
)
def test_what_is_asked_for(
    sample: str, patients: int | None, seed: str, found: Asked | None
) -> None:
    """A share, a number, or everything."""
    assert asked_of(sample, patients, seed) == found


@pytest.mark.parametrize(
    ("sample", "patients", "seed"),
    [
        ("5", None, ""),
        ("0%", None, ""),
        ("100%", None, ""),
        ("-5%", None, ""),
        ("5%%", None, ""),
        ("5%", 3, ""),
        ("", None, "a"),
        ("5%", None, "a b"),
        ("5%", None, "a" * 65),
    ],
)
def test_what_cannot_be_asked_for(sample: str, patients: int | None, seed: str) -> None:
    """Each with what to do."""
    with pytest.raises(UsageError) as caught:
        asked_of(sample, patients, seed)
    assert caught.value.fix
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize(
    ("asked", "population", "many"),
    [
        (Asked(percent=5.0), 1000, 50),
        (Asked(percent=5.0), 1, 1),
        (Asked(percent=5.0), 21, 2),
        (Asked(patients=200), 30, 30),
        (Asked(patients=200), 3000, 200),
        (Asked(percent=5.0), 0, 0),
    ],
)
def test_how_many_that_is(asked: Asked, population: int, many: int) -> None:
    """One at least, all at most."""
    assert asked.of(population) == many
