"""Run mutmut as it is, but for two kinds of mutants that say nothing, and one that it leaves out.

* Text of more than one word: sentences for people (tests/docs judges those) and SQL, which does not
  tell `SELECT` from `select`.
* The name of an encoding: `UTF-8` is `utf-8`.
* It skips what is decorated. Our rules' functions are (`@function`), and what is remembered
  (`@lru_cache`): those decorators may well get a mutant to hold.

`python mutating.py generate` makes the mutants; `python mutating.py run NAME…` tries them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence

import libcst
from mutmut import __main__ as mutmut
from mutmut.mutation import file_mutation, mutators
from mutmut.mutation.file_mutation import MODULE_STATEMENT, Mutation
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths

Statements = Sequence[MODULE_STATEMENT]
Arranged = tuple[Statements, Statements, Statements, Sequence[str]]
_HOLDS_A_MUTANT = {"function", "lru_cache"}
_ENCODINGS = {"utf-8", "utf-8-sig", "ascii", "latin-1", "cp437"}


def _one_word(node: libcst.BaseString) -> Iterable[libcst.BaseString]:
    text = node.evaluated_value if isinstance(node, libcst.SimpleString) else ""
    if not (isinstance(text, str) and (" " in text or text in _ENCODINGS)):
        yield from mutators.operator_string(node)


def _is_held(node: libcst.CSTNode) -> bool:
    """Tell whether this function has only decorators that may get a mutant."""
    if not isinstance(node, libcst.FunctionDef) or not node.decorators:
        return False
    called = [d.decorator.func for d in node.decorators if isinstance(d.decorator, libcst.Call)]
    names = {name.value for name in called if isinstance(name, libcst.Name)}
    return len(called) == len(node.decorators) and names <= _HOLDS_A_MUTANT


def _try_the_decorated() -> None:
    visitor = file_mutation.MutationVisitor
    skips = visitor._skip_node_and_children

    def skips_less(self: file_mutation.MutationVisitor, node: libcst.CSTNode) -> bool:
        return not _is_held(node) and skips(self, node)

    arrange = file_mutation.function_trampoline_arrangement

    def arrange_once(
        function: libcst.FunctionDef, mutants: Iterable[Mutation], class_name: str | None
    ) -> Arranged:
        """Decorate what is called, and not each mutant: a rule's function has one name."""
        own = function.decorators if _is_held(function) else ()
        bare = function.with_changes(decorators=[]) if own else function
        before, (called, *others), after, names = arrange(bare, mutants, class_name)
        if own and isinstance(called, libcst.FunctionDef):
            called = called.with_changes(decorators=[*own, *called.decorators])
        return before, [called, *others], after, names

    visitor._skip_node_and_children = skips_less  # type: ignore[method-assign]
    file_mutation.function_trampoline_arrangement = arrange_once


def _be_quiet() -> None:
    operators = mutators.mutation_operators
    operators[:] = [  # type: ignore[index]
        (kind, _one_word if operator is mutators.operator_string else operator)
        for kind, operator in operators
    ]


def _generate() -> None:
    set_mutant_under_test("mutant_generation")
    os.makedirs("mutants", exist_ok=True)  # noqa: PTH103 (as mutmut does)
    copy_src_dir()
    copy_also_copy_files()
    setup_source_paths()
    mutmut.create_mutants(2)


if __name__ == "__main__":
    _be_quiet()
    _try_the_decorated()
    if sys.argv[1] == "generate":
        _generate()
    else:
        mutmut.cli()
