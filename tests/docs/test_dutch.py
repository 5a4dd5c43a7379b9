"""What stops a command is said in Dutch."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from kt_migrate.cli.dutch_errors import DUTCH, dutch_error, dutch_words
from kt_migrate.kt2.tls import _OTHER_CA, _TROUBLES
from kt_migrate.plan.binding import NAMES

SOURCE = Path(__file__).parents[2] / "src" / "kt_migrate"


def template(node: ast.expr | None) -> str:
    """Return a text of the code, `{}` for what is filled in; empty when it is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr():
            return "".join(
                template(v) if isinstance(v, ast.Constant) else "{}" for v in node.values
            )
        case ast.BinOp():
            return "".join(template(side) or "{}" for side in (node.left, node.right))
        case _:
            return ""


def texts() -> Iterator[str]:
    """Yield `what` and `fix` of every error that the code raises."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                fixes = [k.value for k in node.keywords if k.arg == "fix"]
                if node.func.id.endswith("Error") and fixes:
                    yield from filter(None, map(template, (*node.args[:1], *fixes)))


def test_every_error_has_its_dutch() -> None:
    """What is wrong, and what to do."""
    found = set(texts())

    assert len(found) > 80
    assert found - DUTCH.keys() == set()


def mistakes() -> Iterator[str]:
    """Yield the texts of what is wrong with environments, which `config check` lists."""
    for path in sorted((SOURCE / "config").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                said = [k.value for k in node.keywords if k.arg in {"what", "fix"}]
                yield from filter(None, map(template, (*said, *node.args)))
            if isinstance(node, ast.Assign) and template(node.value):
                yield template(node.value)


def test_every_mistake_of_an_environment_has_its_dutch() -> None:
    """Also those of a secured connection; a sentence begins with a capital and ends with a point."""
    tls = {text for pair in (*_TROUBLES.values(), _OTHER_CA) for text in pair}
    found = {text for text in mistakes() if text[:1].isupper() and text.endswith(".")}

    assert len(found) > 30
    assert (found | tls) - DUTCH.keys() == set()


def test_a_list_of_mistakes_is_said_line_by_line() -> None:
    """What is no sentence of ours stays as it is."""
    said = dutch_error("The environments mgr2 and prd2 share a key.\na.yaml:1:2: x")
    assert said == "De omgevingen mgr2 en prd2 delen een sleutel.\na.yaml:1:2: x"


def test_what_differs_is_filled_in() -> None:
    """In the order of the English; words of our own are translated too."""
    assert dutch_error("There is no environment prod.") == "Er is geen omgeving prod."
    changed = dutch_error("Changed since the plan was made: the archive, kt-migrate.yaml.")
    assert changed == "Veranderd sinds het plan is gemaakt: het archief, kt-migrate.yaml."
    how = dutch_error("Changed since the plan was made: the mode (a → b), kt-migrate.yaml (c → d).")
    assert how.endswith(": de modus (mode) (a → b), kt-migrate.yaml (c → d).")
    assert dutch_error("a.yaml:1:2: x") == "a.yaml:1:2: x"


def test_every_component_that_a_plan_is_bound_to_has_its_dutch() -> None:
    """A refusal and a comparison name them; a file name is the same in both."""
    for name in NAMES.values():
        assert (dutch_words(name) == name) == name.endswith(".yaml")
