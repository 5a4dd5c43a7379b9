"""The account of the elements as a plan keeps it: each with what the algorithm does with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.history.careplans import CAREPLAN
from kt_migrate.history.definitions import APPLICATION
from kt_migrate.history.intake import HEADER
from kt_migrate.mapping.coverage import fate_of
from kt_migrate.model import Body

_PARTS = frozenset({"activity", "goal"})
"""Elements of a care plan whose content is that of objects of their own."""


def own_elements(source_type: str, body: Body) -> Body:
    """Return what of an object's body is accounted for under its own type.

    A care plan's activities and goals are objects of their own. Of a message's header, and of an
    application, nothing is kept but what they are called.
    """
    if source_type in (HEADER, APPLICATION):
        return {}
    if source_type != CAREPLAN:
        return body
    return {name: nodes for name, nodes in body.items() if name not in _PARTS}


def accounted(
    counted: Iterable[tuple[str, str, int]], algorithm: Algorithm
) -> Iterator[tuple[str, str, str, str, str, int]]:
    """Yield (type, path, status, rules with spaces, because, objects) of each element.

    Args:
        counted: (type, path, objects), in a stable order that is kept.
        algorithm: what becomes what.
    """
    for source_type, path, count in counted:
        fate = fate_of(source_type, path, algorithm)
        yield source_type, path, fate.status.value, " ".join(fate.rules), fate.because, count
