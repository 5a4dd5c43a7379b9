"""Every command, the module that has it, and a line about it: known without importing any.

`kt-migrate --help` and the completion of a command's name need no more than this. A module of
the table has `add_to(app)`, which adds its commands; it is imported when one of them is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass

from kt_migrate.errors import Said, said


@dataclass(frozen=True, slots=True)
class Row:
    """A command, or a group of them.

    Attributes:
        module: of this room, that adds it.
        about: what it does, on one line of a screen of 80, with the draaiboek's steps.
    """

    module: str
    about: Said


PREPARING = {
    "init": Row("making", said("Make a working folder for a domain (A2)")),
    "keys": Row("making", said("Keys per environment, and their JWKS (B.6)")),
    "config": Row("configs", said("Check the files of the environments (Bijlage A, B)")),
    "sandbox": Row("serving", said("A KT 2.0 resource service on this machine (L.5)")),
    "inspect": Row("inspecting", said("What is in the archive, and how complete it is (K.3, P.5)")),
    "algorithm": Row("algorithms", said("Check, explain, test and compare the algorithm (K.5)")),
    "plan": Row("reading", said("Make a plan: every write, every reject, the books (K.3-K.6)")),
    "scope": Row("scoping", said("What the plan leaves out of scope, and why (K.1, K.2)")),
    "draaiboek": Row("runbooks", said("Make this domain's own runbook (K.6)")),
}
WRITING = {
    "probe": Row("environments", said("Whether an environment gives what the plan needs (M.1, O)")),
    "trial": Row("writing", said("Execute the newest plan as a trial (L.6, L.10, M.2)")),
    "cleanup": Row("undoing", said("Clean up what the trials wrote (M.5, L.12, S.1)")),
    "subscriptions": Row(
        "subscriptions", said("Who is notified; our own off, and on again (L.3, P.6, Q.9)")
    ),
    "gate": Row("gating", said("The quality gates: before (O) and after (Q), and GO")),
    "run": Row("running", said("Execute a plan on production, behind a GO (P.7, P.8)")),
    "cluster": Row("clusters", said("Plan or try several domains at once (A2, K, L, T.1)")),
    "control": Row("controlling", said("Steer the run that is under way: pause, rate, stop (P.8)")),
    "status": Row("proving", said("Where every run stands, and what comes now (P)")),
    "domain": Row("domains", said("What every supplier of the domain brought (P.8, Q.2)")),
    "rollback": Row("undoing", said("Undo what a run wrote, and prove it (R)")),
}
PROVING = {
    "verify": Row("proving", said("Read the server back and compare it with the plan (Q.2)")),
    "report": Row("proving", said("Make the report of a run (K.4, M.3, T)")),
    "errors": Row(
        "listing", said("The error list: show, compare, hand over, read back (M.3, Q.1)")
    ),
    "sample": Row("judging", said("Let dossiers be judged side by side in a browser (Q.3, Q.6)")),
    "trace": Row("tracing", said("The life of one object, from message to server (Q.5)")),
    "lessons": Row("lessons", said("What the next domain should know of this one (T.1-T.3)")),
    "evidence": Row("evidence", said("Make and check the signed evidence of a run (Q, T)")),
}
SECTIONS: tuple[tuple[Said, dict[str, Row]], ...] = (
    (said("Prepare"), PREPARING),
    (said("Write"), WRITING),
    (said("Prove"), PROVING),
)
ROWS = {name: row for _title, rows in SECTIONS for name, row in rows.items()}
