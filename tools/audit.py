"""Ask whether anything that is released has a known vulnerability, and say what could not be asked.

    python tools/audit.py             1 when something is found, 2 when nobody could be asked
    python tools/audit.py --release   2 also when a single package could not be looked at

Two who may know: pip-audit, and, where its service does not answer, the package registry's own
page of a project (`vulnerabilities`), which speaks of the newest version alone. Either is first
asked about `CONTROL`, of which it is known: who finds nothing there is not believed about the rest.
What was found and weighed stands in requirements/accepted.toml, with a reason and a last day.
The answer is left in build/audit.json.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
from pip._internal.models.index import PyPI

from lock import LOCKS, ROOT, pins_of

CONTROL = ("pycrypto", "2.6.1")
"""The last version of a package that was left in 2013, with its advisories; never installed."""

ANSWER = ROOT / "build" / "audit.json"
ACCEPTED = LOCKS / "accepted.toml"
Package = tuple[str, str]
Ask = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Finding:
    """A known vulnerability of something that is released."""

    name: str
    version: str
    ids: tuple[str, ...]
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        """One line for who reads the build."""
        cure = f"fixed in {', '.join(self.fixed_in)}" if self.fixed_in else "no fix yet"
        return f"{self.name} {self.version}: {', '.join(self.ids)}; {cure}"


@dataclass(slots=True)
class Audit:
    """What became of the question, per package."""

    source: str
    looked_at: list[Package] = field(default_factory=list)
    found: list[Finding] = field(default_factory=list)
    not_looked_at: dict[str, str] = field(default_factory=dict)


def by_registry(packages: Iterable[Package], ask: Ask) -> Audit:
    """Ask the registry's page of every project, eight at a time.

    Args:
        packages: Name and version of each.
        ask: Gives the page of a project, or None when there was no answer.
    """
    audit, asked = Audit("the registry's project pages"), list(packages)
    with ThreadPoolExecutor(8) as workers:
        pages = list(workers.map(lambda package: ask(package[0]), asked))
    for (name, version), page in zip(asked, pages, strict=True):
        match page:
            case {"info": {"version": str(newest)}, "vulnerabilities": [*advisories]}:
                if newest != version:
                    audit.not_looked_at[name] = f"the registry tells of {newest}, not of {version}"
                    continue
                audit.looked_at.append((name, version))
                audit.found += _findings(name, version, advisories, "fixed_in")
            case _:
                audit.not_looked_at[name] = "no answer"
    return audit


def by_pip_audit(report: Mapping[str, Any]) -> Audit:
    """Read what pip-audit said (`--format json`)."""
    audit = Audit("pip-audit")
    for one in report["dependencies"]:
        if "skip_reason" in one:
            audit.not_looked_at[one["name"]] = one["skip_reason"]
            continue
        audit.looked_at.append((one["name"], one["version"]))
        audit.found += _findings(one["name"], one["version"], one["vulns"], "fix_versions")
    return audit


def _findings(
    name: str, version: str, advisories: Iterable[Mapping[str, Any]], cure: str
) -> list[Finding]:
    """Make one finding of each advisory, also when two lists have it; none when withdrawn."""
    found: dict[frozenset[str], Finding] = {}
    for one in advisories:
        if one.get("withdrawn"):
            continue
        ids = frozenset([one["id"], *one.get("aliases", ())])
        found[ids] = Finding(name, version, tuple(sorted(ids)), tuple(one.get(cure) or ()))
    return list(found.values())


def weighed(
    found: Iterable[Finding], accepted: Iterable[Mapping[str, Any]], today: date
) -> list[Finding]:
    """Return what nobody accepted, or accepted until a day that has passed."""
    still = {one["id"] for one in accepted if one["because"] and one["until"] >= today}
    return [one for one in found if not still & set(one.ids)]


def _registry() -> Ask:
    """Return what asks pip's own registry for a page, three times when it stumbles."""
    index = os.environ.get("PIP_INDEX_URL") or PyPI.simple_url
    base = index.rstrip("/").removesuffix("/simple") + "/pypi"
    client = httpx.Client(timeout=30, follow_redirects=True)

    def ask(name: str) -> Mapping[str, Any] | None:
        for pause in (1, 3, 0):
            try:
                answer = client.get(f"{base}/{name}/json")
                page = answer.json() if answer.status_code == httpx.codes.OK else None
            except (httpx.HTTPError, ValueError):
                time.sleep(pause)
                continue
            return page if isinstance(page, dict) else None
        return None

    return ask


def _pip_audit(packages: Iterable[Package]) -> Audit:
    """Let pip-audit look at packages, without resolving or installing anything."""
    with tempfile.TemporaryDirectory() as spare:
        listed = Path(spare) / "listed.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in packages), "utf-8")
        command = [sys.executable, "-m", "pip_audit", "--requirement", str(listed)]
        command += ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return by_pip_audit(json.loads(done.stdout))
    except (ValueError, KeyError):
        return Audit("pip-audit", not_looked_at=dict.fromkeys(dict(packages), "no answer"))


def looked(packages: list[Package], roads: Iterable[Callable[[list[Package]], Audit]]) -> Audit:
    """Go by the first road that knows of the control what is known of it.

    Raises:
        LookupError: when none does: nothing was looked at.
    """
    for road in roads:
        if road([CONTROL]).found:
            return road(packages)
    raise LookupError("Nobody who was asked knows of the control; nothing was looked at.")


def main() -> int:
    """Look, tell, and leave the answer in build/."""
    text = (LOCKS / "all.lock").read_text("utf-8")
    packages = [(pin.name, pin.version) for pin in pins_of(text)]
    ask = _registry()
    roads = (_pip_audit, lambda asked: by_registry(asked, ask))
    try:
        audit = looked(packages, roads)
    except LookupError as error:
        print(f"NOT AUDITED: {error}")
        return 2
    ANSWER.parent.mkdir(exist_ok=True)
    ANSWER.write_text(json.dumps(asdict(audit), indent=2) + "\n", "utf-8")
    accepted = tomllib.loads(ACCEPTED.read_text("utf-8")).get("accepted", [])
    today = datetime.fromtimestamp(time.time(), UTC).date()
    return told(audit, weighed(audit.found, accepted, today), release="--release" in sys.argv)


def told(audit: Audit, open_: list[Finding], *, release: bool) -> int:
    """Print the answer; return the exit code that goes with it."""
    count = len(audit.looked_at) + len(audit.not_looked_at)
    print(f"{len(audit.looked_at)} of {count} packages looked at, by {audit.source}.")
    for name, why in audit.not_looked_at.items():
        print(f"NOT LOOKED AT: {name}: {why}")
    for one in open_:
        print(f"VULNERABLE: {one}")
    if open_:
        return 1
    return 2 if not audit.looked_at or (release and audit.not_looked_at) else 0


if __name__ == "__main__":
    sys.exit(main())
