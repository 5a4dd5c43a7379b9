"""Which host an address names, and whether what is sent there stays between two."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit


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
