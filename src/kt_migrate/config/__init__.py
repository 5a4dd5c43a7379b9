"""What a person writes: kt-migrate.yaml (the domain) and configs/<env>.yaml (an environment).

Bijlage B is enforced here: one key, one client and one address per environment, and the host
must belong to the environment's name.
"""

from __future__ import annotations

from kt_migrate.config.access import Certificate, KeyReference, Keyring
from kt_migrate.config.addresses import is_secure
from kt_migrate.config.claims import WRITABLE, Claim, claim_of, claimant
from kt_migrate.config.clients import ALONE, Credential, Suppliers
from kt_migrate.config.domain import Application, DomainFile
from kt_migrate.config.environment import ROLES, Environment, Limits, environment_digest
from kt_migrate.config.files import where_in_environment
from kt_migrate.config.folder import Workspace, find_workspace
from kt_migrate.config.mistakes import Mistake, Side
from kt_migrate.config.names import DOMAIN_FILE, DOMAIN_NAME, ENVIRONMENTS, EnvironmentName
from kt_migrate.config.together import Checked, check, load_environment, require_own_key

__all__ = [
    "ALONE",
    "DOMAIN_FILE",
    "DOMAIN_NAME",
    "ENVIRONMENTS",
    "ROLES",
    "WRITABLE",
    "Application",
    "Certificate",
    "Checked",
    "Claim",
    "Credential",
    "DomainFile",
    "Environment",
    "EnvironmentName",
    "KeyReference",
    "Keyring",
    "Limits",
    "Mistake",
    "Side",
    "Suppliers",
    "Workspace",
    "check",
    "claim_of",
    "claimant",
    "environment_digest",
    "find_workspace",
    "is_secure",
    "load_environment",
    "require_own_key",
    "where_in_environment",
]
