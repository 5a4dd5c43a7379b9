"""Which version of the profiles a domain runs: `GET /ImplementationGuide`. Source: server.md §1."""

from __future__ import annotations

from collections.abc import Callable

import httpx

from kt_migrate.errors import ServerUnavailableError, said
from kt_migrate.kt2.answers import parse_resource
from kt_migrate.kt2.retry import READING, Again, Retry, again
from kt_migrate.kt2.tls import tls_trouble
from kt_migrate.model import Resource


async def guide_versions(
    http: httpx.AsyncClient,
    base: str,
    package: str,
    retry: Retry,
    now: Callable[[], float],
    *,
    trace_id: str = "",
) -> tuple[str, ...]:
    """Ask which versions of a package the service says that it runs; no token is needed.

    Args:
        http: sends.
        base: the FHIR base.
        package: name of the package.
        retry: asks again after trouble.
        now: seconds since 1970.
        trace_id: of the run; empty: of none.

    Returns:
        The versions, sorted; empty when the service does not say.

    Raises:
        LoginError: no secured connection can come about.
        ServerUnavailableError: it does not answer.
    """
    url = f"{base}/ImplementationGuide"
    headers = {"Accept": "application/fhir+json"} | ({"X-Trace-Id": trace_id} if trace_id else {})

    async def ask() -> httpx.Response | Again:
        try:
            answer = await http.get(url, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            if (trouble := tls_trouble(error, url)) is not None:
                raise trouble from None
            return Again(why=type(error).__name__)
        return again(answer, now) or answer

    answer = await retry.until(ask, READING)
    if isinstance(answer, Again):
        raise ServerUnavailableError(
            said("The server does not answer ({why}).", why=answer.why),
            where="GET ImplementationGuide",
            fix="Check the network; then give the same command again.",
        )
    bundle = parse_resource(answer.content) if answer.is_success else None
    return () if bundle is None else _versions(bundle, package)


def _versions(bundle: Resource, package: str) -> tuple[str, ...]:
    found: set[str] = set()
    entries = bundle.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        guide = entry.get("resource") if isinstance(entry, dict) else None
        version = guide.get("version") if isinstance(guide, dict) else None
        if isinstance(guide, dict) and guide.get("packageId") == package and version:
            found.add(str(version))
    return tuple(sorted(found))
