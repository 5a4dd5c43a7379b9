"""The account of the elements as a plan keeps it: each with what the algorithm does with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kt_migrate.algorithm.model import Algorithm
from kt_migrate.mapping.coverage import fate_of


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
