"""Run mutmut as it is, but for two kinds of mutants that say nothing.

* Text of more than one word: sentences for people (tests/docs judges those) and SQL, which does not
  tell `SELECT` from `select`.
* The name of an encoding: `UTF-8` is `utf-8`.

`python mutating.py generate` makes the mutants; `python mutating.py run NAME…` tries them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

import libcst
from mutmut import __main__ as mutmut
from mutmut.mutation import mutators
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.utils.file_utils import copy_also_copy_files, copy_src_dir, setup_source_paths

_ENCODINGS = {"utf-8", "utf-8-sig", "ascii", "latin-1", "cp437"}


def _one_word(node: libcst.BaseString) -> Iterable[libcst.BaseString]:
    text = node.evaluated_value if isinstance(node, libcst.SimpleString) else ""
    if not (isinstance(text, str) and (" " in text or text in _ENCODINGS)):
        yield from mutators.operator_string(node)


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
    if sys.argv[1] == "generate":
        _generate()
    else:
        mutmut.cli()
