"""After how many hits a server's searches end without a word, as far as reading shows it.

Source: server.md §1: the reference service stops at 2,200. It shows only where there are more.
"""

from __future__ import annotations

from collections.abc import Mapping

from kt_migrate.kt2.answers import Refused
from kt_migrate.kt2.search import PAGE_SIZE
from kt_migrate.probing.sight import Sight

KNOWN_LIMIT = 2_200
LOOKED_AT = 2_400
"""So many hits are read at most: with the known limit, a search would have ended before."""

NO_END = 0
"""A search went on past `LOOKED_AT`."""
_SMALLEST_PAGE = 20
_MOST_PAGES = LOOKED_AT // _SMALLEST_PAGE + 1


async def search_limit(sight: Sight, totals: Mapping[str, int]) -> int | None:
    """Return after how many hits a search ends; NO_END; None when nothing here can show it.

    Args:
        sight: looks.
        totals: how many resources there are, per R4 type that may be searched.

    Raises:
        LoginError, ServerUnavailableError: the server could not be asked.
    """
    enough = sorted((total, r4_type) for r4_type, total in totals.items() if total > KNOWN_LIMIT)
    if not enough:
        return None
    total, r4_type = enough[0]
    seen: set[str] = set()
    address = f"{r4_type}?_count={PAGE_SIZE}&_elements=identifier"
    for _page in range(_MOST_PAGES):
        page = await sight.search(address)
        if isinstance(page, Refused):
            return None
        seen.update(str(resource["id"]) for resource in page.resources)
        if not page.next or len(seen) >= LOOKED_AT:
            break
        address = page.next
    else:
        return None
    return NO_END if len(seen) >= min(total, LOOKED_AT) else len(seen)
