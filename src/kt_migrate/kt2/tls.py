"""The secured connection: whom we trust, who we are (mTLS), and what went wrong in plain words."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

from kt_migrate.config.access import Certificate
from kt_migrate.config.secrets import secret_file
from kt_migrate.errors import ConfigurationError, LoginError, said

_HOST = (
    said("The server's certificate is another host's."),
    said("Check the address of the environment."),
)
_TROUBLES = {
    9: (
        said("The server's certificate is not valid yet."),
        said("Look at this machine's clock; else ask the administrators of the server."),
    ),
    10: (
        said("The server's certificate has expired."),
        said("Ask the administrators of the server for a valid one."),
    ),
    62: _HOST,
    64: _HOST,
}
"""By X509_V_ERR of OpenSSL: not yet valid, expired, another name, another address."""

_OTHER_CA = (
    said("The server's certificate is not by a CA that is trusted here."),
    said("If the server has a CA of its own, name its PEM file under ca_bundle."),
)


def context_of(
    root: Path, ca_bundle: str | None, certificate: Certificate | None
) -> ssl.SSLContext | None:
    """Return how connections to an environment are secured; None: in the standard way.

    Args:
        root: the working folder.
        ca_bundle: PEM file of the only CAs to trust, instead of the system's.
        certificate: the client certificate, and its key.

    Raises:
        ConfigurationError: a file is not there, not safe, or not what it should be.
    """
    if ca_bundle is None and certificate is None:
        return None
    trusted = None if ca_bundle is None else root / ca_bundle
    try:
        context = ssl.create_default_context(cafile=trusted)
    except (OSError, ValueError):  # of SSLError too
        raise ConfigurationError(
            "This is no file with certificates in PEM, or it cannot be read.",
            where=str(trusted),
            fix="Correct the path, or the file.",
        ) from None
    if certificate is not None:
        _present(context, root / certificate.file, root / certificate.key)
    return context


def _present(context: ssl.SSLContext, file: Path, key: Path) -> None:
    secret_file(key)
    try:
        # A key with a password would ask the terminal for it.
        context.load_cert_chain(file, key, password=lambda: "")
    except (OSError, ValueError):
        raise ConfigurationError(
            "The client certificate and its key cannot be used together.",
            where=str(file),
            fix="Name a certificate in PEM, and its own key, in PEM without a password.",
        ) from None


def tls_trouble(error: BaseException, where: str) -> LoginError | None:
    """Return why no secured connection came about; None when that is not what went wrong.

    Trying again cannot help, and nothing was sent: a token or an assertion leaves only on a
    connection that is trusted.

    Args:
        error: what a request raised.
        where: the address.
    """
    for cause in _causes(error):
        # aiohttp's own certificate error is one as well, and does not know the code.
        code = getattr(cause, "verify_code", None)
        if isinstance(cause, ssl.SSLCertVerificationError) and isinstance(code, int):
            return _not_trusted(code, where)
        if isinstance(cause, ssl.SSLError) and "ALERT" in str(getattr(cause, "reason", "")):
            return LoginError(
                "The server does not take our client certificate, or asks for one.",
                where=where,
                fix="Name the one for this environment under certificate, or ask for a new one.",
            )
    return None


def _not_trusted(code: int, where: str) -> LoginError:
    what, fix = _TROUBLES.get(code, _OTHER_CA)
    return LoginError(what, where=where, fix=fix)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what brought it about."""
    seen: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop()
        if isinstance(each, BaseException) and each not in seen:
            seen.append(each)
            yield each
            waiting += [each.__context__, each.__cause__, *each.args]
