"""One request with our token, and what it means that no answer came.

401 and 403 are decided here, by number (TOP-KT-012a); all other answers are the caller's.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
import httpx

from kt_migrate.errors import LoginError, said
from kt_migrate.kt2.answers import NotSent, Unknown
from kt_migrate.kt2.login import Login
from kt_migrate.kt2.traffic import Traffic
from kt_migrate.kt2.transport import Wire

MEDIA_TYPE = "application/fhir+json"


class Sending:
    """Sends as one client, under one trace."""

    def __init__(self, wire: Wire, login: Login, *, trace_id: str, traffic: Traffic) -> None:
        self._wire = wire
        self._login = login
        self._trace_id = trace_id
        self._traffic = traffic

    async def send(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        content: bytes | None = None,
        *,
        may_be_forbidden: bool = False,
        openly: bool = False,
    ) -> httpx.Response | Unknown | NotSent:
        """Send with a token, unless openly; renew it once on 401.

        Args:
            method: of the request.
            url: on the configured base.
            headers: beside those of every request.
            content: JSON.
            may_be_forbidden: a 403 is an answer, and stops nothing.
            openly: without a token, as anybody may ask; 401 and 403 are answers then.

        Returns:
            Whatever the server answered; else whether anything can have reached it.

        Raises:
            LoginError: 401 twice, or 403.
        """
        refused = ""
        while True:
            token = "" if openly else await self._login.token(refused)
            all_headers = {
                **({"Authorization": f"Bearer {token}"} if token else {}),
                "Accept": MEDIA_TYPE,
                "X-Trace-Id": self._trace_id,
                **headers,
            }
            if content is not None:
                all_headers["Content-Type"] = MEDIA_TYPE
            began = self._traffic.begin()
            answer: httpx.Response | None = None
            try:
                answer = await self._wire.request(method, url, all_headers, content)
            except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
                return _failed(error)
            finally:
                self._traffic.end(method, began, content, answer)
            # By number: TOP-KT-012a.
            if openly:
                return answer
            if answer.status_code == HTTPStatus.UNAUTHORIZED and not refused:
                refused = token
                continue
            forbidden = answer.status_code == HTTPStatus.FORBIDDEN and not may_be_forbidden
            if answer.status_code == HTTPStatus.UNAUTHORIZED or forbidden:
                raise LoginError(
                    said(
                        "The server refuses access (HTTP {status_code}).",
                        status_code=answer.status_code,
                    ),
                    where=f"{method} {urlsplit(url).path}",
                    fix="Check the client's role and scopes in the domain administration.",
                )
            return answer


def _failed(error: Exception) -> Unknown | NotSent:
    """Say whether anything can have reached the server.

    httpx-aiohttp calls a reset connection a connect time-out as well; only aiohttp's own
    connector error proves that nothing left.
    """
    cause = error.__cause__ or error
    if isinstance(cause, aiohttp.ClientConnectorError):
        return NotSent(why="connection-refused")
    return Unknown(why=type(cause).__name__)
