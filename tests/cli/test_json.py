"""`--json`: one document on stdout and nothing else; people's text goes to stderr."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from behind import allowed
from inside import inside, typed
from kt_migrate.errors import ExitCode

COMMANDS: dict[str, set[str]] = {
    "inspect": {"schema", "documents", "objects", "control_list", "completeness", "kt2"},
    "plan": {"run", "env", "books", "books_per_event", "census", "hash_totals", "writes"},
    "trial --env local": {
        "run",
        "env",
        "books",
        "books_per_event",
        "hash_totals",
        "pending",
        "figures",
    },
    "run --env local --yes-run EXAMPLE": {"run", "env", "books", "pending", "go", "briefing"},
    "probe --env local": {"schema", "points", "server_digest"},
    "config check": {"environments"},
    "domain status": {"env", "domain", "pieces", "waits", "links", "complete"},
    "verify": {"run", "env", "passed", "books", "books_per_event", "hash_totals", "planned"},
    "errors export --as-enrichment": {"run", "env", "asked", "path"},
    "errors export --format csv": {"run", "env", "lines", "statuses", "taken_over", "path"},
    "errors import --domain-dir . list.csv": {"file", "rows", "changed", "problems"},
    "errors diff --env local 001 001": {"before", "after", "counts", "reasons", "moves"},
    "errors list": {"run", "env", "errors", "path", "groups"},
    "errors list --notices": {"run", "env", "errors", "path"},
    "report": {"run", "env", "html", "json"},
    "status": {"runs"},
    "evidence make": {"path"},
    "trace --env local https://epd.voorbeeld.example/fhir/Koppeltaal/Patient/0": {
        "run",
        "env",
        "link",
        "objects",
    },
    "scope": {"run", "env", "out_of_scope", "needed"},
    "scope --list": {"run", "env", "out_of_scope", "needed", "objects"},
    "algorithm explain": {"schema", "algorithm", "digest", "types", "policies", "codes"},
    "algorithm test": {"algorithm", "passed", "examples"},
    "rollback --env local --preview": {"env", "runs"},
    "cleanup --env local --preview": {"env", "runs"},
    "draaiboek": {"run", "env", "actions", "steps", "files"},
    "algorithm diff standard standard": {"before", "after", "differences", "consequence"},
}


_WHO = "--env local --by Anna --role zorgaanbieder"
GATES: dict[str, tuple[ExitCode, set[str]]] = {
    "gate pre --env local": (ExitCode.NO_GO, {"env", "run", "plan", "points", "passed", "go"}),
    "gate post --env local": (ExitCode.NO_GO, {"env", "run", "plan", "points", "passed", "go"}),
    f"gate attest {_WHO} O.1": (ExitCode.OK, {"env", "key", "lines"}),
    f"gate decide {_WHO} --gate pre no-go": (ExitCode.OK, {"env", "key", "line", "whole"}),
    "gate verify --env local": (ExitCode.OK, {"path", "key", "lines", "head", "decisions"}),
}
"""These write a line in the ledger each time, so no two outputs are the same."""


ELSEWHERE = {
    *("evidence verify", "sample", "lessons"),
    *("subscriptions list", "subscriptions pause", "subscriptions restore"),
    *(f"cluster {w}" for w in ("plan", "trial", "status", "report")),
}
"""Their documents are of what is made first: tests/evidence, judging, subscriptions, reports, clusters."""


def document(text: str) -> dict[str, Any]:
    """Read exactly one document, with a line's end behind it and nothing else around it."""
    found, end = json.JSONDecoder().raw_decode(text)
    assert text[end:] == "\n"
    assert isinstance(found, dict)
    assert next(iter(found)) == "schema"
    return found


@pytest.mark.parametrize("line", COMMANDS)
def test_json_is_one_document_on_stdout(tried: Path, line: str) -> None:
    """The same text that people get without it is on stderr."""
    with inside(tried):
        if line.startswith("run "):
            allowed(tried, "local", tried / "runs/local/001")
        if "list.csv" in line:
            assert typed("errors", "export", "-o", "list.csv", cwd=tried).code == ExitCode.OK
        plain = typed(*line.split(), cwd=tried)
        # A form or list that is there is never written over.
        (tried / "runs/local/001/verrijking.csv").unlink(missing_ok=True)
        (tried / "runs/local/001/actielijst.csv").unlink(missing_ok=True)
        machine = typed(*line.split(), "--json", cwd=tried)

    assert (plain.code, machine.code) == (ExitCode.OK, ExitCode.OK)
    assert document(machine.out).keys() >= COMMANDS[line]
    assert plain.err == ""
    assert machine.err == plain.out
    assert len(plain.out) > 40


@pytest.mark.parametrize("line", GATES)
def test_json_of_a_gate_is_one_document_on_stdout(tried: Path, line: str) -> None:
    """And the screen goes to stderr."""
    typed("gate", "pre", "--env", "local", cwd=tried)
    done = typed(*line.split(), "--json", cwd=tried)

    assert done.code == GATES[line][0]
    assert document(done.out).keys() >= GATES[line][1]
    assert done.err


@pytest.mark.parametrize("line", ["verify --run 9", "plan --archive none", "errors list --run 9"])
def test_what_fails_prints_no_document(tried: Path, line: str) -> None:
    """A script that reads stdout finds nothing there, whichever language is spoken."""
    for language in ("nl", "en"):
        done = typed("--lang", language, *line.split(), "--json", cwd=tried)

        assert done.code != ExitCode.OK
        assert done.out == ""
        assert done.err


def test_every_command_that_takes_json_is_tried_here() -> None:
    """A new one is not forgotten."""
    import typer.main  # noqa: PLC0415 (only this test looks at the commands)

    from kt_migrate.cli.app import app  # noqa: PLC0415

    found = dict(getattr(typer.main.get_command(app), "commands", {}))
    for name, group in list(found.items()):
        found |= {f"{name} {sub}": c for sub, c in getattr(group, "commands", {}).items()}
    takes = {n for n, c in found.items() if any("--json" in p.opts for p in c.params)}

    tried = {
        line.partition(" --")[0].removesuffix(" standard standard") for line in [*COMMANDS, *GATES]
    }
    assert takes - ELSEWHERE == tried


def test_a_mismatch_is_a_document_too(tried: Path) -> None:
    """A verdict that is no pass is an outcome, not a failure of the command."""
    (tried / ".sandbox" / "store.sqlite").unlink()
    with inside(tried):
        done = typed("verify", "--json", cwd=tried)

    assert done.code == ExitCode.MISMATCH
    found = document(done.out)
    assert found["passed"] is False
    assert found["differences"] == 44


@pytest.mark.parametrize(
    "line",
    [
        *("status", "verify", "plan", "inspect", "errors list", "errors list --lines --notices"),
        "errors diff 001 001 --notices",
    ],
)
def test_text_is_at_most_80_columns_and_plain_when_piped(tried: Path, line: str) -> None:
    """No colours and no cursor movements in a file."""
    with inside(tried):
        text = typed(*line.split(), cwd=tried).out

    assert "\x1b" not in text
    long = [row for row in text.splitlines() if len(row) > 80]
    assert [row for row in long if str(tried) not in row] == [], "but for a path: it can be copied"
