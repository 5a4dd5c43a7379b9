"""Take the English words for people out of the code, and hold the Dutch of them complete.

    python tools/words.py            renew the .po (new words empty, old ones gone), make the .mo
    python tools/words.py --check    change nothing; 1 when words lack a Dutch, or the .po is behind

What is taken out: the literal first arguments of `tr`, `trn` and `said`; of every `…Error` its
first argument and `fix`; title and advice of an `Entry` of the error catalogue; what templates
put in `_( )`; the steps of the draaiboek; why the standard algorithm has its rules. The .po has no
places in the code: those change with every line.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from kt_migrate import errors
from kt_migrate.strict_yaml import read_yaml

ROOT = Path(__file__).parents[1]
CODE = ROOT / "src" / "kt_migrate"
PO = CODE / "locale" / "nl" / "LC_MESSAGES" / "kt_migrate.po"
STOPPERS = {name for name in vars(errors) if name.endswith("Error")}
Words = str | tuple[str, str]


def words_of(source: str) -> Iterator[Words]:
    """Yield each message of a module: a string, or (one, many).

    Raises:
        ValueError: when what `tr`, `trn` or `said` is given is no literal: nobody could
            translate it.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        name = node.func.id
        match name:
            case "tr" | "said":
                yield from _literals(node.args[:1], name, node.lineno)
            case "trn":
                one, many = _literals(node.args[:2], name, node.lineno)
                yield one, many
            case "Entry":
                yield from _found(node.args[3:5])
            case _ if name in STOPPERS:
                fixes = [k.value for k in node.keywords if k.arg in {"what", "fix"}]
                _require_no_parts(node.args[:1] + fixes, name, node.lineno)
                yield from _found(node.args[:1] + fixes)
            case _:
                pass


def _require_no_parts(nodes: list[ast.expr], name: str, line: int) -> None:
    if any(isinstance(node, ast.JoinedStr | ast.BinOp) for node in nodes):
        raise ValueError(f"line {line}: what {name} says is a literal, or said()")


def _literals(nodes: list[ast.expr], name: str, line: int) -> list[str]:
    found = list(_found(nodes))
    if len(found) < len(nodes):
        raise ValueError(f"line {line}: {name}() takes a literal")
    return found


def _found(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        match node:
            case ast.Constant(value=str(text)) if text:
                yield text
            case ast.IfExp():
                yield from _found([node.body, node.orelse])
            case _:
                pass


def messages() -> list[Words]:
    """Return all messages of code and templates, each once, sorted."""
    found: set[Words] = set()
    for path in sorted(CODE.rglob("*.py")):
        try:
            found.update(words_of(path.read_text(encoding="utf-8")))
        except ValueError as error:
            raise SystemExit(f"{path.relative_to(ROOT)}: {error}") from None
    for path in sorted(CODE.rglob("*.j2")):
        body = io.BytesIO(path.read_bytes())
        for _line, _function, text, _comments in babel_extract(
            body, ("_", "tr", "ngettext"), (), {}
        ):
            parts = [text] if isinstance(text, str) else [part for part in text or () if part]
            found.add(parts[0] if len(parts) == 1 else (parts[0], parts[1]))
    found.update(_texts(read_yaml(CODE / "reports" / "draaiboek" / "steps.yaml").data, "en"))
    found.update(_texts(read_yaml(ROOT / "algorithms" / "standard.yaml").data, "because"))
    many = {one[0] for one in found if isinstance(one, tuple)}
    return sorted((one for one in found if one not in many), key=str)


def _texts(part: object, name: str) -> Iterator[str]:
    """Yield every text that stands at a key of YAML, at whatever depth."""
    if isinstance(part, dict):
        yield from (str(text) for key, text in part.items() if key == name)
        part = list(part.values())
    for one in part if isinstance(part, list) else ():
        yield from _texts(one, name)


def renewed(old: Catalog) -> Catalog:
    """Return the catalogue of the words that there are now, with the Dutch that there was."""
    new = Catalog(locale="nl", project="kt-migrate", version="", fuzzy=False, domain="kt_migrate")
    for message in messages():
        known = old.get(message if isinstance(message, str) else message[0])
        string = known.string if known is not None and type(known.id) is type(message) else None
        new.add(message, string)
    return new


def as_po(catalog: Catalog) -> bytes:
    """Return the file of a catalogue; the same words give the same bytes."""
    body = io.BytesIO()
    write_po(body, catalog, width=96, omit_header=True, no_location=True, sort_output=True)
    return HEADER.encode() + body.getvalue()


HEADER = """\
# The Dutch of kt-migrate. tools/words.py renews this file; only what stands at msgstr is ours.
msgid ""
msgstr ""
"Project-Id-Version: kt-migrate\\n"
"Language: nl\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


def lacking(catalog: Catalog) -> list[str]:
    """Return the messages without a Dutch, or with a place that is not in the English."""
    return [str(m.id) for m in catalog if m.id and not (_complete(m.string) and _fits(m))]


def _fits(message: Message) -> bool:
    english, dutch = (
        {
            name
            for text in ([side] if isinstance(side, str) else side or ())
            for name in _places(text)
        }
        for side in (message.id, message.string)
    )
    return dutch <= english and (english == dutch or isinstance(message.id, tuple))


def _places(text: str) -> list[str]:
    return [name for _, name, _, _ in Formatter().parse(text) if name is not None]


def _complete(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def read(path: Path = PO) -> Catalog:
    """Return the catalogue as it stands."""
    if not path.is_file():
        return Catalog(locale="nl")
    with path.open("rb") as file:
        return read_po(file, locale="nl")


def compile_mo(path: Path = PO) -> Path:
    """Make the file that the program reads, beside the .po."""
    made = path.with_suffix(".mo")
    body = io.BytesIO()
    write_mo(body, read(path))
    if not made.is_file() or made.read_bytes() != body.getvalue():
        made.write_bytes(body.getvalue())
    return made


def main(arguments: list[str]) -> int:
    """Renew or check; tell what lacks."""
    catalog = renewed(read())
    content = as_po(catalog)
    lacks = lacking(catalog)
    for message in lacks:
        print("no Dutch yet:", message)
    print(f"{len(catalog)} messages, {len(lacks)} without Dutch")
    if "--check" in arguments:
        behind = not PO.is_file() or PO.read_bytes() != content
        print("the .po is behind: python tools/words.py" if behind else "the .po is up to date")
        return int(behind or bool(lacks))
    PO.parent.mkdir(parents=True, exist_ok=True)
    PO.write_bytes(content)
    compile_mo()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
