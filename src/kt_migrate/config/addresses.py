"""Which host an address names, and whether what is sent there stays between two."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from kt_migrate.config.names import ENVIRONMENTS


def has_good_port(url: SplitResult) -> bool:
    """Whether an address has no port, or one that can be."""
    try:
        return url.port != 0
    except ValueError:
        return False


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def is_secure(address: str) -> bool:
    """Whether an address is https, or of this machine itself."""
    try:
        url = urlsplit(address)
    except ValueError:
        return False
    return url.scheme == "https" or (url.scheme == "http" and is_loopback(url.hostname))


def host_of(address: str) -> str:
    """Return the host of an address, in the one way in which hosts are compared; or nothing."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""


def owner_of(host: str | None) -> str:
    """Return the environment to whose name a host belongs; nothing when it is nobody's.

    >>> owner_of("auth.prd2.koppeltaal.nl")
    'prd2'
    """
    last = (host or "").lower().rstrip(".")
    for name in ENVIRONMENTS:
        if last == f"{name}.koppeltaal.nl" or last.endswith(f".{name}.koppeltaal.nl"):
            return name
    return ""
