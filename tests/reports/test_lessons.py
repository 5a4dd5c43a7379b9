"""What the next domain should know: laid side by side from run folders, and a patch that passes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inside import Done, inside, typed
from kt_migrate.algorithm.differences import differences
from kt_migrate.algorithm.load import load_algorithm, load_whole
from kt_migrate.plan.binding import Binding
from kt_migrate.reports.lessons.learned import learn
from kt_migrate.reports.lessons.patch import patch_of
from kt_migrate.reports.lessons.told import Told

BINDING = Binding(
    environment="local",
    archive="a" * 64,
    algorithm="b" * 64,
    enrichment="c" * 64,
    domain_file="d" * 64,
    environment_file="e" * 64,
    limits="",
    tool="1",
    profile="0.16.3",
)
OWN = """\
schema: kt-migrate-algorithm/1
name: own
version: "1"
extends: standard
scope: {dossiers: open, groups: [{name: x, patients: {organization: ["https://epd.example/Organization/geheim"]}, dossiers: all}]}
policies: {definition_unresolved: reject}
remove: [patient-telecom]
codes:
  topic: {Meeting: treatment}
types:
  Patient:
    rules:
      - {id: patient-address, from: "address.where(use.empty() or use != 'work')", because: "Besluit van de cliëntenraad: geen werkadressen."}
  Practitioner:
    rules:
      - {id: practitioner-birth-date, enrichment: birthDate, because: "De personeelsadministratie levert ze aan."}
"""


def told(name: str, began: int, **more: Any) -> Told:  # noqa: ANN401 (fields of a run)
    """Return a run that sent something."""
    env, _, run = name.partition("/")
    return Told(
        env=env, run=run, binding=BINDING, began=f"2026-11-{began:02}T10:00", seconds=1.0, **more
    )


def errors(**counts: int) -> dict[str, Any]:
    """Return the error list of a run: reasons of a Patient."""
    reasons = Counter({(code.replace("_", "-"), "Patient"): n for code, n in counts.items()})
    return {"reasons": reasons, "errors": frozenset(reasons), "rejected": reasons.total()}


def test_what_the_trial_did_not_show_comes_first() -> None:
    """Then what it alone showed, then what both have; each with how many."""
    trial = told("mgr2/002", 2, **errors(value_missing=5, both=1))
    run = told("prd2/001", 3, **errors(create_refused=2, both=4))

    found = learn("EXAMPLE", [run, trial, told("mgr2/001", 1)])

    assert (found.env, found.trial, found.run) == ("prd2", trial, run)
    assert [(s.code, s.where, s.before, s.after) for s in found.reasons] == [
        ("create-refused", "after", 0, 2),
        ("value-missing", "before", 5, 0),
        ("both", "both", 1, 4),
    ]


def test_a_sample_and_a_plan_that_was_not_sent_are_no_trial() -> None:
    """They are listed, and hold nothing against the run."""
    sample = replace(told("mgr2/001", 1, **errors(value_missing=5)), sample="5%")
    planned = replace(told("mgr2/002", 2), began="", seconds=None)
    run = told("prd2/001", 3)

    found = learn("EXAMPLE", [sample, planned, run])

    assert (found.trial, found.run, found.reasons) == (None, run, ())
    assert [one.name for one in found.runs] == ["mgr2/001", "prd2/001", "mgr2/002"]
    assert learn("EXAMPLE", [planned]).run is None


def test_a_rehearsal_counts_where_the_run_is_rehearsed() -> None:
    """Of prd2 that is mgr2, and not the newest of any other environment."""
    mgr2, acc22 = told("mgr2/001", 1), told("acc22/001", 2)

    assert learn("X", [mgr2, acc22, told("prd2/001", 3)]).trial == mgr2
    assert learn("X", [mgr2, acc22, told("prd2/001", 3)], env="acc22").run == acc22


def test_what_changed_between_runs_is_named_with_what_it_did() -> None:
    """The environment and the plan itself follow from the rest, and are no change."""
    other = replace(BINDING, environment="prd2", algorithm="f" * 64, plan="0" * 64)
    first = told("mgr2/001", 1, **errors(value_missing=5))
    second = replace(told("prd2/001", 2), binding=other)

    (turn,) = learn("X", [first, second]).turns

    assert (turn.before, turn.after, turn.changed) == ("mgr2/001", "prd2/001", ("algorithm",))
    assert turn.rejected == (5, 0)


@pytest.fixture
def domain(workspace: Path) -> Path:
    """Return a working folder that was tried twice, with an algorithm of its own the second time."""
    with inside(workspace):
        assert typed("trial", "--env", "local", cwd=workspace).code == 0
        (workspace / "own.yaml").write_text(OWN, "utf-8")
        file = workspace / "kt-migrate.yaml"
        file.write_text(
            file.read_text("utf-8").replace("algorithm: standard", "algorithm: own.yaml")
        )
        assert typed("plan", "--env", "local", cwd=workspace).code == 0
        assert typed("trial", "--env", "local", "--existing", "update", cwd=workspace).code in (
            0,
            20,
        )
    return workspace


def given(folder: Path, *line: str) -> Done:
    """Give the command."""
    return typed("lessons", "--json", *line, cwd=folder)


def test_the_command_reads_the_runs_and_writes_page_and_patch(domain: Path, tmp_path: Path) -> None:
    """The patch passes the check, and says what the domain says: but for what is its own."""
    page, patch = tmp_path / "lessen.html", tmp_path / "cluster" / "lessen.yaml"
    patch.parent.mkdir()

    done = given(domain, "--html", str(page), "--patch", str(patch))

    assert done.code == 0, done.err
    document = done.document
    assert (document["trial"], document["run"]) == ("local/001", "local/002")
    assert {"algorithm", "domain_file"} <= set(document["changes"][0]["changed"])
    assert sum(one["values"] for one in document["enrichment"] if one["status"] == "used") > 0
    assert {one["type"] for one in document["runs"][0]["slow"]} >= {"Task", "Patient"}
    assert typed("algorithm", "check", str(patch), cwd=domain).code == 0
    made, own = load_algorithm(str(patch)), load_algorithm("own.yaml", domain)
    left = differences(made, own)
    assert {one.section for one in left} == {"scope"}
    assert document["patch"]["left_out"] == len(left)
    assert "<html" in page.read_text("utf-8")
    text = patch.read_text("utf-8")
    assert "Besluit van de cliëntenraad" in text
    assert "geheim" not in text + page.read_text("utf-8") + done.out + done.err
    assert given(domain, "--patch", str(patch)).code == 2, (
        "it is there: somebody may have edited it"
    )
    assert given(domain, "--html", str(patch)).code == 2


def test_a_patch_says_why_a_rule_was_changed(domain: Path) -> None:
    """What its reasons came to in each run stands above it; its own `because` is in it."""
    runs = [
        told("mgr2/001", 1, rules=Counter({("practitioner-birth-date", "value-missing"): 7})),
        told("prd2/001", 2),
    ]

    patch = patch_of("own.yaml", domain, "standard", runs, "EXAMPLE", domain / "p.yaml")

    lines = patch.text.splitlines()
    at = next(n for n, line in enumerate(lines) if '"practitioner-birth-date"' in line)
    assert "# value-missing: 7 (mgr2/001) → 0 (prd2/001)" in lines[at - 1]
    assert "De personeelsadministratie levert ze aan." in lines[at]
    assert 'extends: "standard"' in patch.text
    assert {one.section for one in patch.changes} == {"policies", "codes", "types"}


def test_a_domain_without_rules_of_its_own_has_nothing_to_add(domain: Path) -> None:
    """Its patch is empty, and passes the check all the same."""
    path = domain / "none.yaml"
    patch = patch_of("standard", domain, "", [], "EXAMPLE", path)
    path.write_text(patch.text, "utf-8")

    assert patch.changes == ()
    assert differences(load_algorithm("standard"), load_algorithm(str(path))) == ()


def test_a_shared_algorithm_in_between_is_extended_by_its_path(
    domain: Path, tmp_path: Path
) -> None:
    """The file leads to it from where it stands; what lies below is not said again."""
    cluster = tmp_path / "cluster"
    cluster.mkdir()
    (cluster / "shared.yaml").write_text(OWN.replace("name: own", "name: shared"), "utf-8")
    (domain / "own.yaml").write_text(
        'schema: kt-migrate-algorithm/1\nname: own\nversion: "1"\n'
        f"extends: {cluster / 'shared.yaml'}\npolicies: {{sub_activities: tasks}}\n",
        "utf-8",
    )
    path = cluster / "lessen.yaml"

    patch = patch_of("own.yaml", domain, "", [], "EXAMPLE", path)
    path.write_text(patch.text, "utf-8")

    assert patch.shared == "shared.yaml"
    assert [(one.section, one.path) for one in patch.changes] == [("policies", "sub_activities")]
    assert differences(load_algorithm(str(path)), load_algorithm("own.yaml", domain)) == ()
    assert typed("lessons", "--shared", "small-practice", cwd=domain).code == 2


MIDDLE = """\
schema: kt-migrate-algorithm/1
name: middle
version: "1"
extends: standard
remove: [patient-photo]
types:
  Patient:
    ignored:
      - {id: patient-contact, path: contact, because: "Regel\\u2028twee\\u0085drie\\u007f."}
      - {id: patient-own, path: text, because: "Een eigen besluit."}
"""
UPPER = """\
schema: kt-migrate-algorithm/1
name: own
version: "1"
extends: middle.yaml
remove: [patient-own]
"""


@pytest.mark.parametrize("shared", ["standard", "middle.yaml"])
def test_a_patch_over_any_of_its_layers_says_what_the_domain_says(
    domain: Path, shared: str
) -> None:
    """What came and went again above it is not in it; a reason is what it was to the last sign."""
    (domain / "middle.yaml").write_text(MIDDLE, "utf-8")
    (domain / "own.yaml").write_text(UPPER, "utf-8")
    path = domain / "p.yaml"

    patch = patch_of("own.yaml", domain, shared, [], "EXAMPLE", path)
    path.write_text(patch.text, "utf-8")

    made, own = load_whole(str(path)), load_whole("own.yaml", domain)
    assert differences(made.algorithm, own.algorithm) == ()
    assert made.merged.file.types == own.merged.file.types
    assert ("patient-own" in patch.text) is (shared == "middle.yaml")
