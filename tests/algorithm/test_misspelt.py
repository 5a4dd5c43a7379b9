"""Every word of every shipped algorithm, misspelt: its place is named, and the right word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from kt_migrate.algorithm.load import Layer, layers_of, load_algorithm, merge
from kt_migrate.algorithm.mistakes import AlgorithmError, Mistake
from kt_migrate.algorithm.structure import parse
from kt_migrate.shipped import shipped
from kt_migrate.strict_yaml import YamlFile

Loc = tuple[str | int, ...]

SHIPPED = sorted(path.stem for path in shipped("algorithms").glob("*.yaml"))

FREE = re.compile(
    r"name|version|extends|own_elements\..*\.path|.*\.(because|id|enrichment(\.\d+)?|display)"  # own
    r"|codes\.(name-particles\..*|countries\.(system|codings\..*)|identifier-systems\.codes\..*)"
    r"|codes\.contact-use\.codes\..*|codes\.organization-type\.(system|codes\..*)"  # of no list
    r"|scope\..*(since|before|name|list|organization|group)(\.\d+)?|scope\.(.*\.)?history\..*"
)
"""What nobody can call misspelt: it is the file's own."""

NAMES = re.compile(
    r"codes\.[^.]*(\.codings\.[^.]*|\.own_codes\.\d+)?|codes\.endpoint-fixed\.codes\.[^.]*"
)
"""Names that the file itself uses elsewhere: where they are used, they are unknown."""


@dataclass(frozen=True)
class Node:
    """A word of an algorithm.

    Attributes:
        loc: way to it.
        key: it is the last key of the way, not the value there.
        word: the word.
        offset: where it begins in a longer text.
    """

    loc: Loc
    key: bool
    word: str
    offset: int = 0

    @property
    def path(self) -> str:
        """The way, as text."""
        return ".".join(map(str, self.loc))


@cache
def files(name: str) -> tuple[Layer, ...]:
    """Return the files of a shipped algorithm, the lowest first."""
    return tuple(layers_of(name))


def nodes(tree: object, loc: Loc = ()) -> Iterator[Node]:
    """Yield every word of a file, each word of a call and of a path apart."""
    if isinstance(tree, CommentedMap):
        for key, value in tree.items():
            yield Node((*loc, key), key=True, word=key)
            yield from nodes(value, (*loc, key))
    elif isinstance(tree, CommentedSeq):
        for place, item in enumerate(tree):
            yield from nodes(item, (*loc, place))
    elif isinstance(tree, bool):
        yield Node(loc, key=False, word=str(tree).lower())
    elif isinstance(tree, str):
        yield from words(tree, loc)


def words(text: str, loc: Loc) -> Iterator[Node]:
    """Yield a text, or the words of it when it is a call or a path."""
    if loc[0] == "types" and loc[-1] in {"using", "from", "when", "path"}:
        plain = re.sub(r"'[^'#]*'|\b(and|or)\b", lambda found: " " * len(found[0]), text)
        for found in re.finditer(r"[A-Za-z][\w-]*(#\w+)?(\[x\])?", plain):
            yield Node(loc, key=False, word=found[0], offset=found.start())
    else:
        yield Node(loc, key=False, word=text)


def misspelt(word: str) -> str:
    """Return a word with a letter too many."""
    middle = len(word) // 2 or 1
    return f"{word[:middle]}q{word[middle:]}"


@contextmanager
def changed(file: YamlFile, node: Node) -> Iterator[None]:
    """Have one word of a file misspelt; all else stands where it stood."""
    parent: object = file.tree
    for step in node.loc[:-1]:
        parent = parent[step]  # type: ignore[index]  # the way is one of the tree
    assert isinstance(parent, CommentedMap | CommentedSeq)
    step, wrong, was = node.loc[-1], misspelt(node.word), parent[node.loc[-1]]
    if node.key:
        renamed(parent, str(step), wrong)
    elif isinstance(was, str):
        parent[step] = was[: node.offset] + wrong + was[node.offset + len(node.word) :]
    else:
        parent[step] = wrong
    try:
        yield
    finally:
        if node.key:
            renamed(parent, wrong, str(step))
        else:
            parent[step] = was


def renamed(parent: object, old: str, new: str) -> None:
    """Rename a key, in its place."""
    assert isinstance(parent, CommentedMap)
    place, position = list(parent).index(old), parent.lc.data[old]
    parent.insert(place, new, parent.pop(old))
    parent.lc.data[new] = position


def told(layers: tuple[Layer, ...], wrong: list[Node]) -> tuple[Mistake, ...]:
    """Return the mistakes that are told when these words of the last file are misspelt."""
    file = layers[-1].file
    with ExitStack() as stack:
        for node in wrong:
            stack.enter_context(changed(file, node))
        try:
            merge([*layers[:-1], Layer(parse(file), file, layers[-1].path)])
        except AlgorithmError as error:
            return error.mistakes
    return ()


def batches(found: list[Node]) -> list[list[Node]]:
    """Put together what does not hide each other: one key of all rules, all lines of a table.

    All mistakes are told at once, so each of them still has to be there; it takes a third.
    """
    made: dict[object, list[Node]] = {}
    for node in found:
        together: object = node
        match node.loc:
            case ("types", _, "rules" | "ignored" as section, _, _) if node.key:
                together = (section, node.word)
            case ("codes", table, "codes", _) if table != "endpoint-fixed":
                together = (table, node.key)
        made.setdefault(together, []).append(node)
    return list(made.values())


def tried(name: str) -> list[Node]:
    """Return every word of an algorithm that can be misspelt."""
    lists = re.compile(r"codes\.(name-particles\.[^.]*|(identifier-systems|countries)\.codes\..*)")
    return [
        node
        for node in nodes(files(name)[-1].file.tree)
        if not (lists if node.key else FREE).fullmatch(node.path)
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_word_misspelt_is_told_with_its_place_and_the_right_word(name: str) -> None:
    """Keys, functions, arguments, policies, codes, paths, types, elements, ids to be removed."""
    layers = files(name)
    file = layers[-1].file
    silent, elsewhere, without = [], [], []
    for batch in batches(tried(name)):
        found = told(layers, batch)
        for node in batch:
            where = file.where(node.loc, value=not node.key, offset=node.offset)
            said = [mistake for mistake in found if mistake.where == where]
            if not found:
                silent.append(node)
            elif any(misspelt(node.word) in m.what and right(node, m) for m in said):
                continue
            elif NAMES.fullmatch(node.path):
                if not any(node.word in m.what and misspelt(node.word) in m.fix for m in found):
                    without.append((node, found))
            elif not said:
                elsewhere.append((node, where, found))
            else:
                without.append((node, found))

    assert (silent[:5], elsewhere[:5], without[:5]) == ([], [], [])


def right(node: Node, mistake: Mistake) -> bool:
    """Say whether a mistake names the right word."""
    return f" {node.word}" in mistake.fix


@pytest.mark.parametrize("name", [name for name in SHIPPED if files(name)[-1].parsed.extends])
def test_what_is_extended_misspelt_is_told_too(name: str, tmp_path: Path) -> None:
    """By the place of the word, whoever names it."""
    file = files(name)[-1].file
    text = file.content.decode().replace("extends: standard", "extends: standqard")
    path = tmp_path / f"{name}.yaml"
    path.write_text(text, "utf-8")

    with pytest.raises(AlgorithmError) as caught:
        load_algorithm(str(path))

    (mistake,) = caught.value.mistakes
    assert mistake.where == file.where(("extends",), value=True)
    assert " standard" in mistake.fix
