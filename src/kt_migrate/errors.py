"""What stops a run, drawn as a tree, with the exit codes.

    KtMigrateError
    ├── UsageError                 2   the command line asks for something impossible
    ├── ConfigurationError         3   a YAML file is wrong, a key is missing, environments mix
    ├── SourceError                4   there is nothing to read
    ├── ManifestError              5   the archive is not what its manifest says
    ├── PlanStaleError            10   something that the plan is bound to has changed
    ├── RunLockedError            11   another process works on this run
    ├── NotRunningError           12   nobody works on the run that is to be steered
    ├── GateError                 13   a gate's point is open or no, or nobody gave GO for this plan
    ├── ForgedError               14   a signed record is not what was signed
    ├── BooksError                22   the two accounts do not balance
    ├── CensusError               26   plan and census do not have the same objects
    ├── LoginError                30   401, 403, or no trusted connection: trying again cannot help
    ├── ServerUnavailableError    31   the server does not answer, or answers nonsense
    ├── ClusterError              35   a domain of a cluster did not get there
    └── JournalError              50   the run folder is damaged or belongs to something else

A bad object is not here: it is a value (`Rejected`) and ends in the error list.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """Exit codes. Documented in docs/commands.md, tested, never reused."""

    OK = 0
    UNEXPECTED = 1
    USAGE = 2
    CONFIGURATION = 3
    SOURCE = 4
    MANIFEST = 5
    PLAN_STALE = 10
    LOCKED = 11
    NOT_RUNNING = 12
    NO_GO = 13
    FORGED = 14
    CLASH = 15
    REJECTS = 20
    TOO_MANY_REJECTS = 21
    BOOKS = 22
    MISMATCH = 23
    DUPLICATES = 24
    COULD_NOT_LOOK = 25
    CENSUS = 26
    AUDIT = 27
    LEFT = 28
    EXAMPLES = 29
    LOGIN = 30
    UNAVAILABLE = 31
    LACKING = 32
    NOT_APPROVED = 33
    WAITING = 34
    CLUSTER = 35
    SUBSCRIPTION = 36
    INTERRUPTED = 40
    JOURNAL = 50


class Said(str):
    """Words for a person, in English, that can be said in another language later.

    It is the English itself, its places filled in; `language.shown` says it in the reader's.

    Attributes:
        text: the English with its places as `{name}`.
        values: by name what fills them; a tuple stands for a row, with commas between.
    """

    __slots__ = ("text", "values")
    text: str
    values: dict[str, object]

    def __new__(cls, text: str, /, **values: object) -> Self:
        """Say it."""
        parts = {
            n: ", ".join(map(str, v)) if isinstance(v, tuple) else v for n, v in values.items()
        }
        said = super().__new__(cls, text.format(**parts) if parts else text)
        said.text = text
        said.values = values
        return said

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, object]]:
        """Let another process say the same."""
        return (self.text,), self.values


def said(text: str, /, **values: object) -> Said:
    """Return words for a person: literally in English, so that the catalogue can hold them.

    >>> said("There is no environment {name}.", name="prod")
    'There is no environment prod.'
    """
    return Said(text, **values)


def lines(texts: Iterable[str]) -> Said:
    """Return texts as one, a line each; each can still be said in another language."""
    named = {f"line{number}": text for number, text in enumerate(texts)}
    return Said("\n".join(f"{{{name}}}" for name in named), **named)


class KtMigrateError(Exception):
    """The command cannot go on. Says what is wrong, where, and what to do next.

    Never put content of a message in `what` or `where`: names, BSNs and telecom values do not
    belong in a terminal or a log. Use the resource link.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.UNEXPECTED

    def __init__(self, what: str, *, where: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix


class UsageError(KtMigrateError):
    """The command line asks for something that this command does not do."""

    exit_code = ExitCode.USAGE


class ConfigurationError(KtMigrateError):
    """A file that a person wrote is wrong. `where` is `file:line:column` when it is YAML."""

    exit_code = ExitCode.CONFIGURATION


class SourceError(KtMigrateError):
    """There is no archive, or nothing in it: no check, no pass."""

    exit_code = ExitCode.SOURCE


class ManifestError(KtMigrateError):
    """A file of the archive is changed, missing or extra: it is not what was delivered."""

    exit_code = ExitCode.MANIFEST


class PlanStaleError(KtMigrateError):
    """The plan was made of other input, rules or settings than those of now."""

    exit_code = ExitCode.PLAN_STALE


class RunLockedError(KtMigrateError):
    """Another process holds the run folder."""

    exit_code = ExitCode.LOCKED


class NotRunningError(KtMigrateError):
    """There is no process to steer, or it does not react."""

    exit_code = ExitCode.NOT_RUNNING


class GateError(KtMigrateError):
    """The gate is shut: a point is open or no, or there is no GO that holds for this plan now."""

    exit_code = ExitCode.NO_GO


class ForgedError(KtMigrateError):
    """What was signed is not what there is: changed, removed, swapped, added or cut off."""

    exit_code = ExitCode.FORGED


class ClashError(KtMigrateError):
    """Two suppliers would bring the same object: they must agree first."""

    exit_code = ExitCode.CLASH


class BooksError(KtMigrateError):
    """What came in is not what was kept or ended: a defect of ours, and a reason to stop."""

    exit_code = ExitCode.BOOKS


class CensusError(KtMigrateError):
    """What the archive holds by an independent count is not what the plan has a fate for."""

    exit_code = ExitCode.CENSUS


class CouldNotLookError(KtMigrateError):
    """What was read cannot be shown to be all there is. That is no difference, and no approval."""

    exit_code = ExitCode.COULD_NOT_LOOK


class LoginError(KtMigrateError):
    """The server answered 401 or 403. Trying again cannot help, so the run stops."""

    exit_code = ExitCode.LOGIN


class ServerUnavailableError(KtMigrateError):
    """The server cannot be reached, or keeps failing. The same command resumes later."""

    exit_code = ExitCode.UNAVAILABLE


class ClusterError(KtMigrateError):
    """A domain of a cluster did not get there; it says which, and why."""

    exit_code = ExitCode.CLUSTER


class JournalError(KtMigrateError):
    """The run folder is damaged, or belongs to another environment or plan."""

    exit_code = ExitCode.JOURNAL
