"""What each exit code means, and which of them each command can end with.

The one table of it: `--help`, docs/commands.md and `errors.ExitCode` are held beside it by tests.
"""

from __future__ import annotations

from kt_migrate.errors import ExitCode, Said, said

MEANS: dict[ExitCode, Said] = {
    ExitCode.OK: said("done"),
    ExitCode.UNEXPECTED: said("a defect of kt-migrate: report it"),
    ExitCode.USAGE: said("the command line asks for something impossible"),
    ExitCode.CONFIGURATION: said("a file, folder, key or setting is wrong"),
    ExitCode.SOURCE: said("there is nothing to read, or nothing to verify"),
    ExitCode.MANIFEST: said("the archive is not what its manifest says"),
    ExitCode.PLAN_STALE: said("something that the plan is bound to has changed"),
    ExitCode.LOCKED: said("another process works on this run"),
    ExitCode.NOT_RUNNING: said("nobody works on this run, or it does not react"),
    ExitCode.NO_GO: said("a point of the gate is open, or no GO holds for this plan"),
    ExitCode.FORGED: said("a signed record is not what was signed"),
    ExitCode.CLASH: said("two suppliers bring the same object"),
    ExitCode.REJECTS: said("everything was tried; the server refused some"),
    ExitCode.TOO_MANY_REJECTS: said("stopped: the server refused too many; go on with the same"),
    ExitCode.BOOKS: said("the books do not balance"),
    ExitCode.MISMATCH: said("server and plan differ"),
    ExitCode.DUPLICATES: said("a temporary identifier occurs more than once"),
    ExitCode.COULD_NOT_LOOK: said("could not look: no approval"),
    ExitCode.CENSUS: said("the census and the plan do not have the same objects"),
    ExitCode.AUDIT: said("the AuditEvents are not what the journal says"),
    ExitCode.LEFT: said("something was left on the server, each with its reason"),
    ExitCode.EXAMPLES: said("an example has another outcome, or a rule has too few"),
    ExitCode.LOGIN: said("401, 403, or no secured connection"),
    ExitCode.UNAVAILABLE: said("the server does not answer; the same command resumes"),
    ExitCode.LACKING: said("the environment does not give what the plan needs"),
    ExitCode.NOT_APPROVED: said("a dossier of the sample was judged wrong"),
    ExitCode.WAITING: said("something that another supplier brings is not there yet"),
    ExitCode.CLUSTER: said("a domain of the cluster did not get there; it is named"),
    ExitCode.SUBSCRIPTION: said("a subscription is no longer as we left it"),
    ExitCode.INTERRUPTED: said("stopped halfway; the same command resumes"),
    ExitCode.JOURNAL: said("the run folder is damaged or belongs to something else"),
}

_E = ExitCode
_ALWAYS = (_E.OK, _E.UNEXPECTED, _E.USAGE, _E.CONFIGURATION, _E.INTERRUPTED)
_READS = (_E.SOURCE, _E.MANIFEST, _E.BOOKS, _E.CENSUS, _E.JOURNAL)
_ASKS = (_E.COULD_NOT_LOOK, _E.LOGIN, _E.UNAVAILABLE)
_WRITES = (
    *_READS,
    *_ASKS,
    *(_E.PLAN_STALE, _E.LOCKED, _E.REJECTS, _E.TOO_MANY_REJECTS, _E.MISMATCH, _E.DUPLICATES),
    *(_E.CLASH, _E.WAITING),
)
_UNDOES = (*_ASKS, _E.LOCKED, _E.MISMATCH, _E.LEFT, _E.JOURNAL)
_SIGNED = (_E.LOCKED, _E.NO_GO, _E.FORGED, _E.JOURNAL)
_CHECKED = (
    *(_E.SOURCE, _E.NO_GO, _E.FORGED, _E.BOOKS, _E.MISMATCH, _E.COULD_NOT_LOOK, _E.LACKING),
    _E.NOT_APPROVED,
)

ENDS: dict[str, tuple[ExitCode, ...]] = {
    "inspect": (_E.SOURCE, _E.MANIFEST),
    "algorithm test": (_E.EXAMPLES,),
    "algorithm diff": _READS,
    "plan": (*_READS, *_ASKS, _E.PLAN_STALE, _E.CLASH),
    "scope": (_E.JOURNAL,),
    "draaiboek": (_E.JOURNAL,),
    "probe": (*_ASKS, _E.LACKING, _E.JOURNAL),
    "trial": _WRITES,
    "cleanup": _UNDOES,
    "gate pre": (*_READS, *_SIGNED),
    "gate post": (*_READS, *_SIGNED),
    "gate attest": _SIGNED,
    "gate decide": (*_READS, *_SIGNED),
    "gate verify": (_E.SOURCE, _E.FORGED),
    "cluster plan": (_E.LOCKED, _E.UNAVAILABLE, _E.CLUSTER),
    "cluster trial": (_E.LOCKED, _E.UNAVAILABLE, _E.CLUSTER),
    "cluster status": (_E.UNAVAILABLE,),
    "cluster report": (_E.UNAVAILABLE, _E.CLUSTER),
    "cluster worker": (_E.UNAVAILABLE,),
    "run": (*_WRITES, _E.NO_GO, _E.FORGED),
    "control pause": (_E.NOT_RUNNING,),
    "control resume": (_E.NOT_RUNNING,),
    "control rate": (_E.NOT_RUNNING,),
    "control stop": (_E.NOT_RUNNING,),
    "status": (_E.JOURNAL,),
    "domain status": (*_ASKS, _E.CLASH, _E.WAITING, _E.JOURNAL),
    "rollback": _UNDOES,
    "verify": (*_ASKS, _E.SOURCE, _E.MISMATCH, _E.DUPLICATES, _E.AUDIT, _E.JOURNAL),
    "report": (_E.SOURCE, _E.BOOKS, _E.JOURNAL),
    "errors list": (_E.JOURNAL,),
    "errors diff": (_E.JOURNAL,),
    "errors export": (_E.PLAN_STALE, _E.JOURNAL),
    "errors import": (_E.JOURNAL,),
    "sample": (*_ASKS, _E.SOURCE, _E.PLAN_STALE, _E.NOT_APPROVED, _E.JOURNAL),
    "subscriptions list": (*_ASKS, _E.JOURNAL),
    "subscriptions pause": (*_ASKS, _E.LOCKED, _E.NO_GO, _E.FORGED, _E.SUBSCRIPTION, _E.JOURNAL),
    "subscriptions restore": (*_ASKS, _E.LOCKED, _E.SUBSCRIPTION, _E.JOURNAL),
    "lessons": (_E.SOURCE, _E.JOURNAL),
    "trace": (_E.JOURNAL,),
    "evidence make": (_E.FORGED, _E.JOURNAL),
    "evidence verify": _CHECKED,
}
"""Beside those of every command: with what else one can end."""


def ends_of(command: str) -> tuple[ExitCode, ...]:
    """Return the codes with which a command can end.

    Args:
        command: as it is typed, without options: `gate pre`.
    """
    return tuple(sorted({*_ALWAYS, *ENDS.get(command, ())}))
