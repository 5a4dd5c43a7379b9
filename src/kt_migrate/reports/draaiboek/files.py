"""Writes the domain's runbook: Markdown, one HTML page that opens offline, a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment as Templates
from jinja2 import PackageLoader, StrictUndefined, select_autoescape

from kt_migrate.language import language, tr
from kt_migrate.reports.draaiboek.lines import Line, Runbook, column_names
from kt_migrate.reports.draaiboek.workbook import workbook

FORMATS = ("md", "html", "xlsx")
"""What a runbook can be written as."""

_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>|#"})


def write_draaiboek(folder: Path, found: Runbook, formats: Sequence[str]) -> tuple[Path, ...]:
    """Write a runbook into a folder; each file has its name when it is whole.

    Args:
        folder: where; made when it is not there.
        found: what stands in it.
        formats: some of `FORMATS`.

    Returns:
        The files.
    """
    makers = {"md": markdown, "html": page, "xlsx": workbook}
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name in formats:
        path = folder / f"draaiboek.{name}"
        _write(path, makers[name](found))
        files.append(path)
    return tuple(files)


def page(found: Runbook) -> bytes:
    """Return a runbook as one HTML page."""
    templates = Templates(
        loader=PackageLoader("kt_migrate.reports"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
    )
    made = templates.get_template("draaiboek.html.j2").render(
        {
            "book": found,
            "columns": column_names(),
            "tr": tr,
            "lang": language(),
            "by_hand": by_hand(),
        }
    )
    return made.encode()


def by_hand() -> str:
    """Return what stands where no command serves a step."""
    return tr("by hand")


def markdown(found: Runbook) -> bytes:
    """Return a runbook as Markdown, a table per letter."""
    names = column_names()
    out = [f"# {_text(found.title)}", ""]
    out += [f"* {name}: {_text(value)}" for name, value in found.facts]
    for chapter in found.chapters:
        out += ["", f"## {chapter.letter}. {_text(chapter.title)}", ""]
        out.append(f"| {' | '.join(names)} |")
        out.append("|---" * len(names) + "|")
        out += [f"| {' | '.join(_cells(line))} |" for line in chapter.lines]
    return ("\n".join(out) + "\n").encode()


def _cells(line: Line) -> list[str]:
    """Return one line's cells; date and initials stay empty."""
    commands = "<br>".join(f"`{command}`" for command in line.commands)
    if not commands and not line.is_action:
        commands = by_hand()
    texts = map(_text, (line.number, line.what, line.who))
    return [*texts, commands, _text(line.before), _text(line.check), line.time, "", ""]


def _text(value: str) -> str:
    """Return a text as it stands in Markdown: nothing in it is markup, nor ends a row."""
    return " ".join(value.split()).translate(_MARKDOWN)


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o600)
    unfinished.replace(path)
