"""What two algorithms say differently: each change once, at its place, whatever the section."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from kt_migrate.algorithm.differences import Difference, differences
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm

STANDARD = load_algorithm("standard")
HEAD = 'schema: kt-migrate-algorithm/1\nname: own\nversion: "1"\nextends: standard\n'
ADDRESS = STANDARD.types["Patient"].rules[-2]


def own(folder: Path, text: str) -> Algorithm:
    """Return the standard algorithm with something changed."""
    path = folder / "own.yaml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_algorithm(str(path))


def test_an_algorithm_says_the_same_as_itself(tmp_path: Path) -> None:
    """Its name is no choice in it."""
    assert differences(STANDARD, STANDARD) == ()
    assert differences(STANDARD, own(tmp_path, "")) == ()


@pytest.mark.parametrize(
    ("text", "section", "path", "before", "after"),
    [
        ("policies: {task_owner: reject}", "policies", "task_owner", "first", "reject"),
        ("scope: {dossiers: open}", "scope", "dossiers", "all", "open"),
        ("scope: {types: [Patient]}", "scope", "types", "all", '["Patient"]'),
        ("codes: {task-status: {Waiting: ready}}", "codes", "task-status.Waiting", "draft", "ready"),
        ("codes: {task-status: {own_codes: [Nieuw], codes: {Nieuw: ready}}}", "codes", "task-status.Nieuw", None, "ready"),
        ("not_migrated: [{id: user-message, source_type: UserMessage, because: ours}]", "reasons", "user-message", STANDARD.reasons["user-message"], "ours"),
        ("remove: [user-message]", "not_migrated", "UserMessage", "user-message", None),
    ],
)  # fmt: skip
def test_a_change_stands_at_its_place(
    tmp_path: Path, text: str, section: str, path: str, before: str | None, after: str | None
) -> None:
    """Once, with what each of the two says."""
    found = differences(STANDARD, own(tmp_path, text))

    assert found == (Difference(section=section, path=path, before=before, after=after),)
    back = differences(own(tmp_path, text), STANDARD)
    assert back == (Difference(section=section, path=path, before=after, after=before),)


def test_a_rule_is_known_by_its_id(tmp_path: Path) -> None:
    """One that is taken away, one that is changed in one field, and one that is new."""
    rules = """
remove: [patient-photo]
types:
  Patient:
    target: Patient
    identifier: Patient
    rules:
      - {id: patient-birth-date, required: false, from: birthDate, to: birthDate, using: date_only, enrichment: birthDate, because: x}
      - {id: patient-own, from: photo, to: language, because: ours}
"""
    found = differences(STANDARD, own(tmp_path, rules))

    places = {(d.path, d.how) for d in found}
    assert places == {
        ("Patient.ignored.patient-photo", "removed"),
        ("Patient.rules.patient-birth-date.because", "changed"),
        ("Patient.rules.patient-birth-date.required", "changed"),
        ("Patient.rules.patient-own", "added"),
    }
    added = next(d for d in found if d.how == "added")
    assert added.as_json() == {
        "section": "types",
        "path": "Patient.rules.patient-own",
        "how": "added",
        "before": None,
        "after": '{"from":"photo","to":"language","using":"text","because":"ours"}',
    }
    required = next(d for d in found if d.path.endswith("required"))
    assert (required.before, required.after) == ("true", "false")


def test_every_section_is_looked_at() -> None:
    """Also one that comes later: all but the name and the digest."""
    for field in fields(Algorithm):
        changed = {f.name: getattr(STANDARD, f.name) for f in fields(Algorithm)}
        changed[field.name] = {} if field.name != "name" else "other"
        if field.name == "digest":
            changed["digest"] = "other"
        sections = {d.section for d in differences(STANDARD, Algorithm(**changed))}
        alone = field.name in ("name", "digest", "reasons") or not getattr(STANDARD, field.name)
        assert sections == (set() if alone else {field.name})
