"""How requests leave: a pool of connections on which a write is sent once."""

from __future__ import annotations

import ssl
from functools import lru_cache

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

_READING = ("GET", "HEAD")
_KEEP_SECONDS = 5.0


def transport(max_connections: int, tls: ssl.SSLContext | None = None) -> AiohttpTransport:
    """Return a transport for httpx that repeats no write by itself.

    Args:
        max_connections: never more connections at once than this.
        tls: how they are secured; None: in the standard way, without a client certificate.
    """

    def session() -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=max_connections,
            keepalive_timeout=_KEEP_SECONDS,
            ssl=tls or httpx.create_ssl_context(),
        )
        return aiohttp.ClientSession(connector=connector, middlewares=(_writes_once,))

    return AiohttpTransport(client=session)


class Wire:
    """Sends requests over a transport, without what `httpx.AsyncClient` does around it.

    Cookies, redirects, merged headers and addresses cost a third of the processor's time per
    write, and a FHIR service must not need any of them: no redirect is followed with the token.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, timeout: httpx.Timeout) -> None:
        self._transport = transport
        self._extensions = {"timeout": timeout.as_dict()}

    async def request(
        self, method: str, url: str, headers: dict[str, str], content: bytes | None
    ) -> httpx.Response:
        """Send one request, and read its answer whole.

        Raises:
            httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError: as the transport does.
        """
        request = httpx.Request(
            method,
            _url(url),
            headers={**_ALWAYS, **headers},
            content=content,
            extensions=self._extensions,
        )
        response = await self._transport.handle_async_request(request)
        try:
            await response.aread()
        finally:
            await response.aclose()  # of half an answer, or of a start that ends
        return response


_ALWAYS = {"Accept-Encoding": "gzip, deflate"}


@lru_cache(maxsize=64)
def _url(text: str) -> httpx.URL:
    """Take an address apart, once: most writes go to the same few."""
    return httpx.URL(text)


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
