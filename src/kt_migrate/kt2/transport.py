"""How requests leave: a pool of connections on which a write is sent once."""

from __future__ import annotations

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_READING = ("GET", "HEAD")
_KEEP_SECONDS = 5.0


def transport(max_connections: int) -> AiohttpTransport:
    """Return a transport for httpx that repeats no write by itself.

    Args:
        max_connections: never more connections at once than this.
    """

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=max_connections,
            keepalive_timeout=_KEEP_SECONDS,
            ssl=httpx.create_ssl_context(),
        )
        return aiohttp.ClientSession(connector=connector, middlewares=(_writes_once,))

    return AiohttpTransport(client=session)


async def _writes_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Hide a lost connection from aiohttp, which would send a PUT again without asking.

    RFC 9110 allows that, but the first may have had its effect, and the second would leave
    without an intent in the journal. Aiohttp has no switch for it (aio-libs/aiohttp #10790).
    """
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        if request.method in _READING:
            raise
        raise httpx.ReadError(type(error).__name__) from error
