"""One report over all domains: what went wrong most, which rules were changed, time per thousand."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import orjson
import pytest
from openpyxl import load_workbook

from cluster_scene import Scene
from inside import inside, typed
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.cluster.changes import RuleChange
from kt_migrate.cluster.file import Domain, read_cluster
from kt_migrate.cluster.page import cluster_page, write_pages
from kt_migrate.cluster.report import ClusterReport, Worst, cluster_report, write_report
from kt_migrate.cluster.rows import DomainRow, all_together
from kt_migrate.cluster.rules import keep_rules
from kt_migrate.cluster.standing import written_of
from kt_migrate.cluster.tasks import Stage, Step, Task, Work
from kt_migrate.language import shown
from kt_migrate.load.journal import FAILED, ON_SERVER, Journal, State
from kt_migrate.plan.binding import read_binding, write_binding
from kt_migrate.reports.error_list import is_error
from kt_migrate.reports.page.model import Tone
from kt_migrate.reports.result import run_result

OWN = """\
schema: kt-migrate-algorithm/1
name: own
version: "1"
extends: standard
policies: {relationship_missing: other}
"""


@pytest.fixture(scope="module")
def seen(tried_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Return a cluster: A was tried and verified, B only tried, C has nothing."""
    root = tmp_path_factory.mktemp("cluster")
    scene = Scene(root, ("A", "B", "C"))
    for name in scene.names:
        folder = shutil.copytree(tried_workspace, root / name)
        if name == "A":
            with inside(folder):
                assert typed("verify", "--env", "local", cwd=folder).code == 0
        path = folder / "kt-migrate.yaml"
        text = path.read_text("utf-8").replace("domain: EXAMPLE", f"domain: {name}")
        path.write_text(text, "utf-8")
    shutil.rmtree(root / "C" / "runs" / "local")
    scene.write()
    return scene


def reported(scene: Scene, tasks: tuple[Task, ...] = ()) -> ClusterReport:
    """Return the report."""
    return cluster_report(read_cluster(scene.root / "cluster.yaml"), tasks)


def test_of_what_was_only_planned_nothing_is_called_migrated() -> None:
    """The first screen says that nothing was written, and what the plans say will be."""
    planned = DomainRow(domain="A", run="001", objects=9, migrated=7, rejected=2, writes=7)

    def words(row: DomainRow) -> str:
        made = ClusterReport(
            cluster="kliniek",
            environment="local",
            tasks=(),
            domains=(row,),
            total=replace(row, domain="kliniek"),
            reasons=(),
            changes=(),
        )
        return cluster_page(made).answers[0].more[0]

    assert words(planned).startswith("Er is nog niets geschreven.")
    assert "7 van de 9" in words(planned)
    assert words(replace(planned, done=7)) == "7 van de 9 objecten zijn gemigreerd, 2 uitgevallen."


def test_each_domain_has_its_books_and_all_have_theirs(seen: Scene) -> None:
    """As its own report has them; what has no run counts nothing, and is not verified."""
    report = reported(seen)
    a, b, c = report.domains
    own = orjson.loads((seen.root / "A" / "runs/local/001/success.json").read_bytes())

    assert own["run"] == a.run == "001"
    assert (a.verified, b.verified, c.verified) == (True, None, None)
    assert a.objects == a.migrated + a.not_migrated + a.rejected + a.out_of_scope > 0
    assert c == DomainRow(domain="C")
    assert report.total.objects == a.objects + b.objects
    assert report.total.verified is None
    assert a.seconds is not None
    assert a.per_thousand == pytest.approx(a.seconds * 1000 / a.writes)
    both = a.seconds + (b.seconds or 0)
    assert report.total.per_thousand == pytest.approx(both * 1000 / (a.writes + b.writes))


def test_what_went_wrong_most_comes_first_with_its_domains(seen: Scene) -> None:
    """Counted over all error lists; notices are no errors."""
    report = reported(seen)
    counts = [one.lines for one in report.reasons]

    assert counts == sorted(counts, reverse=True)
    for one in report.reasons:
        assert one.lines == sum(row.errors.get(one.code, 0) for row in report.domains)
        assert list(one.domains) == ["A", "B"]
    assert sum(counts) == sum(sum(row.errors.values()) for row in report.domains) > 0


def test_a_difference_that_a_verification_found_is_no_approval_of_all(seen: Scene) -> None:
    """One `no` is enough."""
    rows = reported(seen).domains
    with_no = tuple(replace(row, verified=row.domain != "B") for row in rows)

    assert all_together("x", with_no).verified is False
    assert all_together("x", tuple(replace(row, verified=True) for row in rows)).verified is True


def other_rules(scene: Scene, name: str, run: str) -> None:
    """Let a domain have a run that was planned with rules of its own."""
    folder = scene.root / name
    (folder / "own.yaml").write_text(OWN, "utf-8")
    text = (folder / "kt-migrate.yaml").read_text("utf-8")
    own = text.replace("algorithm: standard", "algorithm: own.yaml")
    cluster = read_cluster(scene.root / "cluster.yaml")
    domain = cluster.domain(name)
    assert domain is not None
    keep_rules(cluster, domain)
    (folder / "kt-migrate.yaml").write_text(own, "utf-8")
    keep_rules(cluster, domain)
    before = read_binding(folder / "runs/local/001").algorithm
    (after,) = {p.stem for p in (cluster.state / "rules").glob("*.json")} - {before}
    made = folder / "runs/local" / run
    if run != "001":
        shutil.copytree(folder / "runs/local/001", made)
    write_binding(made, replace(read_binding(made), algorithm=after))


def test_rules_that_differ_between_domains_are_told_by_their_place(
    seen: Scene, tmp_path: Path
) -> None:
    """Against the first domain."""
    scene = Scene(shutil.copytree(seen.root, tmp_path / "c"), seen.names)
    other_rules(scene, "B", "001")

    (change,) = reported(scene).changes

    assert (change.domain, change.before, change.after) == ("B", "A 001", "B 001")
    assert change.paths == (("policies.relationship_missing", "changed"),)
    assert "policies.relationship_missing" in change.said


def test_rules_that_were_changed_between_runs_are_told_too(seen: Scene, tmp_path: Path) -> None:
    """Of one domain; and what was not kept is told as that."""
    scene = Scene(shutil.copytree(seen.root, tmp_path / "c"), seen.names)
    other_rules(scene, "A", "002")
    runs, domains = reported(scene).changes
    assert (runs.before, runs.after) == ("A 001", "A 002")
    assert runs.paths == (("policies.relationship_missing", "changed"),)
    assert (domains.before, domains.after) == ("A 002", "B 001")

    shutil.rmtree(scene.root / ".cluster" / "rules")
    assert [change.paths for change in reported(scene).changes] == [None, None]


def test_the_report_is_a_page_a_spreadsheet_and_json(seen: Scene, tmp_path: Path) -> None:
    """With each domain, why it did not get there, and nobody else's to read."""
    steps = (Step(command="trial", code=31, reason="De server antwoordt niet.", seconds=1.5),)
    tasks = tuple(
        Task(domain=name, work=Work.TRIAL, round=3, stage=stage, worker="w", steps=steps[:many])
        for name, stage, many in (
            ("A", Stage.THERE, 0),
            ("B", Stage.NOT_THERE, 1),
            ("C", Stage.WAITING, 0),
        )
    )
    report = reported(seen, tasks)
    paths = (write_report(report, tmp_path), *write_pages(report, tmp_path))

    assert [path.name for path in paths] == [
        f"clusterrapport.{x}" for x in ("json", "html", "xlsx")
    ]
    assert {path.stat().st_mode & 0o777 for path in paths} == {0o600}
    content = orjson.loads(paths[0].read_bytes())
    assert content["schema"] == "kt-migrate-cluster-report/1"
    assert [task["name"] for task in content["tasks"]] == [None, "UNAVAILABLE", None]
    page = paths[1].read_text("utf-8")
    for text in ("NOORD", "B: trial: 31 UNAVAILABLE · De server antwoordt niet."):
        assert text in page
    assert "<script" not in page
    cells = {cell.value for sheet in load_workbook(paths[2]) for row in sheet for cell in row}
    assert {"UNAVAILABLE", "B", report.total.objects} <= cells


def copied(seen: Scene, tmp_path: Path) -> Scene:
    """Return the cluster, to be changed."""
    return Scene(shutil.copytree(seen.root, tmp_path / "c"), seen.names)


def garbage(path: Path) -> None:
    """Let nothing be left of a file."""
    path.write_bytes(b"no database" * 500)


def holed(path: Path) -> None:
    """Let a database begin and end as it was, with nothing between."""
    content = path.read_bytes()
    third = len(content) // 3
    path.write_bytes(content[:third] + bytes(third) + content[2 * third :])


@pytest.mark.parametrize("damage", [garbage, holed])
@pytest.mark.parametrize("name", ["plan.sqlite", "journal.sqlite", "binding.json"])
def test_a_run_folder_that_is_damaged_stops_no_report(
    seen: Scene, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """It is told in its row, and nothing of it is counted."""
    scene = copied(seen, tmp_path)
    damage(scene.root / "B/runs/local/001" / name)

    report = reported(scene)
    a, b, _c = report.domains

    assert (a.problem, a.objects > 0) == ("", True)
    assert (b.problem != "", b.run, b.objects, b.proven) == (True, "001", 0, False)
    assert b in report.unproven
    assert f"B 001: {shown(b.problem)}" in write_pages(report, tmp_path)[0].read_text("utf-8")


def older(scene: Scene, name: str) -> Path:
    """Let a domain have an earlier run, and return it."""
    runs = scene.root / name / "runs/local"
    shutil.copytree(runs / "001", runs / "002")
    return runs / "001"


@pytest.mark.parametrize("damage", [garbage, Path.unlink])
@pytest.mark.parametrize("name", ["plan.sqlite", "binding.json"])
def test_a_run_of_which_the_rules_are_not_known_is_named(
    seen: Scene, tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    """An earlier one too: nothing is passed over."""
    scene = copied(seen, tmp_path)
    damage(older(scene, "A") / name)
    report = reported(scene)
    page = write_pages(report, tmp_path)[0].read_text("utf-8")

    if name == "plan.sqlite" and damage is garbage:
        assert report.unread == ()  # its rules are those of binding.json
        return
    (unread,) = report.unread
    assert (unread.domain, unread.run) == ("A", "001")
    assert f"A 001: {shown(unread.why)}" in page
    assert orjson.loads(write_report(report, tmp_path).read_bytes())["unread"] == [
        {"domain": "A", "run": "001", "why": unread.why}
    ]


def test_a_plan_that_was_never_finished_is_no_run(seen: Scene, tmp_path: Path) -> None:
    """Nothing was made of it, so nothing is missing."""
    scene = copied(seen, tmp_path)
    (scene.root / "A/runs/local/000").mkdir()

    report = reported(scene)

    assert (report.unread, report.changes) == ((), ())


def test_a_run_that_was_undone_is_not_proven_and_its_rules_count(
    seen: Scene, tmp_path: Path
) -> None:
    """What was changed after it is what it taught."""
    scene = copied(seen, tmp_path)
    other_rules(scene, "A", "002")
    (scene.root / "A/runs/local/001/undo.sqlite").touch()
    assert [change.before for change in reported(scene).changes] == ["A 001", "A 002"]

    (scene.root / "A/runs/local/002/undo.sqlite").touch()
    row = reported(scene).domains[0]
    assert (row.verified, row.proven, row.remark) == (True, False, "undone")


def test_only_what_was_read_back_whole_is_proven(seen: Scene) -> None:
    """A difference, a sample and nothing at all are not; and before a trial nobody asks."""
    a = reported(seen).domains[0]
    assert a.proven
    assert not any(
        replace(a, **change).proven
        for change in ({"verified": False}, {"verified": None}, {"sample": "5%"}, {"problem": "x"})
    )
    tried, planned = (
        Task(domain="A", work=work, round=1, stage=Stage.THERE) for work in (Work.TRIAL, Work.PLAN)
    )
    assert [row.domain for row in reported(seen, (tried,)).unproven] == ["B", "C"]
    assert reported(seen, (planned,)).unproven == ()
    sample = replace(reported(seen), domains=(replace(a, sample="5%"),))
    assert "A 001: een steekproef: 5%" in cluster_page(sample).warnings


def test_a_reason_of_another_version_stops_no_page(seen: Scene) -> None:
    """It is its own code then."""
    report = replace(reported(seen), reasons=(Worst(code="what-is-it", lines=2, domains={"A": 2}),))

    (reason,) = cluster_page(report).reasons

    assert (reason.code, reason.meaning) == ("what-is-it", "what-is-it")


def test_two_workers_that_keep_the_same_rules_at_once_both_do(seen: Scene, tmp_path: Path) -> None:
    """The one that comes second does not fail; and where nothing can be kept, no domain does."""
    scene = copied(seen, tmp_path)
    cluster = read_cluster(scene.root / "cluster.yaml")
    domain = cluster.domains[0]
    there, rules = Path.replace, cluster.state / "rules"

    def late(self: Path, target: Path) -> Path:
        with patch.object(Path, "replace", there):
            keep_rules(cluster, domain)  # the other was as far, and is ready first
        return there(self, target)

    with patch.object(Path, "replace", late):
        keep_rules(cluster, domain)
    assert [path.suffix for path in rules.iterdir()] == [".json"]

    shutil.rmtree(rules)
    rules.write_text("in the way", "utf-8")
    keep_rules(cluster, domain)
    assert rules.is_file()


def rows(**errors: dict[str, int]) -> Callable[[Domain, str], DomainRow]:
    """Return what reads domains that have these errors."""
    return lambda domain, _environment: DomainRow(
        domain=domain.name,
        run="001",
        writes=9,
        done=5,
        failed=2,
        verified=True,
        errors=errors.get(domain.name, {}),
    )


def test_the_most_frequent_comes_first_and_in_it_the_domain_that_has_most(seen: Scene) -> None:
    """And all together is the sum of each."""
    made = rows(A={"a": 1, "b": 5}, B={"a": 3, "c": 5})
    with patch("kt_migrate.cluster.report.row_of", made):
        report = reported(seen)

    assert [(one.code, one.lines) for one in report.reasons] == [("b", 5), ("c", 5), ("a", 4)]
    assert list(report.reasons[2].domains.items()) == [("B", 3), ("A", 1)]
    total = report.total
    assert (total.writes, total.done, total.failed, total.verified) == (27, 15, 6, True)
    assert cluster_page(report).answers[0].tone is Tone.GOOD
    assert cluster_page(reported(seen)).answers[0].tone is Tone.OPEN


def test_a_domain_that_was_not_there_is_bad_and_one_that_had_no_turn_open(seen: Scene) -> None:
    """Only when all are there is it good."""
    there = [Task(domain=name, work=Work.TRIAL, round=1, stage=Stage.THERE) for name in seen.names]
    left = replace(there[0], stage=Stage.NOT_THERE)
    tones = [
        cluster_page(reported(seen, tuple(tasks))).answers[1].tone
        for tasks in (there, there[:2], [left, *there[1:]])
    ]

    assert tones == [Tone.GOOD, Tone.OPEN, Tone.BAD]


def test_a_plan_that_was_not_written_has_writes_and_no_time(seen: Scene, tmp_path: Path) -> None:
    """And errors of its reading; notices are none."""
    scene = copied(seen, tmp_path)
    folder = scene.root / "B/runs/local/001"
    for path in [*folder.glob("journal.sqlite*"), folder / "events.ndjson"]:
        path.unlink()
    issues = run_result(folder).issues
    assert not all(is_error(issue) for issue in issues)

    row = reported(scene).domains[1]

    assert (row.done, row.failed, row.seconds, row.per_thousand) == (0, 0, None, None)
    assert row.writes == run_result(folder).total > 0
    assert row.errors == Counter(issue.code for issue in issues if is_error(issue))
    assert replace(row, seconds=1.0).per_thousand is None


def test_a_line_names_no_more_than_some_places() -> None:
    """The page has them all."""
    paths = tuple((f"p{n}", "changed") for n in range(7))
    change = RuleChange(domain="A", before="x", after="y", digests=("1", "2"), paths=paths)

    assert change.said.endswith("at 7 places: p0, p1, p2, p3, p4 …")
    assert replace(change, paths=paths[:5]).said.endswith("p4")


def test_how_far_a_domain_is_costs_a_look(seen: Scene, tmp_path: Path) -> None:
    """What failed is done too; without a plan, or with one that cannot be read, nobody knows."""
    scene = copied(seen, tmp_path)
    a, b, c = read_cluster(scene.root / "cluster.yaml").domains
    folder = scene.root / "A/runs/local/001"
    total = run_result(folder).total
    assert written_of(a, "local") == (total, total)
    assert written_of(c, "local") is None
    with patch.object(Journal, "counts", return_value=dict.fromkeys(State, 1)):
        assert written_of(a, "local") == (len(ON_SERVER | FAILED), total)
    for path in folder.glob("journal.sqlite*"):
        path.unlink()
    assert written_of(a, "local") == (0, total)
    garbage(scene.root / "B/runs/local/001/plan.sqlite")
    assert written_of(b, "local") is None


def test_rules_of_the_cluster_are_those_that_are_kept(seen: Scene, tmp_path: Path) -> None:
    """Not those of the working folder, which were not planned with; and nobody else reads them."""
    scene = copied(seen, tmp_path)
    (scene.root / "own.yaml").write_text(OWN, "utf-8")
    cluster = read_cluster(scene.write(A=", algorithm: own.yaml"))
    keep_rules(cluster, cluster.domains[0])

    (kept,) = (cluster.state / "rules").iterdir()
    assert kept.stem == load_algorithm(str(scene.root / "own.yaml")).digest
    assert kept.parent.stat().st_mode & 0o777 == 0o700
