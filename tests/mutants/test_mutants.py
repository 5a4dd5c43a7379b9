"""The rooms, their scores and their lists of harmless mutants fit the code as it is."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from rooms import ROOMS, ROOT, SOURCE, UNTRIED, drawn_groups, together
from ruamel.yaml import YAML
from score import HARMLESS, Score, Survivor, count, function_of, harmless, unexplained

TRIED = {
    "archive",
    "kt13",
    "history",
    "algorithm",
    "mapping",
    "conformance",
    "kt2",
    "config",
    "load",
    "verify",
}
LEAST = 0.9


def test_every_module_of_the_rooms_that_count_is_tried_once() -> None:
    """A module that is added is in a room, or this fails."""
    tried = Counter(path for room in ROOMS.values() for path in room.files())
    modules = {path for room in TRIED for path in (ROOT / SOURCE / room).rglob("*.py")}
    modules |= set((ROOT / SOURCE / "plan").glob("*.py"))

    left = {ROOT / SOURCE / module for module in UNTRIED}

    assert {path.name for path in modules - set(tried) - left} <= {"__init__.py"}
    assert left <= modules - set(tried)
    assert [path for path, times in tried.items() if times > 1] == []


def test_a_sample_draws_from_every_room() -> None:
    """Rooms with the same tests stand together; none is left out."""
    sources = [source for room in together() for source in room.sources]

    assert sorted(sources) == sorted(s for room in ROOMS.values() for s in room.sources)


def test_the_groups_of_a_commit_are_drawn_by_it() -> None:
    """The same each time, so many, and every group has its turn."""
    names = [tuple(group.sources) for group in together()]
    drawn = [[tuple(g.sources) for g in drawn_groups(f"commit {n}", 3)] for n in range(60)]

    assert drawn == [[tuple(g.sources) for g in drawn_groups(f"commit {n}", 3)] for n in range(60)]
    assert all(len(set(groups)) == 3 for groups in drawn)
    assert {name for groups in drawn for name in groups} == set(names)
    assert [tuple(g.sources) for g in drawn_groups("any", 0)] == names


@pytest.mark.parametrize("room", ROOMS)
def test_at_least_nine_of_ten_mutants_of_a_room_are_noticed(room: str) -> None:
    """As `make mutants` recorded it; nothing that survived is unexplained."""
    made = YAML(typ="safe").load(Path(__file__).with_name("scores.yaml"))[room]
    score = Score(made["made"], made["types"], made["noticed"], made["harmless"])

    assert score.share >= LEAST
    assert score.open == 0


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT / SOURCE).with_suffix("").parts) + "."


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_harmless_still_stands_in_the_code(room: str) -> None:
    """A line that has gone needs no excuse."""
    texts = {path: path.read_text("utf-8") for path in ROOMS[room].files()}
    for survivor, why in harmless(room).items():
        module = survivor.function.removeprefix("kt_migrate.")
        text = next(text for path, text in texts.items() if module.startswith(_dotted(path)))
        lines = {line.strip() for line in text.splitlines()}
        assert set(survivor.was.split("\n")) <= lines, survivor
        assert why


def test_no_list_is_of_a_room_that_is_not_there() -> None:
    """A list under another name would excuse nothing."""
    assert {path.stem for path in HARMLESS.glob("*.yaml")} <= set(ROOMS)


def test_a_score_counts_what_was_tried() -> None:
    """By mutmut's numbers: 1 and 36 are noticed, 37 refused by types, 0 and 33 not noticed."""
    score = count({"a": 1, "b": 36, "c": 37, "d": 0, "e": 33, "f": None}, harmless=1)

    assert score == Score(made=5, types=1, noticed=2, harmless=1)
    assert score.share == 0.5
    assert score.noticed_of_what_matters == 2 / 3
    assert score.open == 1
    assert count({}).share == 0
    assert count({}).noticed_of_what_matters == 0


def test_a_mutant_is_known_by_its_function_and_lines() -> None:
    """Its number changes with every line above it."""
    assert function_of("a.b.xǁSendǁgo__mutmut_3") == "a.b.Send.go"
    assert function_of("a.b.x__go__mutmut_12") == "a.b._go"
    one, other = Survivor("f", "a", "b"), Survivor("f", "a", "c")
    assert list(unexplained([one, other], {one: "equal"})) == [other]
