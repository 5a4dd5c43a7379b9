"""Options of the program itself may stand anywhere on the command line: people put them last."""

from __future__ import annotations

from collections.abc import Sequence

_ALONE = "--plain"
_VALUED = "--lang"


def options_first(arguments: Sequence[str]) -> list[str]:
    """Return a command line with the program's own options before the command.

    What comes after `--` is nobody's option.

    >>> options_first(["plan", "--lang", "en", "--env", "local", "--plain"])
    ['--lang', 'en', '--plain', 'plan', '--env', 'local']
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    first: list[str] = []
    rest: list[str] = []
    left = iter(arguments[:end])
    for argument in left:
        if argument == _ALONE or argument.startswith(f"{_VALUED}="):
            first.append(argument)
        elif argument == _VALUED and (value := next(left, None)) is not None:
            first += [argument, value]
        else:
            rest.append(argument)
    return [*first, *rest, *arguments[end:]]
