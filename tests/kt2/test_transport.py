"""On a real connection: a write leaves once, whatever becomes of the connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
import httpx
import pytest

from kt_migrate.kt2.sending import _failed
from kt_migrate.kt2.transport import transport

pytestmark = pytest.mark.integration

GOOD = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nok"


@dataclass
class Line:
    """A service that answers `GET /first`, and does something else with what comes after it.

    Attributes:
        sends: bytes that it answers with, before it cuts the connection.
        arrived: what was asked, per request.
    """

    sends: bytes
    arrived: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            while line := await reader.readline():
                length = 0
                while (header := await reader.readline()) not in {b"\r\n", b""}:
                    if header.lower().startswith(b"content-length:"):
                        length = int(header.partition(b":")[2])
                await reader.readexactly(length)
                asked = line.decode().rpartition(" ")[0]
                self.arrived.append(asked)
                if asked != "GET /first":
                    writer.write(self.sends)
                    return
                writer.write(GOOD)
        except ConnectionError:
            pass
        finally:
            writer.close()


def say(line: Line, method: str, *, first: bool = True) -> Exception | httpx.Response:
    """Send one request, after another one on the same connection; return what came of it."""

    async def work() -> Exception | httpx.Response:
        server = await asyncio.start_server(line.serve, "127.0.0.1", 0)
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, httpx.AsyncClient(transport=transport(2), base_url=base) as http:
            if first:
                assert (await http.get("/first")).text == "ok"
            try:
                return await http.request(method, "/x", content=b"{}")
            except (httpx.HTTPError, aiohttp.ClientError, OSError) as error:
                return error

    return asyncio.run(work())


@pytest.mark.parametrize("first", [True, False], ids=["kept alive", "new connection"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_on_a_connection_that_breaks_is_not_sent_again(method: str, *, first: bool) -> None:
    """Aiohttp would send a PUT again by itself: the first may have had its effect."""
    line = Line(b"")

    error = say(line, method, first=first)

    assert line.arrived.count(f"{method} /x") == 1
    assert isinstance(error, httpx.ReadError)
    assert str(error) == type(error.__cause__).__name__ == "ServerDisconnectedError"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_reading_may_be_sent_again(method: str) -> None:
    """It can do no harm; and what is lost is told as it was."""
    line = Line(b"")

    error = say(line, method)

    assert line.arrived.count(f"{method} /x") >= 1
    assert isinstance(error, httpx.ConnectTimeout)
    assert isinstance(error.__cause__, aiohttp.ServerDisconnectedError)


def test_a_reading_on_a_connection_that_was_closed_meanwhile_gets_an_answer() -> None:
    """Aiohttp takes another one by itself."""
    sent: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        sent.append("GET")
        writer.write(GOOD if len(sent) != 2 else b"")
        if len(sent) == 1:
            await reader.readuntil(b"\r\n\r\n")
            sent.append("lost")
        writer.close()

    async def work() -> str:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with server, httpx.AsyncClient(transport=transport(1), base_url=base) as http:
            await http.get("/")
            return (await http.get("/")).text

    assert asyncio.run(work()) == "ok"
    assert sent == ["GET", "lost", "GET"]


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    """Half a body says nothing for sure."""
    line = Line(HALF)

    error = say(line, "PUT")

    assert isinstance(error, httpx.HTTPError)
    assert line.arrived.count("PUT /x") == 1


def test_an_answer_that_is_no_http_is_no_answer() -> None:
    """Garbage on the line is not a refused connection, and is no crash."""
    error = say(Line(b"garbage\r\n\r\n"), "PUT")

    assert isinstance(error, (httpx.HTTPError, aiohttp.ClientError))
    assert type(_failed(error)).__name__ == "Unknown"


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_a_refused_connection_is_told_from_one_that_broke(method: str) -> None:
    """Only then it is sure that nothing left."""

    async def work() -> Exception:
        server = await asyncio.start_server(Line(b"").serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
        async with httpx.AsyncClient(transport=transport(2)) as http:
            with pytest.raises(httpx.TransportError) as caught:
                await http.request(method, f"http://127.0.0.1:{port}/x", content=b"{}")
        return caught.value

    error = asyncio.run(work())

    assert isinstance(error.__cause__, aiohttp.ClientConnectorError)
    assert type(_failed(error)).__name__ == "NotSent"


def of_connector(look: Callable[[aiohttp.TCPConnector], object], connections: int = 7) -> object:
    """Return something of the connector that a transport makes."""

    async def work() -> object:
        made = transport(connections)
        async with httpx.AsyncClient(transport=made):
            session = made.get_client()
            async with session:
                assert isinstance(session.connector, aiohttp.TCPConnector)
                return look(session.connector)

    return asyncio.run(work())


def test_there_are_no_more_connections_than_asked_and_an_idle_one_is_soon_closed() -> None:
    """Sooner than servers and proxies close it: a write on a closed one is a write that is lost."""
    assert of_connector(lambda connector: connector.limit) == 7
    assert of_connector(lambda connector: connector._keepalive_timeout) == 5.0


def test_certificates_are_checked() -> None:
    """Whose, and whether they are those of the host."""

    def look(connector: aiohttp.TCPConnector) -> tuple[object, bool]:
        context = connector._ssl
        assert isinstance(context, ssl.SSLContext)
        return context.verify_mode, context.check_hostname

    assert of_connector(look) == (ssl.CERT_REQUIRED, True)
