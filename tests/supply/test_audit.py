"""Known vulnerabilities: found, weighed until a day, and never silently not looked for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from audit import CONTROL, Audit, Finding, Package, by_pip_audit, by_registry, looked, told, weighed

ADVISORY = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fixed_in": ["2.1"], "withdrawn": None}
TWIN = {"id": "CVE-1", "aliases": ["PYSEC-1"], "fixed_in": ["2.1"], "withdrawn": None}
LEFT = {"id": "PYSEC-2", "aliases": [], "fixed_in": [], "withdrawn": "2026-01-01"}
FOUND = Finding("a", "2.0", ("CVE-1", "PYSEC-1"), ("2.1",))


def page(version: str, *advisories: Mapping[str, Any]) -> dict[str, Any]:
    """Make a project's page as a registry has it."""
    return {"info": {"version": version}, "vulnerabilities": list(advisories)}


def test_found_at_the_registry() -> None:
    """An advisory is one finding, whatever the number of lists that have it; a withdrawn one none."""
    audit = by_registry([("a", "2.0")], lambda _: page("2.0", ADVISORY, TWIN, LEFT))
    assert audit.found == [FOUND]
    assert audit.looked_at == [("a", "2.0")]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (None, "no answer"),
        ({"info": {"version": "2.0"}}, "no answer"),
        (page("2.1"), "the registry tells of 2.1, not of 2.0"),
    ],
)
def test_not_looked_at(answer: dict[str, Any] | None, why: str) -> None:
    """No answer, an answer without the word, and one about another version are no clean bill."""
    audit = by_registry([("a", "2.0")], lambda _: answer)
    assert audit.not_looked_at == {"a": why}
    assert audit.looked_at == []


def test_what_pip_audit_says() -> None:
    """A package that pip-audit passed over was not looked at; pip-audit itself ends well on it."""
    vulns = [{"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["2.1"]}]
    said = [
        {"name": "a", "version": "2.0", "vulns": vulns},
        {"name": "b", "skip_reason": "not found"},
    ]
    audit = by_pip_audit({"dependencies": said})
    assert audit.found == [FOUND]
    assert audit.not_looked_at == {"b": "not found"}


def road(knows: list[Package], name: str) -> Any:  # noqa: ANN401
    """Make a road that finds something in some packages."""

    def go(packages: list[Package]) -> Audit:
        found = [Finding(*one, ("X",), ()) for one in packages if one in knows]
        return Audit(name, looked_at=packages, found=found)

    return go


def test_who_does_not_know_the_control_is_not_believed() -> None:
    """A source that finds nothing in what is known to be vulnerable says nothing about the rest."""
    audit = looked([("a", "1")], [road([], "silent"), road([CONTROL], "speaks")])
    assert audit.source == "speaks"
    with pytest.raises(LookupError, match="nothing was looked at"):
        looked([("a", "1")], [road([], "silent")])


def test_weighed_until_a_day() -> None:
    """An acceptance has a reason and a last day, and counts by any name of the advisory."""
    accepted = {"id": "PYSEC-1", "because": "not used", "until": date(2026, 6, 1)}
    assert weighed([FOUND], [accepted], date(2026, 6, 1)) == []
    assert weighed([FOUND], [accepted], date(2026, 6, 2)) == [FOUND]
    assert weighed([FOUND], [accepted | {"because": ""}], date(2026, 6, 1)) == [FOUND]
    assert weighed([FOUND], [accepted | {"id": "CVE-9"}], date(2026, 6, 1)) == [FOUND]


@pytest.mark.parametrize(
    ("audit", "found", "release", "code"),
    [
        (Audit("x", looked_at=[("a", "1")]), [], True, 0),
        (Audit("x", looked_at=[("a", "1")]), [FOUND], False, 1),
        (Audit("x", looked_at=[("a", "1")], not_looked_at={"b": "newer"}), [], False, 0),
        (Audit("x", looked_at=[("a", "1")], not_looked_at={"b": "newer"}), [], True, 2),
        (Audit("x", not_looked_at={"b": "no answer"}), [], False, 2),
    ],
)
def test_how_it_ends(
    audit: Audit,
    found: list[Finding],
    capsys: pytest.CaptureFixture[str],
    *,
    release: bool,
    code: int,
) -> None:
    """Found is 1; nothing looked at is 2, and for a release a single package is; each is named."""
    assert told(audit, found, release=release) == code
    out = capsys.readouterr().out
    assert ("NOT LOOKED AT: b" in out) is bool(audit.not_looked_at)
    assert ("VULNERABLE: a 2.0: CVE-1, PYSEC-1; fixed in 2.1" in out) is bool(found)
