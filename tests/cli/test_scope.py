"""`scope` lists what a plan leaves out, by links; `algorithm check` says what was chosen."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from inside import typed

OPEN = """\
schema: kt-migrate-algorithm/1
name: eigen
version: "1"
extends: standard
scope:
  types: [CarePlanActivity, MessageHeader]
  dossiers: open
  groups: [{name: weg, patients: {list: weg.csv}, dossiers: none}]
policies: {task_owner: reject}
"""


def small(folder: Path) -> list[str]:
    """Give a working folder an algorithm of its own, and return the option that names it."""
    (folder / "eigen.yaml").write_text(OPEN)
    (folder / "weg.csv").write_text("niemand\n")
    return ["--algorithm", "eigen.yaml"]


def test_what_is_out_of_scope_is_counted_per_rule_and_listed_by_link(tried: Path) -> None:
    """The counts are those of the books, and of the list; nothing of a person is in it."""
    planned = typed("plan", *small(tried), "--json", cwd=tried).document
    counted = typed("scope", "--json", cwd=tried)
    listed = typed("scope", "--list", "--json", cwd=tried).document
    plain = typed("scope", "--list", cwd=tried)

    found = counted.document["out_of_scope"]
    per_type = {t: sum(reasons.values()) for t, reasons in found.items()}
    books = {t: row["out_of_scope"] for t, row in planned["books"].items() if row["out_of_scope"]}
    assert per_type == books
    assert per_type
    assert Counter(row["type"] for row in listed["objects"]) == per_type
    assert all(set(row) == {"type", "link", "reason"} for row in listed["objects"])
    assert listed["needed"] == counted.document["needed"]
    assert listed["needed"]["Patient"] > 0
    assert all(f"{row['link']} {row['reason']}" in plain.out for row in listed["objects"])
    assert "scope-types" in counted.err
    assert not [word for word in ("Jansen", "1980") if word in plain.out]


def test_a_plan_without_a_scope_leaves_nothing_out(tried: Path) -> None:
    """And says so in one document."""
    listed = typed("scope", "--list", "--json", cwd=tried)

    assert listed.document["out_of_scope"] == {}
    assert listed.document["objects"] == []


def test_check_says_what_every_choice_comes_to(tried: Path) -> None:
    """In both languages: each policy with its value, and the scope group by group."""
    small(tried)
    dutch = typed("algorithm", "check", "eigen.yaml", cwd=tried)
    english = typed("--lang", "en", "algorithm", "check", "eigen.yaml", cwd=tried)

    assert (dutch.code, english.code) == (0, 0)
    assert "task_owner: reject\n  Een activiteit met meer dan een uitvoerder valt uit." in dutch.out
    assert "An activity with more than one performer is rejected." in english.out
    assert "time_zone: Europe/Amsterdam" in dutch.out
    assert "scope groups: weg\n  Geen enkel dossier gaat mee." in dutch.out
    assert "Open dossiers take part." in english.out


def test_a_plan_is_stale_when_a_list_of_patients_changes(tried: Path) -> None:
    """It is bound by what is in the list, though the algorithm's file is the same."""
    option = small(tried)
    assert typed("plan", *option, cwd=tried).code == 0
    assert "geldt nog" in typed("plan", *option, cwd=tried).out
    (tried / "weg.csv").write_text("iemand\n")

    assert "geldt nog" not in typed("plan", *option, cwd=tried).out
