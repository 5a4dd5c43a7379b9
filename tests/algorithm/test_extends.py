"""What extends another algorithm says only what differs."""

from __future__ import annotations

from pathlib import Path

import pytest

from algorithm.files import HEAD, refused, written
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm
from kt_migrate.errors import ConfigurationError


def test_an_algorithm_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A shipped name with those that there are; a path with what is wrong."""
    with pytest.raises(ConfigurationError) as shipped:
        load_algorithm("niets")
    with pytest.raises(ConfigurationError) as path:
        load_algorithm(str(tmp_path / "weg.yaml"))

    assert shipped.value.where == "niets"
    assert (
        shipped.value.fix
        == "Use large-institution, small-practice, standard, or the path of a YAML file."
    )
    assert path.value.where == "weg.yaml"


@pytest.mark.parametrize("name", ["eigen.yaml", "eigen.yml", "map/eigen", "./eigen.yaml"])
def test_a_path_starts_from_the_given_folder_else_from_the_current_one(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What ends as YAML or has a slash is a path."""
    written(tmp_path, HEAD, name)

    assert load_algorithm(name, tmp_path).name == "eigen 1"
    assert load_algorithm(str(tmp_path / name), Path("/nergens")).name == "eigen 1"
    monkeypatch.chdir(tmp_path)
    assert load_algorithm(name).name == "eigen 1"


BELOW = f"""{HEAD.replace("eigen", "onder")}policies: {{task_owner: reject, gender_missing: reject}}
scope: {{types: [Patient], dossiers: open}}
codes:
  name-particles: {{van: x}}
  een: {{A: a, B: b}}
  twee: {{C: male}}
not_migrated:
  - {{id: geen-x, source_type: Device, because: z}}
  - {{id: geen-y, source_type: CarePlan, because: z}}
types:
  Patient:
    target: Patient
    identifier: Patient
    rules:
      - {{id: r1, to: active, using: boolean, because: z}}
      - {{id: r2, to: name, because: z}}
    ignored:
      - {{id: i1, path: photo, because: z}}
      - {{id: i2, path: text, because: z}}
  CarePlanActivity:
    target: Task
    identifier: CarePlanActivity
    rules:
      - {{id: r3, to: status, because: z}}
"""


OWN = """extends: onder.yaml
policies: {gender_missing: unknown}
scope: {dossiers: all}
codes:
  een: {B: x, D: d}
  drie: {E: female}
not_migrated:
  - {id: geen-z, source_type: Questionnaire, because: z}
  - {id: geen-y, source_type: Observation, because: z}
types:
  Patient:
    target: RelatedPerson
    identifier: RelatedPerson
    rules:
      - {id: r2, from: name, to: name, using: human_names, because: anders}
      - {id: r4, to: gender, using: code(drie), because: z}
    ignored:
      - {id: i3, path: link, because: z}
  CarePlanSubActivity:
    target: Task
    identifier: CarePlanSubActivity
    rules:
      - {id: r5, to: status, because: z}
"""


def extended(folder: Path, more: str = "") -> Algorithm:
    """Return BELOW, extended by OWN and more."""
    written(folder, BELOW, "onder.yaml")
    return load_algorithm(str(written(folder, HEAD + OWN + more)))


def test_what_extends_another_replaces_by_name_and_adds(tmp_path: Path) -> None:
    """Policies, scope, single lines of code tables, rules by id; the rest stays as it was."""
    made = extended(tmp_path)

    assert made.name == "eigen 1"
    assert (made.policies.task_owner, made.policies.gender_missing) == ("reject", "unknown")
    assert (made.scope.types, made.scope.dossiers) == (("Patient",), "all")
    assert made.codes == {
        "name-particles": {"van": "x"},
        "een": {"A": "a", "B": "x", "D": "d"},
        "twee": {"C": "male"},
        "drie": {"E": "female"},
    }
    assert made.not_migrated == {
        "Device": "geen-x",
        "Observation": "geen-y",
        "Questionnaire": "geen-z",
    }
    assert sorted(made.types) == ["CarePlanActivity", "CarePlanSubActivity", "Patient"]
    patient, other = made.types["Patient"], made.types["CarePlanActivity"]
    assert (patient.target, patient.identifier) == ("RelatedPerson", "RelatedPerson")
    assert [(r.id, r.source, r.using) for r in patient.rules] == [
        ("r1", "", "boolean"),
        ("r2", "name", "human_names"),
        ("r4", "", "code(drie)"),
    ]
    assert [i.id for i in patient.ignored] == ["i1", "i2", "i3"]
    assert (other.target, other.identifier, [r.id for r in other.rules]) == (
        "Task",
        "CarePlanActivity",
        ["r3"],
    )


def test_what_is_removed_is_gone_and_nothing_else(tmp_path: Path) -> None:
    """Rules, ignored elements and types without a home, by id."""
    made = extended(tmp_path, "remove: [r1, i2, geen-x, r3]\n")

    assert made.not_migrated == {"Observation": "geen-y", "Questionnaire": "geen-z"}
    assert [r.id for r in made.types["Patient"].rules] == ["r2", "r4"]
    assert [i.id for i in made.types["Patient"].ignored] == ["i1", "i3"]
    assert made.types["CarePlanActivity"].rules == ()
    assert (made.types["Patient"].target, made.types["Patient"].identifier) == (
        "RelatedPerson",
        "RelatedPerson",
    )


def test_what_extends_may_use_the_tables_below_and_no_others(tmp_path: Path) -> None:
    """Its mistakes have its own place, those below have theirs."""
    written(tmp_path, BELOW, "onder.yaml")
    wrong = HEAD + OWN.replace("code(drie)", "code(vier)")
    assert refused(tmp_path, wrong).where == "eigen.yaml:19:42"

    written(tmp_path, BELOW.replace("using: boolean", "using: code(drie)"), "onder.yaml")
    assert refused(tmp_path, HEAD + OWN).where == "onder.yaml:18:42"


def test_a_path_below_starts_from_the_file_that_names_it(tmp_path: Path) -> None:
    """Three deep, in folders of their own."""
    written(tmp_path / "a", BELOW, "onder.yaml")
    written(
        tmp_path / "b", f"{HEAD}extends: ../a/onder.yaml\npolicies: {{active_missing: reject}}\n"
    )
    top = written(tmp_path, f"{HEAD}extends: b/eigen.yaml\n", "boven.yaml")

    made = load_algorithm(str(top))

    assert (made.policies.task_owner, made.policies.active_missing) == ("reject", "reject")
    assert sorted(made.types) == ["CarePlanActivity", "Patient"]


def chain(folder: Path, length: int) -> Path:
    """Write algorithms that extend one another; return the last."""
    for number in range(length):
        below = f"extends: a{number - 1}.yaml\n" if number else ""
        written(folder, HEAD + below, f"a{number}.yaml")
    return folder / f"a{length - 1}.yaml"


def test_a_circle_of_algorithms_is_refused_a_chain_of_eight_is_not(tmp_path: Path) -> None:
    """It would never end."""
    itself = refused(tmp_path, HEAD + "extends: eigen.yaml\n")
    assert itself.where == "eigen.yaml:4:1"
    assert "circle" in itself.what

    assert load_algorithm(str(chain(tmp_path, 8))).name == "eigen 1"
    with pytest.raises(ConfigurationError):
        load_algorithm(str(chain(tmp_path, 9)))


def test_the_digest_is_of_the_content_that_counts(tmp_path: Path) -> None:
    """The same for the same rules, however they were written; another for any other rule."""
    plain = load_algorithm(str(written(tmp_path, BELOW)))
    again = load_algorithm(str(written(tmp_path / "elders", "# tekst\n" + BELOW)))
    turned = load_algorithm(
        str(written(tmp_path / "om", BELOW.replace("{A: a, B: b}", "{B: b, A: a}")))
    )
    others = [
        ("A: a", "A: y"), ("task_owner: reject", "task_owner: first"), ("to: name", "to: gender"),
        ("id: i2", "id: i9"), ("geen-x", "geen-q"), ("dossiers: open", "dossiers: all"),
        ("because: z}\n      - {id: r2", "because: q}\n      - {id: r2"),
    ]  # fmt: skip
    changed = {
        load_algorithm(str(written(tmp_path, BELOW.replace(old, new, 1)))).digest
        for old, new in others
    }

    assert plain.digest == again.digest == turned.digest
    assert len(plain.digest) == 64
    assert len(changed - {plain.digest}) == len(others)
