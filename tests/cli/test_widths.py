"""What the commands of a weekend say fits in 80 columns, in both languages; and in plain signs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inside import inside, typed
from kt_migrate.cli.plainly import choose_plain
from kt_migrate.language import LANGUAGES

SAID = (
    *("inspect", "plan", "scope", "scope --list", "draaiboek", "probe --env local"),
    *("trial --env local", "trial --env local --repair", "verify --audit", "report", "status"),
    *("errors list", "errors list --lines --notices", "errors diff 001 001 --notices"),
    *("errors export --as-enrichment", "errors export --format csv", "config check"),
    *(
        "evidence make",
        "gate pre --env local",
        "gate post --env local",
        "rollback --env local --preview",
    ),
    *("algorithm check", "algorithm test standard", "algorithm diff standard small-practice"),
    *("lessons", "subscriptions list --env local", "keys jwks"),
)
COPIED = re.compile(r"kt-migrate |/\S{12}|https?:|[0-9A-Za-z_-]{43}")
"""What must stay on one line: commands, paths, addresses, digests, links."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("line", SAID)
def test_what_is_said_fits_in_80_columns(tried: Path, line: str, language: str) -> None:
    """But for what is to be copied: that is never broken."""
    with inside(tried):
        done = typed("--lang", language, *line.split(), cwd=tried)
    long = [row for row in (done.out + done.err).splitlines() if len(row) > 80]

    assert done.code in (0, 3, 13, 25, 29), done
    assert [row for row in long if not COPIED.search(row)] == []
    assert "\\[" not in done.out, "no sign of ours stands before a bracket"


@pytest.mark.parametrize(
    "line", ["inspect", "plan", "verify", "errors list", "gate pre --env local"]
)
def test_plain_has_no_signs_of_ours(tried: Path, line: str) -> None:
    """Accents stay: they are letters."""
    try:
        with inside(tried):
            done = typed("--plain", *line.split(), cwd=tried)
    finally:
        choose_plain(plain=False)

    assert set(re.sub(r"[A-Za-zÀ-ÿ]", "", done.out)) <= set(map(chr, range(128)))
