"""Papers of a run that went well, for tests to spoil."""

from __future__ import annotations

from typing import Any

from kt_migrate.evidence.checks import START

PLAN = "a" * 64


def row(read: int, superseded: int, **fates: int) -> dict[str, int]:
    """Return a line of the books."""
    zero = dict.fromkeys(("migrated", "not_migrated", "rejected", "out_of_scope"), 0)
    return {
        "read": read,
        "superseded": superseded,
        "objects": read - superseded,
        **zero,
        **fates,
    }


def total(count: int, last: str = "1") -> dict[str, object]:
    """Return a hash total."""
    return {"count": count, "sum": last.rjust(64, "0")}


def decided(number: int, gate: str, verdict: str, *, person: int = 1) -> dict[str, Any]:
    """Return a line of the ledger in which somebody decides."""
    return {
        "number": number,
        "sha256": f"{number:064x}",
        "prev": f"{number - 1:064x}" if number > 1 else START,
        "kind": "decided",
        "gate": gate,
        "point": "",
        "verdict": verdict,
        "run": "001",
        "plan": PLAN,
        "at": "2026-11-27T20:00:00+00:00",
        "expires": None,
        "role": "zorgaanbieder",
        "person": person,
        "own_key": False,
    }


VERDICTS = "d" * 64


def about_a_sample(number: int, kind: str, verdict: str, **judged: object) -> dict[str, Any]:
    """Return a line of the ledger about the sample of dossiers: measured, or attested."""
    person = 1 if kind == "attested" else None
    line = decided(number, "post", verdict) | {"kind": kind, "point": "Q.3.1", "person": person}
    return line | {"judged": {"judged": VERDICTS, **judged}}


def measured(number: int = 5, **changed: object) -> dict[str, Any]:
    """Return the line of the ledger that says what the verdicts of `verdicts` come to."""
    figures = {"count": 3, "percent": 51, "population": 6, "seed": "s", "rules": ["r1", "r2"]}
    return about_a_sample(number, "measured", "met", why="judged", **figures | changed)


def dossier(number: int, verdict: str | None = "good", kind: str = "alone") -> dict[str, Any]:
    """Return what a paper says of one dossier of a sample."""
    return {
        "pseudonym": f"P-{number}",
        "kind": kind,
        "ending": "migrated",
        "verdict": verdict,
        "rules": ["r2", "r1"] if number == 1 else ["r1"],
        "at": "2026-11-27T19:00:00+00:00",
        "role": "zorgaanbieder",
        "person": 1,
    }


def sample(*said: str | None, of: int = 2, seed: str = "s") -> dict[str, Any]:
    """Return one sample: of a stratum of so many the first, of another one the rest."""
    rest = len(said) - 1
    return {
        "seed": seed,
        "asked": len(said),
        "read": "2026-11-27T18:00:00+00:00",
        "strata": [
            {"kind": "activities", "ending": "migrated", "of": of, "drawn": 1},
            {"kind": "alone", "ending": "migrated", "of": 2 + rest, "drawn": rest},
        ],
        "dossiers": [
            dossier(n, verdict, "activities" if n == 1 else "alone")
            for n, verdict in enumerate(said, 1)
        ],
    }


def verdicts(*samples: dict[str, Any]) -> dict[str, Any]:
    """Return the paper of what people said of samples."""
    found = samples or (sample("good", "good", "good"),)
    return {"judged": VERDICTS, "before": 0, "samples": list(found)}


def ledger(*lines: dict[str, Any]) -> dict[str, Any]:
    """Return the paper of a ledger."""
    return {"key": "K", "head": lines[-1]["sha256"], "lines": list(lines)}


def good(**more: dict[str, Any]) -> dict[str, Any]:
    """Return papers of which everything holds."""
    patients = row(5, 2, migrated=2, rejected=1)
    return {
        "pack": {
            "schema": "kt-migrate-evidence/1",
            "domain": "EXAMPLE",
            "environment": "prd2",
            "run": "001",
            "plan": PLAN,
            "absent": ["estimate", "rollback", "sample"],
        },
        "binding": {"environment": "prd2", "plan": PLAN},
        "versions": {"tool": "0.1.0"},
        "books": {
            "types": {"Patient": patients, "Device": row(1, 0, not_migrated=1)},
            "events": {
                "Patient": {
                    "CreateOrUpdatePatient": row(4, 2, migrated=2),
                    "CreateOrUpdateCarePlan": row(1, 0, rejected=1),
                },
                "Device": {"": row(1, 0, not_migrated=1)},
            },
            "census": {"Patient": 2, "Device": 1},
            "without_link": {"Patient": 1},
        },
        "totals": {"Patient": {"plan": total(2), "journal": total(2), "server": total(2)}},
        "success": {"verdict": "met", "passed": True, "criteria": []},
        "figures": {"starts": [{"go": f"{2:064x}"}, {"go": f"{2:064x}"}], "together": None},
        "verify": {"passed": True, "audited": True, "listed": {}},
        "probe": {"points": [{"id": "scopes", "verdict": "met", "needed": True}]},
        "gates": ledger(
            decided(1, "pre", "go", person=1),
            decided(2, "pre", "go", person=2),
            decided(3, "post", "go", person=2),
            decided(4, "post", "go", person=1),
            measured(5),
        ),
        "judged": verdicts(),
        **more,
    }
