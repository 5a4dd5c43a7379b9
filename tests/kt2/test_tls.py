"""Over a real TLS socket: whom we trust, who we are, and what is said when it does not fit."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from certifying import certificate, kept, key_pem, private
from kt_migrate.config.access import Certificate
from kt_migrate.errors import ConfigurationError, LoginError, ServerUnavailableError
from kt_migrate.kt2.client import FhirClient
from kt_migrate.kt2.keys import Key
from kt_migrate.kt2.login import Credentials
from kt_migrate.kt2.retry import Retry
from kt_migrate.kt2.tls import context_of

pytestmark = pytest.mark.integration
MINE = Certificate(file="client.pem", key="client.key")
OTHER = Certificate(file="other.pem", key="other.key")
PAST, FUTURE = datetime(2021, 1, 1, tzinfo=UTC), datetime(2080, 1, 1, tzinfo=UTC)


@dataclass
class Service:
    """A FHIR service behind TLS, as a proxy does it: an alert to who is not let in.

    Attributes:
        port: where it listens, on this machine.
        token_endpoint: where it says that one logs in; by itself when empty.
        answers: what it answers to a path, by its end, instead of what it would.
        asked: what came, method and path.
    """

    listener: socket.socket
    context: ssl.SSLContext
    token_endpoint: str = ""
    answers: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        """Serve one connection after the other, until the listener is closed."""
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            raw.settimeout(5)
            with self.context.wrap_socket(
                raw, server_side=True, do_handshake_on_connect=False
            ) as line:
                try:
                    line.do_handshake()
                    self._answer(line)
                except OSError:
                    self._let_go(line)

    @staticmethod
    def _let_go(line: ssl.SSLSocket) -> None:
        """Read what comes still, so that the alert arrives before the end does."""
        try:
            socket.socket.shutdown(line, socket.SHUT_WR)
            while socket.socket.recv(line, 65536):
                pass
        except OSError:
            return

    def _answer(self, line: ssl.SSLSocket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += line.recv(65536)
        asked, _, _ = head.partition(b" HTTP/")
        self.asked.append(asked.decode())
        length = [h for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")]
        body = head.partition(b"\r\n\r\n")[2]
        while length and len(body) < int(length[0].partition(b":")[2]):
            body += line.recv(65536)
        line.sendall(self._said(self.asked[-1].partition(" ")[2]))

    def _said(self, path: str) -> bytes:
        for end, answer in self.answers.items():
            if path.endswith(end):
                return answer
        endpoint = self.token_endpoint or f"https://127.0.0.1:{self.port}/token"
        content = {
            "on": {"token_endpoint": endpoint},
            "en": {"access_token": "t", "expires_in": 300},
        }.get(path[-2:], {"resourceType": "Patient", "id": "1"})
        text = orjson.dumps(content)
        head = f"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {len(text)}\r\n\r\n"
        return head.encode() + text


@contextmanager
def service(
    folder: Path,
    of: bytes = b"",
    *,
    host: str = "127.0.0.1",
    asks: bool = True,
    version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3,
) -> Iterator[Service]:
    """Serve, with a server's certificate; ask for a client's when `asks`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = version
    kept(folder / "server.pem", of or certificate("server"))
    kept(folder / "server.key", key_pem("server"))
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    if asks:
        context.load_verify_locations(kept(folder / "clients.pem", certificate("ca")))
        context.verify_mode = ssl.CERT_REQUIRED
    made = Service(socket.create_server((host, 0)), context)
    thread = threading.Thread(target=made.serve, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.listener.shutdown(socket.SHUT_RDWR)
        made.listener.close()
        thread.join(10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a client's certificate, and one by a CA that nobody knows."""
    kept(tmp_path / "ca.pem", certificate("ca"))
    kept(tmp_path / "elders.pem", certificate("elders", "elders"))
    kept(tmp_path / "client.pem", certificate("client"))
    kept(tmp_path / "client.key", key_pem("client"))
    kept(tmp_path / "other.pem", certificate("other", "elders"))
    kept(tmp_path / "other.key", key_pem("other"))
    return tmp_path


@pytest.fixture
def who(key: Key) -> Credentials:
    """Return who logs in."""
    return Credentials(client_id="client-1", key=key, kid="k1", algorithm="RS512")


def read(base: str, who: Credentials) -> object:
    """Read one resource, the login before it included."""

    async def work() -> object:
        async def at_once(_seconds: float) -> None:
            return None

        async with FhirClient(
            base,
            who,
            trace_id="t",
            max_in_flight=1,
            now=lambda: 1_800_000_000.0,
            retry=Retry(sleep=at_once),
        ) as client:
            return await client.read("Patient", "1")

    return asyncio.run(work())


def test_the_right_client_certificate_is_let_in(folder: Path, who: Credentials) -> None:
    """By a server with a CA of its own: every request, the login included."""
    with service(folder) as there:
        secured = replace(who, tls=context_of(folder, "ca.pem", MINE))

        found = read(f"https://127.0.0.1:{there.port}/fhir", secured)

    assert found == {"resourceType": "Patient", "id": "1"}
    assert there.asked == [
        "GET /fhir/.well-known/smart-configuration",
        "POST /token",
        "GET /fhir/Patient/1",
    ]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("mine", [None, OTHER], ids=["none", "by another CA"])
def test_without_the_right_client_certificate_it_is_said_what_is_asked_for(
    folder: Path, who: Credentials, mine: Certificate | None, version: ssl.TLSVersion
) -> None:
    """None at all, or one that the server does not take: by the alert that it sends."""
    with service(folder, version=version) as there:
        secured = replace(who, tls=context_of(folder, "ca.pem", mine))

        with pytest.raises(LoginError) as caught:
            read(f"https://127.0.0.1:{there.port}/fhir", secured)

    assert there.asked == []
    assert caught.value.what == "The server does not take our client certificate, or asks for one."
    assert "under certificate" in caught.value.fix


@pytest.mark.parametrize(
    ("of", "trusted", "host", "what"),
    [
        (certificate("server"), "elders.pem", "127.0.0.1", "is not by a CA that is trusted here."),
        (certificate("server"), None, "127.0.0.1", "is not by a CA that is trusted here."),
        (certificate("server", "server"), "ca.pem", "127.0.0.1", "is not by a CA that is trusted"),
        (certificate("server", ends=PAST), "ca.pem", "127.0.0.1", "has expired."),
        (certificate("server", begins=FUTURE), "ca.pem", "127.0.0.1", "is not valid yet."),
        (certificate("server"), "ca.pem", "127.0.0.2", "is another host's."),
    ],
    ids=["another CA", "the system's CAs", "by itself", "expired", "not yet", "another host"],
)
def test_a_server_that_is_not_trusted_gets_nothing(
    folder: Path, who: Credentials, of: bytes, trusted: str | None, host: str, what: str
) -> None:
    """Neither an assertion nor a question; it is said at once why, and what to do."""
    with service(folder, of, host=host) as there:
        secured = replace(who, tls=context_of(folder, trusted, MINE))

        with pytest.raises(LoginError) as caught:
            read(f"https://{host}:{there.port}/fhir", secured)

    assert there.asked == []
    assert caught.value.what.startswith(f"The server's certificate {what}")
    assert caught.value.fix


def test_a_bundle_takes_the_place_of_the_systems(folder: Path) -> None:
    """Whom the system trusts counts no more; the certificate and the host are checked as ever."""
    context = context_of(folder, "ca.pem", None)

    assert context is not None
    assert len(context.get_ca_certs()) == 1
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_without_either_connections_are_as_ever(folder: Path) -> None:
    """None: the standard way."""
    assert context_of(folder, None, None) is None


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_certificates_key_that_others_may_read_is_refused(folder: Path, mode: int) -> None:
    """As every private key is."""
    (folder / "client.key").chmod(mode)

    with pytest.raises(ConfigurationError) as caught:
        context_of(folder, "ca.pem", MINE)

    assert caught.value.fix == f"chmod 600 {folder / 'client.key'}"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ca.pem", b"geen certificaat"),
        ("ca.pem", None),
        ("client.pem", b"geen certificaat"),
        ("client.pem", None),
        ("client.pem", certificate("other", "elders")),
        ("client.key", key_pem("other")),
        ("client.key", None),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named(
    folder: Path, name: str, content: bytes | None
) -> None:
    """Absent, something else, or of another pair."""
    (folder / name).unlink()
    if content is not None:
        kept(folder / name, content)

    with pytest.raises(ConfigurationError) as caught:
        context_of(folder, "ca.pem", MINE)

    assert caught.value.where in {str(folder / name), str(folder / "client.pem")}


def test_a_key_with_a_password_asks_no_terminal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL would, in the middle of a run."""
    locked = private("client").private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"geheim")
    )
    kept(folder / "client.key", locked)
    monkeypatch.setattr("builtins.input", None)

    with pytest.raises(ConfigurationError, match="cannot be used together"):
        context_of(folder, "ca.pem", MINE)


def test_a_login_at_the_host_that_is_named_gets_the_assertion(
    folder: Path, who: Credentials
) -> None:
    """Another host and port than the FHIR base's, with a certificate of the same CA."""
    with service(folder) as fhir, service(folder) as login:
        fhir.token_endpoint = f"https://localhost:{login.port}/token"
        secured = replace(who, tls=context_of(folder, "ca.pem", MINE))
        named = replace(secured, token_host=f"localhost:{login.port}")
        other = replace(secured, token_host=f"127.0.0.1:{login.port}")

        assert read(f"https://127.0.0.1:{fhir.port}/fhir", named) is not None
        with pytest.raises(LoginError, match="at another host; no assertion is sent there"):
            read(f"https://127.0.0.1:{fhir.port}/fhir", secured)
        with pytest.raises(LoginError, match="elsewhere than at token_host"):
            read(f"https://127.0.0.1:{fhir.port}/fhir", other)

    assert login.asked == ["POST /token"]


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_an_assertion_follows_no_redirect(folder: Path, who: Credentials, status: str) -> None:
    """Also not to the host that token_host names."""
    with service(folder) as fhir, service(folder) as login:
        place = f"https://localhost:{login.port}/token"
        moved = f"HTTP/1.1 {status} x\r\nlocation: {place}\r\ncontent-length: 0\r\n\r\n"
        fhir.answers = {"/token": moved.encode()}
        fhir.token_endpoint = f"https://localhost:{fhir.port}/token"
        secured = replace(
            who,
            tls=context_of(folder, "ca.pem", MINE),
            token_host=f"localhost:{fhir.port}",
        )

        with pytest.raises(LoginError, match="The login was refused"):
            read(f"https://127.0.0.1:{fhir.port}/fhir", secured)

    assert fhir.asked[-1] == "POST /token"
    assert login.asked == []


def test_a_line_that_breaks_off_may_be_about_a_certificate(who: Credentials) -> None:
    """Some servers end the connection without a word: then it is said to look at that too."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()

    with pytest.raises(ServerUnavailableError) as caught:
        read(f"https://127.0.0.1:{port}/fhir", who)

    assert "whether it asks for a client certificate" in caught.value.fix
    with pytest.raises(ServerUnavailableError) as caught:
        read(f"http://127.0.0.1:{port}/fhir", who)
    assert "certificate" not in caught.value.fix
