"""Makes a working folder that works at once (draaiboek A2)."""

from __future__ import annotations

import socket
from pathlib import Path

from kt_migrate.config import DOMAIN_FILE, DOMAIN_NAME
from kt_migrate.errors import ConfigurationError, UsageError
from kt_migrate.kt2.keys import new_key
from kt_migrate.shipped import shipped

FIRST_PORT = 8420
"""Port of the sandbox; the next free one when it is in use."""

_DOMAIN = """\
# The domain that is migrated. All options: docs/configuration.md
schema: kt-migrate-domain/1
domain: "{domain}"
archives: [archive/]               # the KT 1.3 messages, as delivered: folders, files, zips
algorithm: standard                # a shipped algorithm, or the path of your own
enrichment: [enrichment/]          # CSV or XLSX with the columns link, field, value
applications: {{}}
  # KT 1.3 has no launch address: one entry per application of the catalogue, for instance
  # PLAYPROOF: {{endpoint: "https://playproof.example/launch"}}
source_domains: []                 # labels of the KT 1.3 domain(s); empty: any
# limits: {{max_file_bytes: 64 MiB}}  # bounds of the archive: docs/archives.md
"""

_IGNORE = "keys/\nruns/\narchive/\nenrichment/\nmanifests/\ngates/\n.sandbox/\n"


def init_workspace(folder: Path, domain: str) -> Path:
    """Make a working folder: commented files, environments, and a key for `local`.

    Args:
        folder: where it comes; made when it is not there.
        domain: name of the domain.

    Returns:
        The folder.

    Raises:
        UsageError: no domain can have this name.
        ConfigurationError: the folder is a working folder already.
    """
    if not DOMAIN_NAME.fullmatch(domain):
        raise UsageError(
            "This cannot be the name of a domain.",
            where="DOMAIN",
            fix="Use letters, digits, dots, hyphens and underscores.",
        )
    if (folder / DOMAIN_FILE).exists():
        raise ConfigurationError(
            "This is a working folder already.",
            where=str(folder),
            fix="Go on in it, or choose another folder.",
        )
    for name in ("configs", "archive", "enrichment"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in ("keys", "runs"):
        (folder / name).mkdir(exist_ok=True, mode=0o700)
    (folder / DOMAIN_FILE).write_bytes(_DOMAIN.format(domain=domain).encode())
    (folder / ".gitignore").write_bytes(_IGNORE.encode())
    for template in sorted(shipped("configs").glob("*.yaml")):
        text = template.read_bytes().decode()
        text = text.replace("DOMAIN", domain).replace("PORT", str(_free_port()))
        (folder / "configs" / template.name).write_bytes(text.encode())
    new_key(folder / "keys" / "local.pem", "RS512")
    return folder


def _free_port() -> int:
    for port in range(FIRST_PORT, FIRST_PORT + 200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    return FIRST_PORT
