"""What pydantic finds wrong with a file, in words of our own: the catalogue has them in Dutch.

No value of the file is in them: it may be a secret or a person's. Of a word out of a closed list
the list is told.
"""

from __future__ import annotations

import re

from pydantic_core import ErrorDetails

from kt_migrate.errors import Said, said

_QUOTED = re.compile(r"'([^']*)'")
_TEXT = said("a text; a number in quotes")
_WHOLE = said("a whole number")
_NUMBER = said("a number")
_TRUTH = said("true or false")
_LIST = said("a list: [a, b]")
_MAPPING = said("keys with values: {a: b}")
_FORMS = {
    "string_type": _TEXT,
    "string_too_short": said("a text that is not empty"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
}
"""What was expected, per kind of problem."""

_BOUNDED = {
    "greater_than": ("gt", said("a number above {bound}")),
    "greater_than_equal": ("ge", said("a number of {bound} or more")),
    "less_than": ("lt", said("a number below {bound}")),
    "less_than_equal": ("le", said("a number of {bound} or less")),
    "too_short": ("min_length", said("at least {bound}")),
    "too_long": ("max_length", said("at most {bound}")),
    "string_too_long": ("max_length", said("a text of at most {bound} characters")),
    "string_pattern_mismatch": ("pattern", said("a text of the form {bound}")),
}
"""The same where there is a bound: its name in the problem, and the words."""

_PATTERNS = {
    "^[a-z": said("lower case letters, digits and hyphens"),
    r"^\d{4": said("yyyy-mm-dd"),
}
"""How a pattern of ours begins, and what it says."""


def told(problem: ErrorDetails) -> Said:
    """Return what is wrong."""
    match problem["type"]:
        case "missing":
            return said("this key is missing")
        case "extra_forbidden":
            return said("there is no such key here")
        case "value_error":
            return rule_of(problem)
        case _:
            return said("expected {form}", form=form_of(problem))


def form_of(problem: ErrorDetails) -> Said:
    """Return what was expected."""
    kind, about = problem["type"], problem.get("ctx", {})
    if kind == "value_error":
        return rule_of(problem)
    if kind in _BOUNDED:
        name, words = _BOUNDED[kind]
        bound = about[name]
        return _PATTERNS.get(str(bound)[:5]) or Said(words.text, bound=bound)
    if kind in {"literal_error", "enum"}:
        return said("one of {choices}", choices=choices_of(problem))
    return _FORMS.get(kind, said("another kind of value"))


def choices_of(problem: ErrorDetails) -> tuple[str, ...]:
    """Return the words of the closed list that a value is not in."""
    given = str(problem.get("ctx", {}).get("expected", ""))
    return tuple(_QUOTED.findall(given)) or (given.lower(),)  # True stands there without quotes


def rule_of(problem: ErrorDetails) -> Said:
    """Return what a validator of ours said; it says it with `said`."""
    (words,) = problem["ctx"]["error"].args
    return words if isinstance(words, Said) else said("another kind of value")
