"""Until when a server's certificate is valid, by a handshake with one of our own."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kt_migrate.kt2.certificate import certificate_end

END = datetime(2090, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a certificate of this machine, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(END - timedelta(days=36_500))
        .not_valid_after(END)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def asked_of(shown: Path, came: list[bytes]) -> Iterator[tuple[asyncio.Runner, str]]:
    """Serve TLS on this machine; what is said to it comes in `came`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown)

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(await reader.read(100))
        writer.close()

    with asyncio.Runner() as runner:
        server = runner.run(asyncio.start_server(listen, "127.0.0.1", 0, ssl=context))
        try:
            yield runner, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/fhir"
        finally:
            server.close()


def test_the_end_is_that_of_the_certificate_and_nothing_is_asked(shown: Path) -> None:
    """By a handshake alone."""
    came: list[bytes] = []
    trusting = ssl.create_default_context(cafile=str(shown))
    with asked_of(shown, came) as (runner, address):

        async def work() -> datetime | None:
            end = await certificate_end(address, trusting)
            await asyncio.sleep(0.05)
            return end

        assert runner.run(work()) == END
    assert came in ([], [b""])


def test_one_that_is_not_trusted_has_no_end(shown: Path) -> None:
    """Nor has a server that is not there."""
    with asked_of(shown, []) as (runner, address):
        assert runner.run(certificate_end(address)) is None
        assert runner.run(certificate_end("https://127.0.0.1:1/fhir")) is None
