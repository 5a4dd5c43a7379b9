"""What the tests of this room share: small archives, planned by an algorithm that is read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from archives import NS, Json, life, write

from kt_migrate.algorithm.load import load_algorithm
from kt_migrate.algorithm.model import Algorithm, Policies, ScopeRules
from kt_migrate.archive.passwords import Passwords, no_passwords
from kt_migrate.config import Workspace, find_workspace
from kt_migrate.model import Mode
from kt_migrate.plan.build import Inputs, build_plan
from kt_migrate.plan.enrichment import Enrichment
from kt_migrate.plan.store import Plan
from support import APPLICATIONS

STANDARD = load_algorithm("standard")
NONE = Enrichment()


def with_rules(**changes: Any) -> Algorithm:  # noqa: ANN401 (a policy, or the scope)
    """Return the standard algorithm with other policies, or another `scope`."""
    scope = changes.pop("scope", {})
    policies = Policies.model_validate({**STANDARD.policies.model_dump(), **changes})
    return replace(STANDARD, policies=policies, scope=ScopeRules.model_validate(scope))


def plan_roots(
    roots: list[Path],
    target: Path,
    algorithm: Algorithm = STANDARD,
    enrichment: Enrichment = NONE,
    passwords: Passwords = no_passwords,
    mode: Mode = Mode.LATEST,
) -> Plan:
    """Plan what lies in some roots."""
    inputs = Inputs(
        roots=roots,
        source_domains=(),
        algorithm=algorithm,
        enrichment=enrichment,
        applications=APPLICATIONS,
        meta={"domain": "TEST"},
        passwords=passwords,
        mode=mode,
    )
    build_plan(inputs, target)
    return Plan(target)


def plan_files(
    folder: Path,
    files: Iterable[bytes],
    algorithm: Algorithm = STANDARD,
    enrichment: Enrichment = NONE,
    mode: Mode = Mode.LATEST,
) -> Plan:
    """Plan some documents."""
    folder.mkdir(exist_ok=True)
    archive = write(folder / "archive", files)
    return plan_roots([archive], folder / "plan.sqlite", algorithm, enrichment, mode=mode)


def queue(*contents: Mapping[str, Json]) -> list[bytes]:
    """Return the queue copies of messages that each carry the next contents."""
    return [sent.queue() for sent in life(contents)]


def definition(identifier: str, application: str = "PLAYPROOF", name: str = "Oefening") -> Json:
    """Return a definition of the catalogue."""
    return {
        "resourceType": "Other",
        "code": {"coding": [{"system": NS + "OtherResourceUsage", "code": "ActivityDefinition"}]},
        "extension": [
            {
                "url": NS + "ActivityDefinition#ActivityDefinitionIdentifier",
                "valueString": identifier,
            },
            {"url": NS + "ActivityDefinition#ActivityName", "valueString": name},
            {
                "url": NS + "ActivityDefinition#Application",
                "valueResource": {
                    "reference": "https://kt.example/Device/1",
                    "display": application,
                },
            },
        ],
    }


_DOMAIN = """\
schema: kt-migrate-domain/1
domain: TEST
archives: [archive/]
source_domains: []
"""
_LOCAL = """\
schema: kt-migrate-environment/1
environment: local
fhir_base_url: http://127.0.0.1:8420/api/v1/TEST/fhir/r4
client_id: client-1
key: {file: keys/local.pem, kid: k1}
"""


def workspace_at(folder: Path, files: Iterable[bytes]) -> Workspace:
    """Make a working folder with some documents in its archive."""
    for name in ("configs", "runs"):
        (folder / name).mkdir(parents=True, mode=0o700)
    (folder / "kt-migrate.yaml").write_text(_DOMAIN, encoding="utf-8")
    (folder / "configs" / "local.yaml").write_text(_LOCAL, encoding="utf-8")
    write(folder / "archive", files)
    return find_workspace(folder)
