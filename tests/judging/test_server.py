"""The page over real sockets: it is on this machine alone, and ends."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable

import httpx
import pytest

from judged_scene import session
from kt_migrate.errors import ConfigurationError
from kt_migrate.judging.app import cookie_of
from kt_migrate.judging.server import running, serve
from kt_migrate.judging.session import Session

pytestmark = pytest.mark.integration


def gone(origin: str) -> bool:
    """Whether an address answers no more, within ten seconds."""
    for _try in range(100):
        try:
            httpx.get(origin, timeout=2)
        except httpx.TransportError:
            return True
        time.sleep(0.1)
    return False


def port_of(address: str) -> int:
    """Return the port of an address."""
    return httpx.URL(address).port or 0


def test_the_address_answers_until_somebody_ends_it() -> None:
    """On 127.0.0.1; afterwards nobody listens there."""
    found, _kept = session()
    with running(found) as address:
        origin = address.partition("/enter/")[0]
        with httpx.Client(headers={"Origin": origin}) as guest:
            assert guest.get(address).headers["location"] == "/"
            assert guest.get(f"{origin}/").status_code == 200
            assert httpx.get(f"{origin}/").status_code == 403
            assert guest.post(f"{origin}/end").status_code == 200

        assert origin.startswith("http://127.0.0.1:")
        assert gone(origin)


def test_nobody_reaches_it_by_another_address_of_this_machine() -> None:
    """Who listens everywhere listens on 127.0.0.2 too; the page does not."""
    found, _kept = session()
    with running(found) as address:
        socket.create_connection(("127.0.0.1", port_of(address)), timeout=5).close()
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.2", port_of(address)), timeout=5)


def test_it_ends_when_nobody_looks() -> None:
    """Not before that, and who is refused keeps it open for nobody; what was shown is let go of."""
    found, kept = session()
    with running(found, idle_seconds=30) as address:
        origin = address.partition("/enter/")[0]
        kept.later(29)
        time.sleep(0.7)
        assert httpx.get(origin).status_code == 403
        kept.later(2)

        assert gone(origin)
    assert found.cards == ()


def test_looking_keeps_it_open() -> None:
    """The time counts from the last look of who came in; others count for nothing."""
    found, kept = session()
    assert found.knows(found.enter(found.token))
    kept.later(29)
    assert not found.knows("x")
    assert found.idle() == 29
    assert found.knows(found._cookie)
    assert found.idle() == 0


def test_a_browser_that_does_not_finish_what_it_asks_keeps_nothing_open() -> None:
    """Half a form, and then the end."""
    found, _kept = session()
    with running(found) as address:
        host = address.partition("/enter/")[0].removeprefix("http://")
        cookie = httpx.get(address).cookies[cookie_of(host)]
        head = (
            f"POST /begin HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            f"Cookie: {cookie_of(host)}={cookie}\r\nContent-Length: 100\r\n\r\nby="
        )
        with socket.create_connection(("127.0.0.1", port_of(address)), timeout=10) as half:
            half.sendall(head.encode())
            time.sleep(0.1)
            headers = {"Origin": f"http://{host}", "Cookie": f"{cookie_of(host)}={cookie}"}
            assert httpx.post(f"http://{host}/end", headers=headers).status_code == 200
            assert half.recv(1_000) is not None
            assert gone(f"http://{host}")


def served(of: Session, port: int, then: Callable[[], None]) -> str:
    """Serve as the command does, and do something when it answers; returns the address."""
    said: list[str] = []

    def ready(address: str) -> None:
        said.append(address)
        threading.Thread(target=then, daemon=True).start()

    serve(of, port, 60.0, ready)
    return said[0]


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_quietly(name: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    """It is over as by the button; nothing is said but what the command says, nothing is logged."""
    found, _kept = session()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    before = signal.getsignal(name)
    address = served(found, port, lambda: os.kill(os.getpid(), name))

    assert port_of(address) == port
    assert (found.ended, found.cards) == (True, ())
    assert signal.getsignal(name) is before
    assert capfd.readouterr() == ("", "")


def test_a_port_that_is_in_use_is_refused() -> None:
    """With its number."""
    found, _kept = session()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError) as refused:
            serve(found, port, 60.0, lambda _address: None)

    assert str(port) in str(refused.value.where)
