"""Until when a server's certificate is valid: a TLS handshake, and nothing asked."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

_SECONDS = 15.0
_HTTPS_PORT = 443


async def certificate_end(address: str, context: ssl.SSLContext | None = None) -> datetime | None:
    """Return until when the certificate of an https address is valid, in UTC.

    Args:
        address: `https://mgr2.koppeltaal.nl/…`.
        context: whom to trust, as `httpx.create_ssl_context` when left out; a certificate that is
            not trusted has no end here.

    Returns:
        The moment; None when there was no handshake.
    """
    url, context = urlsplit(address), context or httpx.create_ssl_context()
    try:
        async with asyncio.timeout(_SECONDS):
            _reader, writer = await asyncio.open_connection(
                url.hostname, url.port or _HTTPS_PORT, ssl=context, server_hostname=url.hostname
            )
    except (OSError, TimeoutError):
        return None
    try:
        shown = writer.get_extra_info("peercert") or {}
        end = shown.get("notAfter")
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(end), UTC) if end else None
    finally:
        writer.close()
