"""Write what the code knows into the pages of reference.

    python tools/references.py            renew them
    python tools/references.py --check    change nothing; 1 when a page is behind the code

A page has its hand-written text around places of its own:

    <!-- made by tools/references.py: functions -->
    …
    <!-- until here -->
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from forms import outputs
from function_examples import Call, calls, shortest
from kt_migrate.algorithm.arguments import Argument, Kind, split_call
from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Rule
from kt_migrate.algorithm.policies import CHOICES
from kt_migrate.algorithm.registry import FUNCTIONS, Registered
from kt_migrate.catalogue import CATALOGUE
from kt_migrate.errors import Said
from kt_migrate.language import language, set_language, shown
from kt_migrate.reports.draaiboek.steps import Step, all_sections, role_text

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_PLACE = re.compile(
    r"(<!-- made by tools/references\.py: ([a-z-]+) -->\n).*?(<!-- until here -->)", re.DOTALL
)
_KINDS = {
    Kind.TABLE: "a code table of the algorithm (`codes`)",
    Kind.CODE: "a code of the table before it",
    Kind.POLICY: "a policy",
    Kind.TYPE: "a type of KT 2.0",
    Kind.IDENTIFIER: "the `identifier` of the rule's own type",
    Kind.VALUE_SET: "a code system of KT 1.3",
}


def functions() -> Iterator[str]:
    """Yield the functions that a rule may name: what they take, do, and did in an example."""
    algorithm = load_algorithm("standard")
    heard = calls("standard")
    rules = [rule for kind in algorithm.types.values() for rule in kind.rules]
    for name, found in sorted(FUNCTIONS.items()):
        yield f"## {name}\n"
        yield f"`{_called(name, found)}`\n"
        yield inspect.cleandoc(found.call.__doc__ or "") + "\n"
        yield from _taken(found)
        using = [f"`{r.id}`" for r in rules if r.value is None and split_call(r.using)[0] == name]
        if using:
            yield f"In the standard algorithm: {', '.join(using)}.\n"
        for one in shortest(heard.get(name, [])):
            yield from _example(one)


def _called(name: str, found: Registered) -> str:
    return f"{name}({found.takes_shown})" if found.arguments else name


def _taken(found: Registered) -> Iterator[str]:
    if found.arguments:
        yield "Takes " + "; ".join(map(_argument, found.arguments)) + ".\n"


def _argument(argument: Argument) -> str:
    what = _KINDS.get(argument.kind) or " or ".join(f"`{word}`" for word in argument.words)
    what += ", or more of them" if argument.repeats else ""
    return f"{what} (may be left out)" if argument.optional else what


def _example(one: Call) -> Iterator[str]:
    yield f"From the example `{one.example}`, rule `{one.rule}`:\n"
    yield f"```yaml\nusing: {one.using}\ngiven: {one.given}\nmade:  {one.made}"
    yield f"says:  {', '.join(one.said)}\n```\n" if one.said else "```\n"


def standard() -> Iterator[str]:
    """Yield the rules of the standard algorithm, per type of KT 1.3."""
    algorithm = load_algorithm("standard")
    for source_type, kind in algorithm.types.items():
        yield f"## {source_type} → {kind.target}\n"
        yield "| element | from | function | supplied by | rule | because |"
        yield "|---|---|---|---|---|---|"
        yield from (_rule(rule) for rule in kind.rules)
        yield ""
        if kind.ignored:
            yield "Left behind on purpose:\n"
            yield "| element | rule | because |\n|---|---|---|"
            yield from (_row(_code(o.path), _code(o.id), o.because) for o in kind.ignored)
            yield ""


def _rule(rule: Rule) -> str:
    function = _code(rule.value if rule.value is not None else rule.using)
    element = _code(rule.to) + (" (required)" if rule.required else "")
    fields = ", ".join(map(_code, rule.fields))
    return _row(element, _code(rule.source), function, fields, _code(rule.id), rule.because)


def function_table() -> Iterator[str]:
    """Yield the functions in a table: what each takes, and does in a line."""
    load_algorithm("standard")
    yield "| function | takes | |\n|---|---|---|"
    for name, found in sorted(FUNCTIONS.items()):
        yield f"| `{name}` | {found.takes_shown.replace('|', ' or ')} | {found.about} |"


def policies() -> Iterator[str]:
    """Yield what each value of each policy comes to, in both languages."""
    yield "| policy | value | what it comes to | in Dutch |\n|---|---|---|---|"
    for choice in CHOICES:
        for value in choice.values:
            words = Said(choice.values[value], value=value)
            yield _row(_code(choice.name), _code(value), str(words), shown(words))


def catalogue() -> Iterator[str]:
    """Yield every code of the error catalogue, with its Dutch."""
    yield "| code | class | step | meaning | what to do | in Dutch |\n|---|---|---|---|---|---|"
    for code, entry in CATALOGUE.items():
        words = (entry.title, entry.advice, shown(entry.title))
        yield _row(_code(code), entry.error_class, entry.step, *words)


def steps() -> Iterator[str]:
    """Yield the steps of the draaiboek with the commands that serve them, in Dutch."""
    for section in all_sections():
        yield f"## {section.id}. {shown(section.en)}\n"
        yield "| stap | wat | wie | commando's |\n|---|---|---|---|"
        yield from map(_step, section.steps)
        yield ""


def _step(step: Step) -> str:
    runs: dict[str, str] = {env: "001" for env in step.envs}  # noqa: C420 (of plain names)
    commands = [_code(line) for line in step.commands_for(step.envs[0], runs)]
    who = ", ".join(role_text(role) for role in step.who)
    return _row(step.id, shown(step.en), who, "<br>".join(commands) or "met de hand")


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


PLACES: dict[str, Callable[[], Iterable[str]]] = {
    "catalogue": catalogue,
    "function-table": function_table,
    "functions": functions,
    "policies": policies,
    "standard": standard,
    "steps": steps,
    "outputs": outputs,
}


def renewed(page: str) -> str:
    """Return a page with what the code knows now in its places."""
    before = language()
    set_language("nl")
    try:
        return _PLACE.sub(lambda m: m[1] + "\n" + "\n".join(PLACES[m[2]]()) + "\n" + m[3], page)
    finally:
        set_language(before)


def main(arguments: list[str]) -> int:
    """Renew the pages, or tell which of them are behind."""
    behind = 0
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text("utf-8")
        now = renewed(text)
        if text != now:
            behind = 1
            print(f"{page.relative_to(ROOT)}: behind the code")
            if "--check" not in arguments:
                page.write_text(now, "utf-8")
    return behind if "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
